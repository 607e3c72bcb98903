"""An organization's and a customer's defaults for documents."""

from django.db import transaction

from transactions.models import BillingPreferences, CustomerBilling, Invoice, Quote


def of(organization):
    """The organization's BillingPreferences, made when first asked for."""
    return BillingPreferences.objects.select_related("tax").get_or_create(organization=organization)[0]


def billing_of(customer):
    """The customer's CustomerBilling, unsaved when there is none yet."""
    found = CustomerBilling.objects.select_related("tax").filter(customer=customer).first()
    return found or CustomerBilling(customer=customer)


def defaults_for(customer):
    """{payment_terms, language, tax, tax_inclusive} for a new document of this customer."""
    general, own = of(customer.organization), billing_of(customer)
    terms = own.payment_terms if own.payment_terms is not None else general.payment_terms
    tax = own.tax or general.tax
    return {
        "payment_terms": terms,
        "language": own.language or general.language,
        "tax": tax if tax is not None and tax.is_active else None,
        "tax_inclusive": general.tax_inclusive,
    }


def remember(customer, choices):
    """Keep the choices of Create Invoice for the next time (a dict that JSON can hold)."""
    with transaction.atomic():
        rows = CustomerBilling.objects.select_for_update(of=("self",))
        own, made = rows.get_or_create(customer=customer, defaults={"choices": choices})
        if not made and own.choices != choices:
            own.choices = choices
            own.save(update_fields=["choices"])


def exchange_rate_for(organization, currency):
    """1 for the base currency, else the rate of the latest issued document in this currency, or None."""
    if currency == organization.base_currency:
        return 1
    rates = []
    for model in (Invoice, Quote):
        rows = model.objects.filter(
            organization=organization, currency=currency, exchange_rate__isnull=False
        ).exclude(status="draft")
        found = rows.order_by("-issued_at", "-id").values_list("issued_at", "exchange_rate")[:1]
        rates += list(found)
    return max(rates)[1] if rates else None
