"""Customers: list, page, and what is done with them and their contact persons."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers import changes, timeline
from customers.forms import ContactForm, CustomerForm
from customers.models import ContactPerson
from customers.rules import delete_refusal
from customers.selectors import ORDERS, filtered_customers, visible_customers
from organizations import panels
from organizations.current import current_membership, current_organization, role_required
from organizations.custom_values import shown_custom_fields
from organizations.once import new_token, use_up
from organizations.paging import keyset_page

SHOWN_PROJECTS = 100


@role_required("admin", "staff")
def customer_list(request):
    """Customers with search, filter, sorting and pages."""
    params = request.GET.dict()
    order = ORDERS.get(params.get("sort"), ORDERS["name"])
    page = keyset_page(filtered_customers(current_membership(request), params), order, params)
    return render(request, "customers/customer_list.html", {"page": page, "params": params})


def own_customer(request, pk):
    """A customer of the current organization; 404 otherwise."""
    return get_object_or_404(visible_customers(current_membership(request)), pk=pk)


@role_required("admin", "staff")
def customer_detail(request, pk):
    """One customer with contact persons, projects and what other apps add; 404 outside the organization."""
    customer, membership = own_customer(request, pk), current_membership(request)
    projects = list(customer.projects.order_by("name", "id")[: SHOWN_PROJECTS + 1])
    actions = panels.collect("customer.actions", membership, customer)
    menus = {}
    for action in actions:
        if action.menu:
            menus.setdefault(action.menu, []).append(action)
    return render(
        request,
        "customers/customer_detail.html",
        {
            "customer": customer,
            "origin": panels.origin("customers", pk),
            "contacts": customer.contact_persons.all(),
            "projects": projects[:SHOWN_PROJECTS],
            "more_projects": len(projects) > SHOWN_PROJECTS,
            "custom": shown_custom_fields(current_organization(request), "customers", customer.custom_fields),
            "blocks": panels.collect("customer.blocks", membership, customer),
            "actions": [action for action in actions if not action.menu],
            "menus": list(menus.items()),
            "events": timeline.events(customer)[:20],
        },
    )


def _form(request, form, title, customer=None, **context):
    context |= {"form": form, "title": title, "customer": customer, "once": new_token()}
    return render(request, "customers/customer_form.html", context)


@role_required("admin", "staff")
def customer_new(request):
    """A customer of one's own."""
    form = CustomerForm(request.POST or None, organization=current_organization(request))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if not use_up(request):
                messages.info(request, "This customer was created already.")
                return redirect("customers")
            customer = changes.save_customer(form, request.user)
        messages.success(request, f"The customer {customer.display_name} was created.")
        return redirect("customer", customer.pk)
    return _form(request, form, "New Customer")


@role_required("admin", "staff")
def customer_edit(request, pk):
    """Change a customer. What follows Zoho Projects, or is fixed by documents, rests with the reason beside it."""
    customer = own_customer(request, pk)
    form = CustomerForm(request.POST or None, instance=customer, organization=current_organization(request))
    if request.method == "POST" and form.is_valid():
        customer = changes.save_customer(form, request.user)
        messages.success(request, f"The customer {customer.display_name} was saved.")
        return redirect("customer", pk)
    return _form(
        request, form, f"Edit {customer.display_name}", customer, origin=panels.origin("customers", pk)
    )


@role_required("admin", "staff")
@require_POST
def customer_status(request, pk):
    """Make a customer inactive, or active again."""
    customer = own_customer(request, pk)
    try:
        changes.set_active(customer, request.POST.get("status") == "active", request.user)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("customer", pk)


@role_required("admin", "staff")
def customer_delete(request, pk):
    """Ask, then delete a customer on whom nothing hangs."""
    customer = own_customer(request, pk)
    refusal = delete_refusal(customer)
    if request.method == "POST" and not refusal:
        try:
            changes.delete_customer(customer)
        except ValidationError as refused:
            refusal = " ".join(refused.messages)
        else:
            messages.success(request, f"The customer {customer.display_name} was deleted.")
            return redirect("customers")
    status = 409 if refusal and request.method == "POST" else 200
    context = {"customer": customer, "refusal": refusal}
    return render(request, "customers/customer_delete.html", context, status=status)


@role_required("admin", "staff")
def contact_edit(request, pk, contact_pk=None):
    """Add a contact person, or change one. One of them is primary at most."""
    customer = own_customer(request, pk)
    contact = get_object_or_404(ContactPerson, pk=contact_pk, customer=customer) if contact_pk else None
    form = ContactForm(request.POST or None, instance=contact or ContactPerson(customer=customer))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if not use_up(request):
                return redirect("customer", pk)
            saved = changes.save_contact(form)
        messages.success(request, f"The contact person {saved} was saved.")
        return redirect("customer", pk)
    title = f"Edit {contact}" if contact else "New contact person"
    return _form(request, form, title, customer, contact=contact)


@role_required("admin", "staff")
@require_POST
def contact_delete(request, pk, contact_pk):
    """Delete a contact person; one from Zoho Projects returns with the next change there."""
    contact = get_object_or_404(ContactPerson, pk=contact_pk, customer=own_customer(request, pk))
    contact.delete()
    messages.success(request, f"The contact person {contact} was deleted.")
    return redirect("customer", pk)
