"""Numbers of documents: given in the transaction that issues, from a locked counter, so without gaps or doubles."""

from django.db import IntegrityError, transaction

from transactions.errors import TransactionRefused
from transactions.models import CreditNote, Invoice, NumberSeries, Quote

PREFIXES = {"quote": "QT-", "invoice": "INV-", "credit_note": "CN-"}
MODELS = {"quote": Quote, "invoice": Invoice, "credit_note": CreditNote}


def series_of(organization, kind):
    """The counter row of a kind, made when first asked for; not locked."""
    try:
        with transaction.atomic():
            return NumberSeries.objects.get_or_create(
                organization=organization, kind=kind, defaults={"prefix": PREFIXES[kind]}
            )[0]
    except IntegrityError:  # somebody else made it in this moment
        return NumberSeries.objects.get(organization=organization, kind=kind)


def give_number(document):
    """Put the next number, or the wanted one, on the document; inside the caller's transaction, which saves it."""
    if document.number:  # back from void: it keeps the number it had
        document.wanted_number = ""
        return
    series_of(document.organization, document.KIND)
    series = NumberSeries.objects.select_for_update().get(
        organization=document.organization, kind=document.KIND
    )
    numbers = MODELS[document.KIND].objects.filter(organization=document.organization)
    if document.wanted_number:
        _check_wanted(document, series, numbers)
        if document.wanted_number == series.text(series.next_number):
            series.next_number += 1
        document.number, document.wanted_number = document.wanted_number, ""
    else:
        while numbers.filter(number=series.text(series.next_number)).exists():
            series.next_number += 1  # somebody wanted exactly this number for a document of theirs
        document.number = series.text(series.next_number)
        series.next_number += 1
    series.save(update_fields=["next_number"])


def check_wanted(document, wanted):
    """Raise TransactionRefused when a draft cannot have the number `wanted`; '' is always possible."""
    if wanted:
        document.wanted_number = wanted
        _check_wanted(
            document,
            series_of(document.organization, document.KIND),
            MODELS[document.KIND].objects.filter(organization=document.organization),
        )


def _check_wanted(document, series, numbers):
    wanted = document.wanted_number
    others = numbers.exclude(pk=document.pk)
    if others.filter(number=wanted).exists() or others.filter(wanted_number=wanted).exists():
        raise TransactionRefused(
            "number_taken", f"The number {wanted} is taken. Choose another one.", "wanted_number"
        )
    rest = wanted.removeprefix(series.prefix)
    if (
        wanted.startswith(series.prefix)
        and rest.isascii()
        and rest.isdigit()
        and int(rest) > series.next_number
    ):
        raise TransactionRefused(
            "number_ahead",
            f"{wanted} would leave a gap: the next number of this series is {series.text(series.next_number)}. "
            "Leave the field empty, or choose a number outside the series.",
            "wanted_number",
        )


def change_series(organization, kind, prefix, digits=None, next_number=None):
    """Change a series. The counter only moves forward, and only while the prefix is new or nothing was issued with it.

    Raises TransactionRefused.
    """
    with transaction.atomic():
        series_of(organization, kind)
        series = NumberSeries.objects.select_for_update().get(organization=organization, kind=kind)
        if any(character not in _ALLOWED for character in prefix) or len(prefix) > 20:
            raise TransactionRefused(
                "bad_prefix", "A prefix has letters, digits and / _ . - only, 20 at most.", "prefix"
            )
        fresh = prefix != series.prefix
        series.prefix = prefix
        if digits is not None:
            if not 1 <= digits <= 12:
                raise TransactionRefused("bad_digits", "A number has 1 to 12 digits.", "digits")
            series.digits = digits
        used = MODELS[kind].objects.filter(organization=organization, number__startswith=prefix)
        if next_number is not None and next_number != series.next_number:
            if used.exists() and not fresh:
                raise TransactionRefused(
                    "series_in_use",
                    "The counter is fixed: documents with this prefix were issued.",
                    "next_number",
                )
            if not 1 <= next_number <= 2_000_000_000:
                raise TransactionRefused("bad_start", "Start at 1 or higher.", "next_number")
            series.next_number = next_number
        series.save()
    return series


_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.-")
