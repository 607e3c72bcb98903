"""Issued documents do not change: neither by save, delete, update nor in bulk, but through the services.

A service that may change the money of an issued document does not exist: services change what describes its life
(status, payments, balance). `unfrozen` is for two things only: giving a draft its number while it is issued, and
turning a voided document back into a draft.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models

from transactions.errors import TransactionRefused

_open = ContextVar("unfrozen", default=False)


@contextmanager
def unfrozen():
    """Let the services of `transactions` write to issued documents inside the block."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def refuse(document_text="This document"):
    """Raise the sentence that explains why."""
    raise TransactionRefused(
        "issued",
        f"{document_text} was issued and does not change any more. Credit it, or void it and make a new one.",
    )


class FrozenQuerySet(models.QuerySet):
    """Refuses to change or delete rows of issued documents."""

    def _guard(self, changed=None):
        path = self.model.STATUS_PATH
        if _open.get() or (changed is not None and set(changed) <= self.model.CHANGES_WHEN_ISSUED):
            return
        if self.exclude(**{path: "draft"}).exists():
            refuse()

    def update(self, **values):
        self._guard(values)
        return super().update(**values)

    def bulk_update(self, objs, fields, *args, **kwargs):
        self.filter(pk__in=[row.pk for row in objs])._guard(fields)
        return super().bulk_update(objs, fields, *args, **kwargs)

    def bulk_create(self, objs, *args, **kwargs):
        for row in objs:
            row.check_frozen()
        return super().bulk_create(objs, *args, **kwargs)

    def delete(self):
        self._guard()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class FrozenOnceIssued(models.Model):
    """A document that is issued once and then stays as it is."""

    STATUS_PATH = "status"
    CHANGES_WHEN_ISSUED: frozenset = frozenset()

    objects = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def check_frozen(self, changed=None):
        """Raise TransactionRefused when the stored row is issued and more than `changed` may change."""
        if _open.get() or self.pk is None:
            return
        if changed is not None and set(changed) <= self.CHANGES_WHEN_ISSUED:
            return
        stored = type(self)._base_manager.filter(pk=self.pk).values_list("status", flat=True).first()
        if stored not in (None, "draft"):
            refuse(str(self))

    def save(self, *args, **kwargs):
        self.check_frozen(kwargs.get("update_fields"))
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        self.check_frozen()
        return super().delete(*args, **kwargs)


class FrozenLine(models.Model):
    """A line that stays as it is once its document is issued. `DOCUMENT` names the link to the document."""

    DOCUMENT = "invoice"
    STATUS_PATH = "invoice__status"
    CHANGES_WHEN_ISSUED: frozenset = frozenset()

    objects = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def check_frozen(self, changed=None):
        """Raise TransactionRefused when the document is issued; also for new lines and moved ones."""
        if _open.get():
            return
        ids = {getattr(self, f"{self.DOCUMENT}_id")}
        if self.pk is not None:
            ids.add(type(self)._base_manager.filter(pk=self.pk).values_list(self.DOCUMENT, flat=True).first())
        model = self._meta.get_field(self.DOCUMENT).related_model
        if model._base_manager.filter(pk__in=ids - {None}).exclude(status="draft").exists():
            refuse()

    def save(self, *args, **kwargs):
        self.check_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        self.check_frozen()
        return super().delete(*args, **kwargs)
