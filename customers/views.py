"""List and details of customers."""

from django.shortcuts import get_object_or_404, render

from customers.selectors import ORDERS, filtered_customers, visible_customers
from organizations import panels
from organizations.current import current_membership, current_organization, role_required
from organizations.custom_values import shown_custom_fields
from organizations.paging import keyset_page

SHOWN_PROJECTS = 100


@role_required("admin", "staff")
def customer_list(request):
    """Customers with search, filter, sorting and pages."""
    params = request.GET.dict()
    order = ORDERS.get(params.get("sort"), ORDERS["name"])
    page = keyset_page(filtered_customers(current_membership(request), params), order, params)
    return render(request, "customers/customer_list.html", {"page": page, "params": params})


@role_required("admin", "staff")
def customer_detail(request, pk):
    """One customer with contact persons and projects; 404 outside the organization."""
    customer = get_object_or_404(visible_customers(current_membership(request)), pk=pk)
    projects = list(customer.projects.order_by("name", "id")[: SHOWN_PROJECTS + 1])
    return render(
        request,
        "customers/customer_detail.html",
        {
            "customer": customer,
            "origin": panels.origin("customers", customer.pk),
            "contacts": customer.contact_persons.all(),
            "projects": projects[:SHOWN_PROJECTS],
            "more_projects": len(projects) > SHOWN_PROJECTS,
            "custom": shown_custom_fields(current_organization(request), "customers", customer.custom_fields),
        },
    )
