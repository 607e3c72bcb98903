"""What quotes and invoices have in common in the API: their bodies, their nodes, PDF and e-mail."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from api import uploads, vendor_fields
from api.building import In, new_model, out
from api.errors import NO_FORMAT, RULE, UNKNOWN_ROW, Refused, bad_value, not_authorized
from api.values import day, flag, id_of, moment
from customers.models import Customer
from organizations.money import minor_units
from timetracking.models import Project
from transactions import addresses, permissions, states, totals
from transactions.drafts import LineValues
from transactions.mailing.delivery import file_name
from transactions.models import BilledTimeEntry, Invoice, Tax
from transactions.printing.from_documents import printed
from transactions.printing.typeset import PdfFailed, pdf_of

VALUES = {
    "date": "date", "due_date": "due_date", "expiry_date": "expiry_date", "reference": "reference_number",
    "exchange_rate": "exchange_rate", "shipping_charge": "shipping_charge",
    "adjustment": "adjustment", "adjustment_description": "adjustment_description", "notes": "notes",
    "terms": "terms", "payment_terms": "payment_terms",
}  # fmt: skip
LINE_TEXTS = ("line_item_id", "name", "description", "unit", "tax_id", "project_id")
LINE_ANY = (
    "quantity", "rate", "discount", "item_order", "item_id", "header_name",
    # what the answer shows beside, taken when it comes back
    *vendor_fields.LINE, "discount_amount", "tax_name", "tax_percentage", "tax_amount", "item_total", "project_name",
    "expense_id", "bcy_rate", "product_type", "account_id", "account_name", "salesorder_item_id",
    "discount_type", "tags", "item_custom_fields",
)  # fmt: skip
LINE_IN: Any = new_model(
    "LineItemIn", __base__=In,
    **(dict.fromkeys(LINE_TEXTS, (str | None, None)) | dict.fromkeys(LINE_ANY, (Any, None))),
    time_entry_ids=(list[str] | None, None),
)  # fmt: skip
FIELDS: dict[str, Any] = {
    "customer_id": str, "date": str, "reference_number": str, "exchange_rate": Any, "is_inclusive_tax": bool,
    "shipping_charge": Any, "adjustment": Any, "adjustment_description": str, "notes": str, "terms": str,
    "discount": Any, "line_items": list[LINE_IN],
}  # fmt: skip
NOT_KEPT = (
    "contact_persons", "currency_id", "currency_code", "is_discount_before_tax", "discount_type",
    "salesperson_id", "salesperson_name", "template_id", "billing_address", "shipping_address", "custom_subject",
    "custom_body", "place_of_supply", "gst_treatment", "amount_applied", "reason",
    "payment_options", "allow_partial_payments",
)  # fmt: skip
FILE: Any = out("DocumentFile", **uploads.FILE)
LINE: Any = out(
    "LineItem", line_item_id=str, name=str, description=str, item_order=int, quantity=float, rate=float, unit=str,
    discount=str, discount_amount=float, tax_id=str, tax_name=str, tax_percentage=float, tax_amount=float,
    item_total=float, project_id=str, project_name=str, time_entry_ids=list[str], expense_id=str, bcy_rate=float,
    **vendor_fields.types(vendor_fields.LINE),
)  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "status": str, "date": str, "reference_number": str, "customer_id": str, "customer_name": str,
    "currency_id": str, "currency_code": str, "exchange_rate": float | None, "is_inclusive_tax": bool,
    "discount": str, "discount_total": float, "shipping_charge": float, "adjustment": float,
    "adjustment_description": str, "sub_total": float, "tax_total": float, "total": float, "notes": str,
    "terms": str, "line_items": list[LINE], "taxes": list[dict[str, Any]], "is_viewed_by_client": bool,
    "client_viewed_time": str, "created_time": str, "last_modified_time": str, "is_emailed": bool,
    "billing_address": dict[str, str], "custom_fields": list[dict[str, str]], "has_attachment": bool,
    "documents": list[FILE], "price_precision": int, **vendor_fields.types(vendor_fields.DOCUMENT),
}  # fmt: skip


def _row(model, call, value, name, text):
    pk = id_of(value, name)
    row = model.objects.filter(organization=call.organization, pk=pk or 0).first()
    if row is None:
        raise Refused(400, UNKNOWN_ROW, text, name)
    return row


def customer_of(call, values):
    """The customer that `customer_id` names. Raises Refused (1002)."""
    return _row(Customer, call, values.get("customer_id"), "customer_id", "Contact does not exist")


def plain(value):
    """A number of a body as the services take it: a text or a Decimal, never a float."""
    if isinstance(value, bool | list | dict):
        return "?"
    return value


def discount(value, name):
    """{"discount_percent": …} or {"discount_amount": …} of 12.5, "12.5%" or nothing."""
    text = str(plain(value) if value is not None else "").strip()
    if text.endswith("%"):
        return {"discount_percent": text[:-1].strip(), "discount_amount": None}
    if not text.strip("0."):
        return {"discount_percent": None, "discount_amount": None}
    return {"discount_percent": None, "discount_amount": plain(value)}


def values_of(call, values, number_name):
    """The services' values of a body, without customer and lines."""
    found = {ours: plain(values[name]) for ours, name in VALUES.items() if name in values}
    if values.get("is_inclusive_tax") is not None:
        found["tax_inclusive"] = values["is_inclusive_tax"]
    if "discount" in values:
        found |= discount(values["discount"], "discount")
    if "customer_id" in values:
        found["customer"] = customer_of(call, values)
    name = "ignore_auto_number_generation"
    wants = flag(call.request.GET.get(name, ""), name)
    if values.get(number_name):
        found["wanted_number"] = values[number_name]
    elif wants:
        raise bad_value(number_name, f"{number_name} is needed when numbers are not given automatically.")
    return found


def lines_of(call, items, document=None):
    """(LineValues in order, ids of the time entries to be billed)."""
    lines, entries = [], []
    for position, item in enumerate(items or ()):
        path = f"line_items.{position}"
        ids = [id_of(value, f"{path}.time_entry_ids") or 0 for value in item.get("time_entry_ids") or ()]
        if ids and document is None and not item.get("line_item_id"):
            entries += ids
            continue
        if ids and document is not None:
            _same_hours(ids, document, id_of(item.get("line_item_id"), f"{path}.line_item_id"), path)
        if item.get("expense_id") and not item.get("line_item_id"):
            raise bad_value(
                f"{path}.expense_id", "An expense is billed from its own page, or with its project's hours."
            )
        share = discount(item.get("discount"), path)
        if share["discount_amount"] is not None:
            raise bad_value(f"{path}.discount", "A line's discount is a percentage here, such as 10%.")
        lines.append(
            LineValues(
                name=item.get("name") or "",
                description=item.get("description") or "",
                quantity="1" if item.get("quantity") is None else plain(item["quantity"]),
                unit=item.get("unit") or "",
                rate="0" if item.get("rate") is None else plain(item["rate"]),
                discount_percent=share["discount_percent"],
                tax=_row(Tax, call, item["tax_id"], f"{path}.tax_id", "Tax does not exist")
                if item.get("tax_id")
                else None,
                project=_row(
                    Project, call, item["project_id"], f"{path}.project_id", "Project does not exists"
                )
                if item.get("project_id")
                else None,
                id=id_of(item.get("line_item_id"), f"{path}.line_item_id"),
            )
        )
    return lines, entries


def _same_hours(ids, document, line_id, path):
    """Refuse other hours than those the line of a draft holds: an update neither bills nor frees hours."""
    held = BilledTimeEntry.objects.none()
    if isinstance(document, Invoice) and line_id is not None:
        held = BilledTimeEntry.objects.filter(line_id=line_id, line__invoice=document, released_at=None)
    if set(ids) != set(held.values_list("time_entry_id", flat=True)):
        raise bad_value(
            f"{path}.time_entry_ids",
            "An update cannot change which hours a line bills. Create an invoice of these hours instead.",
        )


def terms_label(days):
    """Payment terms in words; '' for none."""
    return "" if days is None else "Due on Receipt" if days == 0 else f"Net {days}"


def _percent(value):
    return f"{value.normalize():f}%" if value else ""


def shown_line(line, exchange_rate=None):
    """A line as its node."""
    return {
        "line_item_id": str(line.pk),
        "name": line.name,
        "description": line.description,
        "item_order": line.position,
        "quantity": line.quantity,
        "rate": line.rate,
        "unit": line.unit,
        "discount": _percent(line.discount_percent),
        "discount_amount": line.document_discount,
        "tax_id": str(line.tax_id or ""),
        "tax_name": line.tax_name,
        "tax_percentage": line.tax_rate,
        "tax_amount": line.tax_amount,
        "item_total": line.amount,
        "project_id": str(line.project_id or ""),
        "project_name": line.project.name if line.project else "",
        "bcy_rate": line.rate * (exchange_rate or 1),
        **vendor_fields.values(vendor_fields.LINE),
    }


def shown(call, row, full):
    """What quotes and invoices show alike."""
    organization = call.organization
    data = {
        "status": states.state_of(row),
        "date": day(row.date),
        "reference_number": row.reference,
        "customer_id": str(row.customer_id),
        "customer_name": row.customer_name or row.customer.display_name,
        "currency_id": row.currency,
        "currency_code": row.currency,
        "exchange_rate": row.exchange_rate,
        "total": row.total,
        "is_viewed_by_client": row.viewed_at is not None,
        "created_time": moment(row.created_at, organization),
        "last_modified_time": moment(row.updated_at, organization),
    }
    if not full:
        return data
    amount = row.discount_amount
    files = [uploads.shown(call, item) for item in row.attachments.select_related("uploaded_by")]
    data |= vendor_fields.values(vendor_fields.DOCUMENT)
    data |= {
        "price_precision": minor_units(row.currency),
        "is_inclusive_tax": row.tax_inclusive,
        "discount": _percent(row.discount_percent) or (f"{amount}" if amount else ""),
        "discount_total": row.discount_total,
        "shipping_charge": row.shipping_charge,
        "adjustment": row.adjustment,
        "adjustment_description": row.adjustment_description,
        "sub_total": row.sub_total,
        "tax_total": row.tax_total,
        "notes": row.notes,
        "terms": row.terms,
        "client_viewed_time": moment(row.viewed_at, organization),
        "taxes": [_tax(item) for item in totals.tax_summary(row)],
        "line_items": [],
        "billing_address": _address(row),
        "documents": files,
        "has_attachment": bool(files),
    }
    return data


def _tax(item):
    return {"tax_name": item.name, "tax_percentage": item.rate, "tax_amount": item.amount}


def _address(row):
    source = addresses.source(row)
    return vendor_fields.NO_ADDRESS | {
        "address": source.billing_street, "city": source.billing_city, "state": source.billing_state,
        "zip": source.billing_postal_code, "country": source.billing_country,
    }  # fmt: skip


def other_format(call, document):
    """The PDF where the call asks for one, None for JSON. Refused (406) for other formats."""
    if not permissions.may_view(call.membership):
        raise not_authorized()
    wanted, header = call.request.GET.get("accept", "").lower(), call.request.headers.get("Accept", "")
    kinds = [part.split(";")[0].strip() for part in header.split(",")]
    if wanted == "json" or (
        not wanted and (not header or kinds[0] in ("application/json", "*/*", "application/*"))
    ):
        return None
    if wanted != "pdf" and (wanted or "application/pdf" not in kinds):
        if not wanted and any(kind in ("application/json", "*/*", "application/*") for kind in kinds):
            return None
        raise Refused(406, NO_FORMAT, "JSON and PDF are possible.")
    if not document.lines.exists():
        raise Refused(400, RULE, "There is nothing on it yet. Add a line first.", "line_items")
    try:
        content = pdf_of(printed(document))
    except PdfFailed as error:
        raise Refused(400, RULE, str(error)) from None
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(document)}"'
    return response


def wants_sending(call):
    """True for `send=true` in the address."""
    return bool(flag(call.request.GET.get("send", ""), "send"))


def sums_of(rows, *names):
    """[{currency_code, count, …}] of documents, per currency: amounts of different ones are never added."""
    from django.db.models import Count, Sum

    found = (
        rows.order_by()
        .values("currency")
        .annotate(count=Count("pk"), **{f"sum_{name}": Sum(name) for name in names})
    )
    return [
        {"currency_code": item["currency"], "count": item["count"]}
        | {name: item[f"sum_{name}"] or Decimal(0) for name in names}
        for item in found.order_by("currency")
    ]
