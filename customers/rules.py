"""What may be done with a customer: which fields are fixed and why, when it may be deleted."""

from customers.names import named
from organizations import panels
from organizations.money import known_currency


def locked_fields(customer):
    """{field: why it cannot be changed here}: what follows Zoho Projects, and what documents have fixed."""
    if customer.pk is None:
        return {}
    origin = panels.origin("customers", customer.pk)
    return {**panels.merged("customer.locks", customer), **(origin.locked if origin else {})}


def delete_refusal(customer):
    """Why a customer cannot be deleted; '' when nothing hangs on it."""
    if origin := panels.origin("customers", customer.pk):
        return f"This customer comes {origin.label}. Mark it inactive instead."
    if reasons := panels.collect("customer.dependents", customer):
        return f"{reasons[0]} Mark the customer inactive instead."
    if customer.projects.exists():
        return "There are projects of this customer. Mark it inactive instead."
    return ""


def customer_problems(customer):
    """What is wrong with a customer's values, whoever saves them: {field: sentence}. Trims name and currency."""
    problems = {}
    customer.display_name = " ".join((customer.display_name or "").split())
    customer.currency = (customer.currency or "").strip().upper()
    if not customer.display_name:
        problems["display_name"] = "Write the customer's name."
    rows = type(customer).objects.filter(organization_id=customer.organization_id)
    if customer.display_name and named(rows.exclude(pk=customer.pk or 0), [customer.display_name]):
        problems["display_name"] = "Another customer has this name. Names are unique, whatever their case."
    if not known_currency(customer.currency):
        problems["currency"] = "This is no currency code; use one like EUR or USD."
    elif customer.pk:
        stored = rows.filter(pk=customer.pk).values_list("currency", flat=True).first()
        fixed = panels.merged("customer.locks", customer).get("currency", "") if stored else ""
        if stored and stored != customer.currency and fixed:
            problems["currency"] = fixed
    return problems
