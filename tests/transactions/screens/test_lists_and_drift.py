"""Lists, drafts for many customers, what changed after billing, ways in from a project, and the grants."""

from datetime import timedelta

import pytest

from organizations.zones import today_in
from tests.factories import MembershipFactory, ProjectFactory, TaskFactory
from tests.pages import text_of
from tests.transactions.factories import InvoiceFactory
from transactions import bulk, drafts, drift, life, quotes
from transactions.models import Invoice

pytestmark = pytest.mark.django_db
LINE = drafts.LineValues(name="Design", quantity="2", rate="100")


def test_lists_filter_sum_per_currency_and_export(web, customer, organization, sent):
    today = today_in(organization)
    late = drafts.create_invoice(
        customer, {"date": today - timedelta(days=60), "payment_terms": "5", "reference": "=PO"}, [LINE]
    )
    late = life.issue(late)
    InvoiceFactory(organization=organization, customer__currency="USD", total="70")
    InvoiceFactory(number="INV-9", status="sent")
    page = text_of(web.get("/sales/invoices/"))
    assert "INV-000001" in page and "INV-9" not in page
    assert "450.00 EUR" in page and "70.00 USD" in page and "520.00" not in page
    assert "450.00 EUR" in text_of(web.get("/sales/invoices/?state=unpaid"))
    for query, found in (
        ("state=overdue", {str(late)}),
        ("state=unpaid", {str(late), str(sent)}),
        ("state=draft", {"Draft"}),
        ("q==PO", {str(late)}),
        ("q=acme", {str(late), str(sent)}),
        (f"from={today}", {str(sent)}),
        (f"customer={customer.pk}", {str(late), str(sent)}),
        ("state=moon&from=x&customer=y&after=z", {str(late), str(sent), "Draft"}),
    ):
        lines = text_of_csv(web.get(f"/sales/invoices/csv/?{query}"))
        assert {line.split(",")[0] for line in lines[1:]} == found, query
    row = next(line for line in text_of_csv(web.get("/sales/invoices/csv/")) if line.startswith(str(late)))
    assert ",'=PO,Overdue,EUR,200.00,0.00,0.00,200.00,200.00" in row
    for kind in ("quotes", "credit-notes"):
        assert web.get(f"/sales/{kind}/").status_code == web.get(f"/sales/{kind}/csv/").status_code == 200


def text_of_csv(answer):
    return b"".join(answer).decode("utf-8-sig").splitlines()


def test_a_list_asks_the_same_for_one_and_for_many(web, customer, organization, django_assert_num_queries):
    for number in range(60):
        InvoiceFactory(organization=organization, customer=customer, number=f"INV-{number}", status="sent")
    with django_assert_num_queries(9):
        web.get("/sales/invoices/")
    with django_assert_num_queries(7):
        web.get(f"/sales/invoices/?customer={customer.pk}&state=overdue")


def test_drift_is_shown_and_decided(web, sent, project):
    rows = list(sent.lines.get().billed_entries.order_by("pk"))
    first, second = (row.time_entry_id for row in rows)
    drift.report(
        {
            first: drift.Finding("changed", 30, rows[0].date, "1:30 → 0:30"),
            second: drift.Finding("deleted", None, None, "deleted in Zoho Projects"),
        }
    )
    shown = text_of(web.get(f"/sales/invoices/{sent.pk}/"))
    assert "2 entries changed at their source since billing: −2:00 h, −200.00 EUR" in shown
    assert "1:30 → 0:30" in text_of(web.get("/sales/drift/"))
    assert "−2:00 h" in text_of(web.get(f"/time-tracking/projects/{project.pk}/"))
    items = {item.cause: item for item in drift.open_items(sent.organization)}
    changed, deleted = items["changed"], items["deleted"]
    waits = text_of(
        web.post(f"/sales/drift/{changed.pk}/", {"choice": "next_invoice", "back": "invoice"}, follow=True)
    )
    assert "waits for the project’s next invoice" in waits
    web.post(f"/sales/drift/{deleted.pk}/credit/")
    sent.refresh_from_db()
    assert sent.credited_total == 100
    web.post(f"/sales/drift/{changed.pk}/", {"choice": "keep"})
    assert "decided about this already" in text_of(
        web.post(f"/sales/drift/{changed.pk}/", {"choice": "keep"}, follow=True)
    )
    assert "Nothing has changed after billing" in text_of(web.get("/sales/drift/"))


@pytest.mark.parametrize(
    ("grants", "refused"),
    [
        ({"can_view": False}, {"view", "bill", "send", "delete"}),
        ({"can_bill": False, "can_send": False, "can_delete": False}, {"bill", "send", "delete"}),
        ({"can_bill": True, "can_send": False, "can_delete": False}, {"send", "delete"}),
        ({"can_bill": True, "can_send": True, "can_delete": True}, set()),
    ],
)
def test_each_grant_opens_its_own_buttons(client, organization, customer, draft, grants, refused):
    client.force_login(MembershipFactory(organization=organization, role="staff", **grants).user)
    page = f"/sales/invoices/{draft.pk}/"
    tries = {"view": page, "bill": f"{page}edit/", "send": f"{page}sent/", "delete": f"{page}delete/"}
    for right, url in tries.items():
        assert client.get(url).status_code == (403 if right in refused else 200), (right, grants)
    if "view" not in refused:
        shown = text_of(client.get(page))
        assert ("Mark as Sent" in shown) is ("send" not in refused)
        assert (f"{page}edit/" in shown) is ("bill" not in refused)
        assert (f"{page}delete/" in shown) is ("delete" not in refused)
    quote = life.issue(drafts.create_quote(customer, {}, [LINE]))
    answer = client.post(f"/sales/quotes/{quote.pk}/accept/")
    assert answer.status_code == (403 if "bill" in refused else 302)
    assert quotes.Quote.objects.get().status == ("sent" if "bill" in refused else "accepted")


def test_drafts_for_many_customers_from_preview_to_report(web, customer, project, log, organization):
    log(60)
    foreign = ProjectFactory(organization=organization, currency="USD", customer__currency="USD", rate="10")
    log(60, project=foreign)
    bare = ProjectFactory(organization=organization, rate=None, customer__display_name="No Rate Ltd")
    log(60, project=bare)
    page = text_of(web.get("/sales/invoices/bulk/?period=all"))
    assert "100.00 EUR" in page and "10.00 USD" in page and "have no rate" in page
    assert "Choose at least one customer" in text_of(web.post("/sales/invoices/bulk/", {"period": "all"}))
    stranger = ProjectFactory().customer
    assert "A customer was not found" in text_of(
        web.post("/sales/invoices/bulk/", {"period": "all", "customer": [stranger.pk]})
    )
    assert "Until: give the last day" in text_of(web.get("/sales/invoices/bulk/?period=until"))
    ids = [customer.pk, foreign.customer_id, bare.customer_id]
    order = {"period": "all", "grouping": "tasks", "customer": ids[:1], "shown": ids[:1], "everyone": "1"}
    order["once"] = "d" * 32
    first, second = web.post("/sales/invoices/bulk/", order), web.post("/sales/invoices/bulk/", order)
    assert first["Location"] == second["Location"]
    job = organization.bulk_billings.get()
    assert "0 of 3 done" in text_of(web.get(first["Location"]))
    bulk.work(job.pk)
    done = text_of(web.get(first["Location"], headers={"HX-Request": "true"}))
    assert "Done: 2 drafts made, 1 not made." in done and "have no rate" in done and "every 2s" not in done
    assert Invoice.objects.count() == 2


def test_rows_of_tasks_milestones_and_task_lists_lead_to_their_invoice(web, project, log):
    task = TaskFactory(project=project)
    log(60, kind="task", task=task, title="")
    url = f"/time-tracking/projects/{project.pk}/"
    shown = text_of(web.get(f"{url}?tab=tasks"))
    assert f'name="task" value="{task.pk}"' in shown and f'action="{url}invoice/"' in shown
    milestone = project.milestones.create(name="Phase 1")
    shown = text_of(web.get(f"{url}?tab=milestones"))
    assert f'href="{url}invoice/?milestone={milestone.pk}"' in shown
    overview = text_of(web.get(url))
    assert "Create Invoice" in overview and "To invoice" in overview and "100.00 EUR" in overview
    assert "No invoices of this project yet" in text_of(web.get(f"{url}?tab=transactions"))
