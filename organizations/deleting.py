"""The last word about deleting: what the database itself keeps, in words."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError


def delete(row):
    """Delete a row. ValidationError, naming what still hangs on it, where the database does not let it go.

    Rules say more and are asked before; this also holds for what came in since they were asked.
    """
    try:
        with transaction.atomic():
            row.delete()
    except (ProtectedError, RestrictedError) as kept:
        rows = kept.protected_objects if isinstance(kept, ProtectedError) else kept.restricted_objects
        kinds = sorted({str(each._meta.verbose_name_plural) for each in rows})
        raise ValidationError(f"{row} cannot be deleted: there are {' and '.join(kinds)} of it.") from None
