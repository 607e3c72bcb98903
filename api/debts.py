"""What customers owe, for a page of them at once, and when rows were made and changed last, by their history."""

from decimal import Decimal

from django.db.models import Max, Min, Sum

from api.values import moment
from transactions.models import Invoice


def open_amounts(ids):
    """{customer's id: open balance in the customer's currency, in the base currency}."""
    found: dict[int, tuple[Decimal, Decimal]] = {}
    rows = Invoice.objects.filter(customer_id__in=ids, status="sent").order_by()
    for customer, rate, balance in rows.values_list("customer_id", "exchange_rate").annotate(Sum("balance")):
        own, base = found.get(customer, (Decimal(0), Decimal(0)))
        found[customer] = (own + balance, base + balance * (rate or 1))
    return found


def times(model, ids, organization):
    """{id: {"created_time", "last_modified_time"}} of rows whose changes are kept; '' where nothing was."""
    rows = model.history.filter(id__in=ids).order_by().values("id")
    found = {row["id"]: row for row in rows.annotate(first=Min("history_date"), last=Max("history_date"))}
    return {
        pk: {
            "created_time": moment(found[pk]["first"], organization) if pk in found else "",
            "last_modified_time": moment(found[pk]["last"], organization) if pk in found else "",
        }
        for pk in ids
    }
