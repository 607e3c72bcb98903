"""What people add to a row beside its content: comments between its history, attachments, receipts."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests import factories as make
from tests.api.conftest import Caller
from transactions import attachments, drafts, files, life
from transactions.mailing import delivery, outbox
from transactions.models import Attachment, Comment

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%invented"


@pytest.fixture
def invoice(call):
    customer = make.CustomerFactory(organization=call.organization, email="pay@acme.example")
    return drafts.create_invoice(customer, {}, [drafts.LineValues("Work", rate="5")], call.membership.user)


def upload(call, path, name="terms.pdf", content=PDF, status=201, field="attachment", headers=None, **query):
    """POST a file as a program would; the answer's JSON."""
    query = {"organization_id": call.organization.pk, **query}
    answer = call.client.post(
        f"/erp/v3{path}?" + "&".join(f"{key}={value}" for key, value in query.items()),
        {field: SimpleUploadedFile(name, content)},
        headers={"Authorization": f"Bearer {call.secret}", **(headers or {})},
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def test_comments_stand_between_what_happened_to_an_invoice(call, invoice):
    path = f"/invoices/{invoice.pk}/comments"
    made = call("post", path, {"description": "Please check the rate"})
    assert made["message"] == "Comments added." and made["comment"]["description"] == "Please check the rate"
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        life.issue(invoice)
    found = call("get", path)["comments"]
    assert [row["comment_type"] for row in found] == ["system", "internal", "system"]
    assert "Issued" in found[0]["description"] and found[2]["operation_type"] == "Added"
    assert found[1]["commented_by"].endswith("(API token Reporting)") and found[1]["is_editable"]
    first = call("get", path, per_page=2)
    assert first["page_context"]["has_more_page"] is True
    assert len(call("get", path, per_page=2, page=2)["comments"]) == 1
    one = f"{path}/{made['comment']['comment_id']}"
    assert call("put", one, {"description": "Checked"})["comment"]["description"] == "Checked"
    assert call("put", f"{path}/{found[0]['comment_id']}", {"description": "No"}, 404)["code"] == 1002
    assert call("post", path, {"description": " "}, 400)["field"] == "description"
    assert call("post", path, {"description": "x" * 5001}, 400)["code"] == 70000
    staff = make.MembershipFactory(organization=call.organization, role="staff")
    other = Caller(staff)
    assert "somebody else" in other("put", one, {"description": "Mine"}, 400)["message"]
    assert "somebody else" in other("delete", one, status=400)["message"]
    assert call("delete", one)["message"] == "The comment has been deleted."
    assert not Comment.objects.exists()


def test_every_history_is_read_and_projects_and_estimates_take_comments(call, invoice, client):
    organization, customer = call.organization, invoice.customer
    project = make.ProjectFactory(organization=organization, customer=customer)
    quote = drafts.create_quote(customer, {}, [drafts.LineValues("Work", rate="5")])
    for path in (f"/projects/{project.pk}", f"/estimates/{quote.pk}"):
        made = call("post", f"{path}/comments", {"description": "Seen by the team"})["comment"]
        assert call("get", f"{path}/comments")["comments"][0]["description"] == "Seen by the team"
        if "projects" in path:
            client.force_login(call.membership.user)
            page = client.get(reverse("project", args=[project.pk]), {"tab": "activity"}).content.decode()
            assert "Comment: Seen by the team" in page
            call("delete", f"{path}/comments/{made['comment_id']}")
    call("put", f"/contacts/{customer.pk}", {"phone": "0731 1"})
    assert "0731 1" in call("get", f"/contacts/{customer.pk}/comments")["comments"][0]["description"]
    body = {"account_name": "Travel", "amount": 10, "date": "2026-03-01"}
    expense = call("post", "/expenses", body)["expense"]["expense_id"]
    call("put", f"/expenses/{expense}", {"amount": 12})
    newest, first = call("get", f"/expenses/{expense}/comments")["comments"]
    assert (newest["operation_type"], first["operation_type"]) == ("Updated", "Added")
    monthly = {"recurrence_name": "Rent", "recurrence_frequency": "months", "repeat_every": 1}
    body = {"account_name": "Travel", "amount": 10, "start_date": "2026-03-01", **monthly}
    profile = call("post", "/recurringexpenses", body)["recurring_expense"]
    path = f"/recurringexpenses/{profile['recurring_expense_id']}/comments"
    assert len(call("get", path)["comments"]) == 1


def test_attachments_of_an_invoice(call, invoice, django_capture_on_commit_callbacks, mailoutbox):
    path = f"/invoices/{invoice.pk}"
    made = upload(call, f"{path}/attachment", can_send_in_mail="true")
    assert made["message"] == "Your file has been successfully attached to the invoice."
    first = made["documents"][0]
    assert (first["file_name"], first["can_send_in_mail"]) == ("terms.pdf", True)
    second = upload(call, f"{path}/attachment", "plan.pdf", PDF + b"2")["documents"][0]
    got = call("get", f"{path}/attachment")
    assert b"".join(got.streaming_content) == PDF + b"2" and "plan.pdf" in got["Content-Disposition"]
    got = call("get", f"{path}/documents/{first['document_id']}")
    assert b"".join(got.streaming_content) == PDF
    assert [row["file_name"] for row in call("get", path)["invoice"]["documents"]] == [
        "terms.pdf",
        "plan.pdf",
    ]
    mail = outbox.send(invoice, call.membership.user)
    mail.not_before = timezone.now()
    delivery.deliver(mail.pk)
    assert [item[0] for item in mailoutbox[0].attachments][:1] == ["terms.pdf"]
    assert len(mailoutbox[0].attachments) == 2
    call("put", f"{path}/attachment", can_send_in_mail="false")
    assert not Attachment.objects.filter(send_in_mail=True).exists()
    stored = files.path_of(attachments.KIND, Attachment.objects.get(pk=second["document_id"]).stored_name)
    with django_capture_on_commit_callbacks(execute=True):
        call("delete", f"{path}/documents/{second['document_id']}")
    assert not stored.exists()
    call("delete", f"{path}/attachment")
    assert call("get", f"{path}/attachment", status=404)["code"] == 1002
    assert call("put", f"{path}/attachment", status=404, can_send_in_mail="true")["code"] == 1002


def test_members_see_the_files_of_a_document_and_what_goes_along_with_it(call, invoice, client):
    upload(call, f"/invoices/{invoice.pk}/attachment", can_send_in_mail="true")
    file = Attachment.objects.get()
    client.force_login(call.membership.user)
    page = client.get(reverse("invoice", args=[invoice.pk])).content.decode()
    url = reverse("document_attachment", args=[file.pk])
    assert url in page and "goes along with e-mails" in page
    assert b"".join(client.get(url).streaming_content) == PDF
    body = {"recipients": "pay@acme.example", "subject": "S", "body": "B", "preview": "1", "attach_pdf": "on"}
    shown = client.post(reverse("document_send", args=["invoice", invoice.pk]), body).content.decode()
    assert "terms.pdf, invoice-draft.pdf" in shown
    narrow = make.MembershipFactory(organization=call.organization, role="timesheet_staff")
    client.force_login(narrow.user)
    assert client.get(url).status_code == 403
    client.force_login(make.MembershipFactory().user)
    assert client.get(url).status_code == 404


def test_files_that_are_refused(call, invoice):
    path = f"/invoices/{invoice.pk}/attachment"
    wrong = upload(call, path, "tool.exe", b"MZ", 400)
    assert wrong["field"] == "attachment" and "no allowed type" in wrong["message"]
    assert "not what its name says" in upload(call, path, "a.pdf", b"MZ", 400)["message"]
    large = upload(call, path, "a.pdf", PDF + b"x" * files.LARGEST, 400)
    assert "10 MB" in large["message"]
    assert call("post", path, {}, 400)["field"] == "attachment"
    answer = call.client.post(
        f"/erp/v3{path}?organization_id={call.organization.pk}", b"not a form", headers={"Authorization":
        f"Bearer {call.secret}"}, content_type="multipart/form-data; boundary=x",
    )  # fmt: skip
    assert answer.status_code == 400
    too_large = call.client.post(
        f"/erp/v3{path}?organization_id={call.organization.pk}", b"x" * 26_000_000,
        content_type="multipart/form-data; boundary=x", headers={"Authorization": f"Bearer {call.secret}"},
    )  # fmt: skip
    assert (too_large.status_code, too_large.json()["code"]) == (413, 70004)
    for number in range(attachments.MOST):
        upload(call, path, f"{number}.pdf")
    assert "10 files at most" in upload(call, path, "more.pdf", status=400)["message"]
    reader = Caller(make.MembershipFactory(organization=call.organization, role="staff", can_bill=False))
    assert upload(reader, path, status=403)["code"] == 57
    assert Attachment.objects.count() == attachments.MOST


def test_the_same_key_attaches_one_file(call, invoice):
    path, key = f"/invoices/{invoice.pk}/attachment", {"Idempotency-Key": "file-1"}
    assert upload(call, path, headers=key) == upload(call, path, headers=key)
    assert upload(call, path, content=PDF + b"other", headers=key, status=409)["code"] == 70003
    assert Attachment.objects.count() == 1


def test_receipts_of_an_expense(call):
    body = {"account_name": "Travel", "amount": 10, "date": "2026-03-01"}
    pk = call("post", "/expenses", body)["expense"]["expense_id"]
    path = f"/expenses/{pk}"
    assert call("get", f"{path}/receipt", status=404)["code"] == 1002
    upload(call, f"{path}/receipt", "one.pdf", field="receipt")
    upload(call, f"{path}/receipt", "two.pdf", field="receipt")  # replaces
    upload(call, f"{path}/attachment", "three.pdf")  # adds
    shown = call("get", path)["expense"]
    assert [row["file_name"] for row in shown["documents"]] == ["two.pdf", "three.pdf"]
    assert shown["expense_receipt_name"] == "two.pdf"
    assert call("delete", f"{path}/receipt")["message"] == "The attached expense receipt has been deleted."
    assert b"".join(call("get", f"{path}/receipt").streaming_content) == PDF
