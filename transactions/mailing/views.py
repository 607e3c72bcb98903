"""For members: the PDF, the form "Send", reminders, the outbox's actions and links without sign-in."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from organizations.current import current_membership, current_organization, member_required
from organizations.once import new_token, use_up
from transactions import attachments, files, life, permissions
from transactions.errors import TransactionRefused
from transactions.mailing import links, outbox, texts
from transactions.mailing.access import document_or_404, page_of
from transactions.mailing.delivery import file_name
from transactions.mailing.forms import SendForm
from transactions.models import Attachment, ExpenseReceipt, OutgoingMail, PublicLink, Purpose
from transactions.printing.from_documents import printed
from transactions.printing.typeset import PdfFailed, pdf_of


def pdf_answer(document, attachment):
    """The document's PDF as an answer; a sentence when it cannot be made."""
    try:
        content = pdf_of(printed(document))
    except PdfFailed as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(content, content_type="application/pdf")
    how = "attachment" if attachment else "inline"
    answer["Content-Disposition"] = f'{how}; filename="{file_name(document)}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store, private"
    return answer


@member_required
@require_GET
def document_pdf(request, kind, pk):
    """The PDF of a document, shown in the browser; `?download` saves it."""
    return pdf_answer(document_or_404(request, kind, pk), "download" in request.GET)


@member_required
def document_send(request, kind, pk):
    """Send a document by e-mail; a draft is issued first."""
    return _send(request, document_or_404(request, kind, pk, permissions.may_send), kind)


@member_required
def document_remind(request, pk):
    """Remind of an open invoice by e-mail."""
    document = document_or_404(request, "invoice", pk, permissions.may_send)
    return _send(request, document, Purpose.REMINDER.value)


def _send(request, document, purpose):
    try:
        outbox.refuse_unsendable(document, purpose)
    except TransactionRefused as error:
        messages.error(request, error.sentence)
        return redirect(page_of(document))
    form = SendForm(request.POST or None, document=document, purpose=purpose)
    preview = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = _preview(document, form.values(), request.user)
        else:
            try:
                with transaction.atomic():
                    if use_up(request):
                        outbox.send(document, request.user, purpose=purpose, **form.values())
            except TransactionRefused as error:
                document.refresh_from_db()
                form.add_error(error.field if error.field in form.fields else None, error.sentence)
            else:
                messages.success(request, f"The e-mail about {document} is on its way to the mail server.")
                return redirect(page_of(document))
    return render(
        request,
        "transactions/send.html",
        {
            "document": document,
            "page_of": page_of(document),
            "form": form,
            "preview": preview,
            "once": request.POST.get("once") or new_token(),
            "is_reminder": purpose == Purpose.REMINDER,
            "placeholders": texts.PLACEHOLDERS,
            "warnings": life.warnings_for(document) if document.is_draft else [],
        },
    )


def _preview(document, values, user):
    filled = texts.values_for(
        document,
        outbox.contact_name(document.customer, values["to"]),
        str(user),
        link="[link to the document]",
    )
    return {
        "to": values["to"],
        "cc": values["cc"],
        "subject": texts.filled(values["subject"], filled),
        "body": texts.filled(values["body"], filled),
        "attachment": ", ".join(
            [
                *(name for name, _, _ in attachments.for_mail(document)),
                *([file_name(document)] if values["attach_pdf"] else []),
            ]
        ),
    }


def _own(request, model, pk):
    """A row of a mail or link in the organization, for those who may send."""
    if not permissions.may_send(current_membership(request)):
        raise PermissionDenied("Sending documents needs a permission; ask an administrator.")
    return get_object_or_404(model, pk=pk, organization=current_organization(request))


@member_required
@require_POST
def mail_again(request, pk):
    """Send a failed e-mail once more; nothing is issued anew."""
    mail = _own(request, OutgoingMail, pk)
    try:
        outbox.send_again(mail)
    except TransactionRefused as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "The e-mail is on its way to the mail server again.")
    return redirect(page_of(mail.document))


@member_required
@require_POST
def link_new(request, kind, pk):
    """Make a link that opens the document without sign-in, to be copied."""
    document = document_or_404(request, kind, pk, permissions.may_send)
    if document.is_draft:
        messages.error(request, "A draft has no link yet. Issue it first.")
    else:
        links.make(document, request.user)
        messages.success(request, "The link was made. Copy it from the list.")
    return redirect(page_of(document))


@member_required
@require_POST
def link_revoke(request, pk):
    """Let a link lead nowhere from now on."""
    link = _own(request, PublicLink, pk)
    links.revoke(link)
    messages.success(request, "The link does not work any more.")
    return redirect(page_of(link.document))


@member_required
@require_GET
def receipt(request, pk):
    """Download the file of an expense one may see; 404 otherwise."""
    visible = permissions.visible_expenses(current_membership(request))
    return files.download("receipts", get_object_or_404(ExpenseReceipt, pk=pk, expense__in=visible))


@member_required
@require_GET
def attachment(request, pk):
    """Download a file kept with a document one may see; 404 otherwise."""
    if not permissions.may_view(current_membership(request)):
        raise PermissionDenied("Seeing documents needs a permission; ask an administrator.")
    row = get_object_or_404(Attachment, pk=pk, organization=current_organization(request))
    return files.download(attachments.KIND, row)
