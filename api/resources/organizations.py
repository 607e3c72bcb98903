"""The organization of the token."""

from babel.numbers import get_currency_symbol

from api import vendor_fields
from api.building import context_of, operation, out, router
from api.errors import no_row
from organizations.money import minor_units

ORGANIZATION = out(
    "Organization", organization_id=str, name=str, is_default_org=bool, time_zone=str, language_code=str,
    date_format=str, fiscal_year_start_month=int, currency_id=str, currency_code=str, currency_symbol=str,
    price_precision=int, is_org_active=bool, address=dict[str, str], org_address=str, tax_number=str,
    tax_id_value=str, **vendor_fields.types(vendor_fields.ORGANIZATION),
)  # fmt: skip


def _shown(organization):
    currency = organization.base_currency
    lines = organization.address.splitlines() or [""]
    return {
        "organization_id": str(organization.pk),
        "name": organization.name,
        "is_default_org": True,
        "time_zone": organization.time_zone,
        "language_code": "en",
        "date_format": "yyyy-MM-dd",
        "fiscal_year_start_month": 0,
        "currency_id": currency,
        "currency_code": currency,
        "currency_symbol": get_currency_symbol(currency, "en"),
        "price_precision": minor_units(currency),
        "is_org_active": True,
        **vendor_fields.values(vendor_fields.ORGANIZATION),
        "tax_id_value": organization.tax_number,
        "org_address": organization.address,
        "address": {
            "street_address1": lines[0],
            "street_address2": ", ".join(lines[1:]),
            "city": "",
            "state": "",
            "country": "",
            "zip": "",
        },
        "tax_number": organization.tax_number,
    }


def _list(call):
    return "success", [_shown(call.organization)], context_of()


def _get(call, pk):
    if pk != str(call.organization.pk):
        raise no_row("Organization does not exist")
    return "success", _shown(call.organization)


def make_router():
    """GET /organizations (needs no organization_id) and /organizations/{id}."""
    made = router("Organizations")
    common = {"module": "settings", "verb": "READ", "kind": ORGANIZATION, "needs_organization": False}
    operation(made, "get", "/organizations", _list, name="list_organizations", node="organizations",
              many=True, **common)  # fmt: skip
    operation(made, "get", "/organizations/{organization_key}", _get, name="get_organization",
              node="organization", **common)  # fmt: skip
    return made
