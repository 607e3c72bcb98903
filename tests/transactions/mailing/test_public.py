"""What a customer sees and does through a link, and what everybody else does not."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import MembershipFactory
from transactions import drafts, life, quotes
from transactions.drafts import LineValues
from transactions.mailing import delivery, links
from transactions.models import OutgoingMail, PublicLink, WrongLink

pytestmark = pytest.mark.django_db


def path_of(link):
    return re.sub(r"https?://[^/]+", "", links.address(link))


def admins(organization):
    return [row.user.email for row in organization.memberships.filter(role="admin")]


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_customer_sees_the_invoice_without_signing_in_and_it_counts_as_viewed(invoice, clerk):
    link = links.make(invoice)
    clerk.get(path_of(link))
    invoice.refresh_from_db()
    assert invoice.viewed_at is None, "a member who looks is not the customer"
    customer = Client()
    assert customer.head(path_of(link)).status_code == 200
    invoice.refresh_from_db()
    assert invoice.viewed_at is None
    answer = customer.get(path_of(link))
    text = words(answer)
    for part in ("Invoice", "INV-000001", "Acme", "Work on the site", "€100.00", "Amount due"):
        assert part in text
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    invoice.refresh_from_db()
    link.refresh_from_db()
    assert invoice.viewed_at and link.last_viewed_at
    pdf = customer.get(path_of(link) + "pdf/")
    assert pdf.content.startswith(b"%PDF")
    assert pdf["Content-Disposition"] == 'attachment; filename="invoice-INV-000001.pdf"'


@pytest.mark.parametrize("broken", ["expired", "revoked", "guessed", "draft again"])
def test_links_that_do_not_work_all_look_the_same(invoice, broken):
    link = links.make(invoice)
    path = path_of(link)
    if broken == "expired":
        PublicLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif broken == "revoked":
        links.revoke(link)
    elif broken == "guessed":
        path = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"
    else:
        life.back_to_draft(life.void(invoice))
    for address in (path, path + "pdf/", path + "logo/"):
        answer = Client().get(address)
        assert answer.status_code == 404
        assert "This link does not work" in words(answer)
        assert "Acme" not in words(answer)


def test_the_database_alone_opens_nothing(invoice, settings):
    link = links.make(invoice)
    token = path_of(link).strip("/").split("/")[-1]
    assert len(token) >= 43, "256 bits"
    stored = " ".join(str(value) for value in PublicLink.objects.values_list().get())
    assert token not in stored
    settings.SECRET_KEY = "another key that is long enough for a test of rotation"
    assert links.find(token) == link, "a link that was sent goes on working"
    assert links.address(link) == "", "but its address is not known any more"


def test_guessing_is_slowed_and_told(invoice):
    path = path_of(links.make(invoice))
    for _ in range(links.MOST_TRIES):
        assert Client().get("/d/" + "x" * 43 + "/").status_code == 404
    answer = Client().get(path)
    assert answer.status_code == 429
    assert "Wait ten minutes" in words(answer)
    WrongLink.objects.update(since=timezone.now() - links.WINDOW - timedelta(seconds=1))
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize(("decision", "status"), [("accept", "accepted"), ("decline", "declined")])
def test_a_customer_answers_a_quote_once(quote, decision, status, clerk):
    MembershipFactory(organization=quote.organization, role="staff", can_bill=False)
    MembershipFactory(organization=quote.organization, role="employee")
    MembershipFactory()
    biller = MembershipFactory(organization=quote.organization, role="staff").user.email
    path = path_of(links.make(quote))
    customer = Client(enforce_csrf_checks=True)
    assert "Your name" in words(customer.get(path))
    nameless = customer.post(path + "decide/", {"decision": decision, "name": " "})
    assert nameless.status_code == 400
    assert "Please give your name." in words(nameless)
    answer = customer.post(
        path + "decide/", {"decision": decision, "name": "Ada <b>", "comment": "Fine\nby us"}, follow=True
    )
    assert answer.redirect_chain == [(path, 302)]
    quote.refresh_from_db()
    assert (quote.status, quote.decided_through) == (status, "Ada <b> via the public link")
    assert "Ada &lt;b&gt;" in words(answer)
    assert 'name="decision"' not in words(answer)
    second = customer.post(path + "decide/", {"decision": "accept", "name": "Bo"})
    assert "can no longer be answered here" in words(second)
    assert quote.decisions.count() == 1
    notice = OutgoingMail.objects.get()  # those who bill are told, once
    assert sorted(notice.to) == sorted([biller, *admins(quote.organization)])
    assert notice.subject == f"Quote {quote.number} was {status} by Acme"
    delivery.deliver(notice.pk)
    [message] = mail.outbox
    assert (
        "Ada <b> of Acme" in message.body and "Fine\nby us" in message.body and "250.00 EUR" in message.body
    )
    assert f"/sales/quotes/{quote.pk}/" in message.body and not message.attachments
    assert "Answer to a quote to" in words(clerk.get(f"/sales/quotes/{quote.pk}/"))


def test_expired_quotes_cannot_be_answered(customer):
    values = {"date": "2026-01-01", "expiry_date": "2026-01-31"}
    quote = life.issue(drafts.create_quote(customer, values, [LineValues("An offer", rate="250")]))
    path = path_of(links.make(quote))
    text = words(Client().get(path))
    assert "Expired" in text
    assert 'name="decision"' not in text
    Client().post(path + "decide/", {"decision": "accept", "name": "Ada"})
    quote.refresh_from_db()
    assert quote.status == "sent"


def test_an_invoice_cannot_be_accepted(invoice):
    path = path_of(links.make(invoice))
    assert Client().post(path + "decide/", {"decision": "accept", "name": "A"}).status_code == 404


def test_members_make_and_revoke_links_of_their_own_documents(clerk, invoice, draft):
    clerk.post(reverse("document_link", args=["invoice", invoice.pk]))
    link = PublicLink.objects.get()
    assert link.created_by is not None
    clerk.post(reverse("document_link_revoke", args=[link.pk]))
    assert Client().get("/d/x/").status_code == 404
    link.refresh_from_db()
    assert not link.works


def test_a_decision_by_a_member_closes_the_public_form(quote):
    path = path_of(links.make(quote))
    quotes.accept(quote, "a member")
    assert 'name="decision"' not in words(Client().get(path))
