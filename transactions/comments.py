"""Comments of people on invoices, quotes and projects: written, changed and deleted by everybody's rules.

Whoever sees the row may comment on it; a comment is changed or deleted by its author or an administrator.
"""

from django.db import transaction
from django.utils import timezone

from organizations.models import Membership
from organizations.panels import Event
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import Comment

LONGEST = 5000
MOST_SHOWN = 300


def _text(value):
    text = str(value or "").replace("\0", "").strip()
    if not text:
        raise TransactionRefused("required", "Write a comment first.", "description")
    if len(text) > LONGEST:
        raise TransactionRefused("too_long", f"A comment has at most {LONGEST:,} characters.", "description")
    return text


def _subject(row):
    return {row._meta.model_name: row}


def add(row, text, user=None, through=""):
    """Comment on an invoice, a quote or a project; returns the Comment."""
    return Comment.objects.create(
        organization_id=row.organization_id,
        text=_text(text),
        author=user,
        through=through[:200],
        **_subject(row),
    )


def may_change(membership, comment):
    """True for the comment's author and for administrators."""
    return membership.role == Membership.Role.ADMIN or comment.author_id == membership.user_id


@transaction.atomic
def change(membership, comment, text):
    """Write a comment anew; the moment of the change is kept. Returns the Comment."""
    _refuse_others(membership, comment)
    comment = lock(comment)
    comment.text, comment.changed_at = _text(text), timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    return comment


def remove(membership, comment):
    """Delete a comment."""
    _refuse_others(membership, comment)
    comment.delete()


def _refuse_others(membership, comment):
    if not may_change(membership, comment):
        raise TransactionRefused(
            "not_yours", "This is somebody else's comment. They or an administrator can change it."
        )


def of(row):
    """The row's comments, newest first, with their people."""
    return Comment.objects.filter(**_subject(row)).select_related("author").order_by("-id")


def who(comment):
    """Who wrote it, and with what."""
    name = (comment.author.name or comment.author.email) if comment.author else ""
    return f"{name} ({comment.through})" if name and comment.through else name or comment.through


def events(row):
    """The comments as events of the row's history."""
    return [
        Event(
            row.created_at,
            f"Comment: {row.text}{' (changed)' if row.changed_at else ''}",
            who(row),
            key=f"comment:{row.pk}",
        )
        for row in of(row)[:MOST_SHOWN]
    ]
