"""From "Send" to the mail server: what is issued, what is handed over, and what is said when it fails."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from tests.factories import MembershipFactory
from transactions import drafts, life, payments
from transactions.drafts import LineValues
from transactions.mailing import delivery, outbox
from transactions.models import Invoice, MailTemplate, OutgoingMail, PublicLink

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


def form(**changes):
    values = {
        "recipients": ["ada@acme.example"],
        "others": "",
        "cc": "",
        "subject": "{document} {number}",
        "body": "Dear {contact}, {total} please: {link}",
        "attach_pdf": "on",
    }
    return values | changes


def send(clerk, document, **changes):
    return clerk.post(
        reverse("document_send", args=[document.KIND, document.pk]), form(**changes), follow=True
    )


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_draft_is_issued_and_arrives_with_its_pdf_and_a_link_that_opens(
    clerk, client_class, draft, contact, member, server, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(clerk, draft, cc="boss@acme.example", others="Pay@Acme.example")
    assert "on its way to the mail server" in words(answer)
    draft.refresh_from_db()
    assert draft.number == "INV-000001"
    assert not server.messages, "nothing is handed over inside the request"
    task = OrmQ.objects.get().task
    import_string(task["func"])(*task["args"])  # what the worker does with its message
    mail = OutgoingMail.objects.get()
    assert (mail.status, mail.attempts, mail.answer) == ("sent", 1, "")
    [message] = server.messages
    assert message["Subject"] == "Invoice INV-000001"
    assert message["To"] == "ada@acme.example, Pay@Acme.example"
    assert sorted(message.recipients) == ["Pay@Acme.example", "ada@acme.example", "boss@acme.example"]
    assert message["Reply-To"] == member.user.email
    assert draft.organization.name in message["From"]
    text = message.get_body().get_content()
    assert "Dear Ada Invented, €100.00 please: http" in text
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "invoice-INV-000001.pdf"
    assert attached.get_content().startswith(b"%PDF")
    path = re.search(r"https?://[^/]+(/d/\S+)", text).group(1)
    assert "Work on the site" in words(client_class().get(path))
    delivery.deliver(mail.pk)
    assert len(server.messages) == 1, "a message that was handed over is not sent twice"


@pytest.fixture
def client_class():
    from django.test import Client

    return Client


def test_a_server_that_is_down_leaves_the_invoice_issued_and_the_same_mail_goes_out_later(
    clerk, draft, contact, server, work
):
    server.stop()
    send(clerk, draft)
    [mail] = work()
    assert (mail.status, mail.attempts) == ("queued", 1)
    assert mail.answer == "The mail server could not be reached."
    assert mail.not_before > timezone.now()
    for _ in range(len(delivery.WAITS)):
        OutgoingMail.objects.update(not_before=None)
        [mail] = work()
    assert mail.status == "failed"
    draft.refresh_from_db()
    assert (draft.number, draft.status) == ("INV-000001", "sent")


def test_a_failed_mail_is_sent_again_without_issuing_anew(clerk, invoice, contact, server, work):
    server.refuse["ada@acme.example"] = "550 no such person here"
    send(clerk, invoice)
    [mail] = work()
    assert mail.status == "failed"
    assert "ada@acme.example: 550 no such person here" in mail.answer
    server.refuse.clear()
    clerk.post(reverse("document_mail_again", args=[mail.pk]))
    [again] = work()
    assert (again.pk, again.status, again.message_id) == (mail.pk, "sent", mail.message_id)
    assert Invoice.objects.count() == 1
    assert len(server.messages) == 1
    refused = clerk.post(reverse("document_mail_again", args=[mail.pk]), follow=True)
    assert "Only an e-mail that was not sent can be sent again" in words(refused)


@pytest.mark.parametrize(
    ("answer", "status"), [("554 no spam please", "failed"), ("451 try again later", "queued")]
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    clerk, invoice, contact, server, work, answer, status
):
    server.refuse_data = answer
    send(clerk, invoice)
    [mail] = work()
    assert mail.status == status
    assert answer in mail.answer


def test_one_refused_recipient_of_several_is_named(clerk, invoice, contact, server, work):
    server.refuse["gone@acme.example"] = "550 unknown"
    send(clerk, invoice, others="gone@acme.example")
    [mail] = work()
    assert (mail.status, mail.answer) == ("sent", "Not accepted for gone@acme.example.")
    assert server.messages[0].recipients == ["ada@acme.example"]


def test_a_worker_killed_while_handing_over_leaves_the_mail_to_the_next(
    clerk, invoice, contact, server, work
):
    send(clerk, invoice)
    OutgoingMail.objects.update(status="sending", claimed_at=timezone.now(), attempts=1)
    assert work()[0].status == "sending", "another worker may still have it"
    assert outbox.reconcile() == 0
    OutgoingMail.objects.update(claimed_at=timezone.now() - outbox.STALE - timedelta(seconds=1))
    assert outbox.reconcile() == 1
    [mail] = work()
    assert (mail.status, len(server.messages)) == ("sent", 1)
    assert server.messages[0]["Message-ID"] == mail.message_id


def test_an_invoice_voided_meanwhile_is_not_sent(clerk, invoice, contact, server, work):
    send(clerk, invoice)
    life.void(invoice)
    [mail] = work()
    assert (mail.status, mail.answer) == ("failed", "INV-000001 is void and is not sent any more.")
    assert not server.messages


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subject": "Hello {nmae}"}, "{nmae} is no placeholder. Possible are: {customer}"),
        ({"body": "{0.__class__}"}, "{0.__class__} is no placeholder"),
        ({"others": "a@x.example\nBcc: b@y.example"}, "is no e-mail address"),
        ({"cc": "nobody"}, "“nobody” is no e-mail address."),
        ({"recipients": [], "others": ""}, "Acme needs at least one e-mail address to send to."),
        ({"recipients": ["other@elsewhere.example"]}, "not one of the available choices"),
        ({"subject": ""}, "This field is required"),
        ({"others": ",".join(f"p{n}@x.example" for n in range(21))}, "At most 20 addresses"),
    ],
)
def test_a_wrong_form_says_why_and_issues_nothing(clerk, draft, contact, changes, sentence):
    answer = send(clerk, draft, **changes)
    assert sentence in words(answer).replace("&lt;", "<").replace("&#x27;", "'")
    draft.refresh_from_db()
    assert (draft.status, OutgoingMail.objects.count(), PublicLink.objects.count()) == ("draft", 0, 0)


def test_a_subject_of_two_lines_cannot_add_headers(clerk, draft, contact, server, work):
    send(clerk, draft, subject="Hello\r\nBcc: spy@evil.example")
    assert [mail.recipients for mail in server.messages] == []
    work()
    for message in server.messages:
        assert message.recipients == ["ada@acme.example"]
        assert message["Bcc"] is None


def test_preview_fills_in_and_sends_nothing(clerk, draft, contact):
    answer = words(send(clerk, draft, preview="1"))
    assert "Dear Ada Invented, €100.00 please: [link to the document]" in answer
    assert "invoice-draft.pdf" in answer
    draft.refresh_from_db()
    assert (draft.status, OutgoingMail.objects.count()) == ("draft", 0)


def test_a_double_click_sends_one_mail(clerk, invoice, contact):
    page = words(clerk.get(reverse("document_send", args=["invoice", invoice.pk])))
    once = re.search(r'name="once" value="(\w+)"', page).group(1)
    assert 'value="ada@acme.example"' in page
    for _ in range(2):
        send(clerk, invoice, once=once)
    assert OutgoingMail.objects.count() == 1


def test_what_forbids_issuing_forbids_sending(clerk, customer, contact):
    empty = drafts.create_invoice(customer, {}, [])
    assert "There is nothing on it yet" in words(send(clerk, empty))
    zero = drafts.create_invoice(customer, {}, [LineValues("Gift", rate="0")])
    assert "The total is 0. Confirm" in words(send(clerk, zero))
    assert "on its way" in words(send(clerk, zero, allow_zero="on"))


def test_a_customer_without_any_address_is_said(clerk, draft, customer):
    customer.email = ""
    customer.save()
    answer = words(send(clerk, draft, recipients=[]))
    assert "Acme needs at least one e-mail address to send to." in answer
    assert "The customer has no e-mail address." in answer


def test_reminders_go_out_for_open_invoices_only(clerk, invoice, contact, server, work):
    url = reverse("document_remind", args=[invoice.pk])
    assert "Payment reminder for INV-000001" in words(clerk.get(url))
    clerk.post(url, form(subject="Reminder {number}", body="{balance} was due on {due_date}"))
    [mail] = work()
    assert (mail.purpose, mail.status, mail.link) == ("reminder", "sent", None)
    assert "€100.00 was due on" in server.messages[0].get_body().get_content()
    payments.record_payment(invoice, "100")
    answer = clerk.get(url, follow=True)
    assert "Only an issued invoice with an open balance is reminded of." in words(answer)


def test_the_organizations_own_text_comes_first_and_others_by_language(clerk, draft, customer):
    url = reverse("document_send", args=["invoice", draft.pk])
    assert "please find attached our" in words(clerk.get(url))
    Invoice.objects.filter(pk=draft.pk).update(language="de")
    assert "anbei erhalten Sie" in words(clerk.get(url))
    MailTemplate.objects.create(
        organization=customer.organization, purpose="invoice", subject="S", body="Our own"
    )
    assert "Our own" in words(clerk.get(url))
    MailTemplate.objects.create(
        organization=customer.organization,
        purpose="invoice",
        language="de",
        subject="S",
        body="Unser eigener",
    )
    assert "Unser eigener" in words(clerk.get(url))
    Invoice.objects.filter(pk=draft.pk).update(language="de-CH")
    assert "Unser eigener" in words(clerk.get(url))
    Invoice.objects.filter(pk=draft.pk).update(language="fr")
    assert "Our own" in words(clerk.get(url))


@pytest.mark.parametrize(
    ("grants", "status"), [({"can_send": False}, 403), ({"can_view": False}, 403), ({}, 200)]
)
def test_staff_need_the_grant_to_send(client, organization, invoice, grants, status):
    staff = MembershipFactory(organization=organization, role="staff", **grants)
    client.force_login(staff.user, backend=BACKEND)
    assert client.get(reverse("document_send", args=["invoice", invoice.pk])).status_code == status
    pdf = client.get(reverse("document_pdf", args=["invoice", invoice.pk]))
    assert pdf.status_code == (403 if "can_view" in grants else 200)


def test_the_outbox_on_the_document_tells_the_truth(clerk, member, invoice, contact, server, work):
    from django.template import Context, Template

    def panel():
        context = Context({"membership": member, "document": invoice})
        text = Template("{% load documents_mail %}{% mail_panel document %}").render(context)
        return re.sub(r"\s+", " ", text)

    assert "Issued, not e-mailed." in panel()
    server.refuse["ada@acme.example"] = "550 no"
    send(clerk, invoice)
    assert "Waiting" in panel()
    work()
    assert "Not sent" in panel()
    assert "Send again" in panel()
    server.refuse.clear()
    outbox.send_again(OutgoingMail.objects.get())
    work()
    assert "Handed to the mail server" in panel()
    assert "Send again" not in panel()
