"""What is done with customers, whoever asks: the screens and the API come through here with a valid form."""

from django.core.exceptions import ValidationError
from django.db import transaction

from customers.models import Customer
from customers.rules import delete_refusal, locked_fields
from organizations import deleting
from organizations.activity import record


@transaction.atomic
def save_customer(form, user):
    """Store a new or changed customer from its valid form; a project has its customer's currency."""
    before = stored_currency(form.instance.pk)
    customer = form.save()
    note_saved(customer, before, user)
    return customer


def stored_currency(pk):
    """The currency of a stored customer; None for a new one."""
    return Customer.objects.filter(pk=pk or 0).values_list("currency", flat=True).first()


def note_saved(customer, before, user):
    """What follows once a customer is stored: projects take its currency. `before`: its `stored_currency` till then."""
    if before is None:
        record(customer, user, "Created the customer.")
    elif customer.currency != before:
        customer.projects.update(currency=customer.currency)
        record(customer, user, f"Changed the currency from {before} to {customer.currency}.")


def set_active(customer, is_active, user):
    """Make a customer active or inactive. ValidationError where Zoho Projects decides it."""
    if refusal := locked_fields(customer).get("is_active"):
        raise ValidationError(refusal)
    customer.is_active = is_active
    customer.save(update_fields=["is_active"])
    record(customer, user, f"Marked {'active' if is_active else 'inactive'}.")


@transaction.atomic
def delete_customer(customer):
    """Delete a customer on whom nothing hangs; ValidationError otherwise."""
    if refusal := delete_refusal(customer):
        raise ValidationError(refusal)
    deleting.delete(customer)


@transaction.atomic
def save_contact(form):
    """Store a contact person from its valid form. One of a customer's is primary at most."""
    customer = Customer.objects.select_for_update().get(pk=form.instance.customer_id)
    if form.cleaned_data["is_primary"]:
        customer.contact_persons.exclude(pk=form.instance.pk or 0).update(is_primary=False)
    return form.save()
