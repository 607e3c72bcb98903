"""Ids that another system gave our rows: unique custom fields, by which it can address them (update or create)."""

import re

from django.db import IntegrityError, transaction

from api.errors import RULE, Refused, bad_value, no_row
from api.models import ExternalId

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}", re.ASCII)


def find(call, module, key, value):
    """The id of the row that has this value, or None. Raises Refused for what is no key or value."""
    _check(key, value, "X-Unique-Identifier-Key")
    rows = ExternalId.objects.filter(organization=call.organization, module=module, key=key, value=value)
    return rows.values_list("object_id", flat=True).first()


def _check(key, value, name):
    if not _KEY.fullmatch(key or ""):
        raise bad_value(
            name, "The name of a custom field begins with a letter: letters, digits and _ follow."
        )
    if not value or len(value) > 200:
        raise bad_value(name, "The value of a unique custom field has 1 to 200 characters.")


def store(call, module, pk, values):
    """Keep `values` ([{api_name, value}]) for a row; an empty value takes the id away."""
    for position, item in enumerate(values or ()):
        key, value = item.get("api_name") or "", str(item.get("value") or "").strip()
        name = f"custom_fields.{position}.value"
        rows = ExternalId.objects.filter(organization=call.organization, module=module, object_id=pk, key=key)
        if not value:
            rows.delete()
            continue
        _check(key, value, name)
        try:
            with transaction.atomic():
                ExternalId.objects.update_or_create(
                    organization=call.organization,
                    module=module,
                    object_id=pk,
                    key=key,
                    defaults={"value": value},
                )
        except IntegrityError:
            raise Refused(400, RULE, f"Another record has the value “{value}” for {key}.", name) from None


def forget(call, module, pk):
    """The row is gone, and so are its ids."""
    ExternalId.objects.filter(organization=call.organization, module=module, object_id=pk).delete()


def of_rows(call, module, ids):
    """{id: [{api_name, value}]} of rows."""
    found: dict[int, list[dict[str, str]]] = {}
    rows = ExternalId.objects.filter(organization=call.organization, module=module, object_id__in=ids)
    for row in rows.order_by("id"):
        found.setdefault(row.object_id, []).append(
            {
                "api_name": row.key,
                "value": row.value,
                "label": row.key,
                "index": str(len(found[row.object_id]) + 1),
            }
        )
    return found


def addressed(call, module, message):
    """(id or None, key, value) that the headers of a PUT without id name. Refused when it is not there and not
    to be created."""
    headers = call.request.headers
    key, value = headers.get("X-Unique-Identifier-Key", ""), headers.get("X-Unique-Identifier-Value", "")
    if not key:
        raise bad_value(
            "X-Unique-Identifier-Key", "Name the custom field in the header X-Unique-Identifier-Key."
        )
    pk = find(call, module, key, value)
    if pk is None and headers.get("X-Upsert", "").lower() != "true":
        raise no_row(message)
    return pk, key, value
