"""`{% mail_panel document %}`: the PDF, the outbox and the links of a document, with what the visitor may do."""

from django import template

from transactions import permissions
from transactions.mailing import links
from transactions.states import state_of

register = template.Library()


@register.inclusion_tag("transactions/_mail_panel.html", takes_context=True)
def mail_panel(context, document):
    """What `_mail_panel.html` shows; an empty panel for people who may not see documents."""
    membership = context.get("membership")
    shown_links = []
    may_send = permissions.may_send(membership)
    if may_send:
        shown_links = [
            (link, links.address(link)) for link in document.publiclinks.select_related("created_by")[:20]
        ]
    is_open = document.KIND == "invoice" and document.status == "sent" and document.balance > 0
    return {
        "document": document,
        "may_view": permissions.may_view(membership),
        "may_send": may_send and document.status != "void",
        "mails": list(document.outgoingmails.select_related("created_by")[:20]),
        "links": shown_links,
        "files": list(document.attachments.all()) if document.KIND in ("invoice", "quote") else [],
        "can_remind": may_send and is_open,
        "state": state_of(document),
        "decisions": list(document.decisions.all()[:5]) if document.KIND == "quote" else [],
        "csrf_token": context.get("csrf_token"),
    }
