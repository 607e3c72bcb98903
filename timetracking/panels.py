"""What time tracking adds to the pages of customers."""

from organizations import panels
from organizations.current import sees_money
from timetracking import rates, selectors


def register():
    """Called once at start-up."""
    panels.register("customer.blocks", customer_blocks)


def customer_blocks(membership, customer):
    """The unbilled hours of a customer by project, for those who see money."""
    if not sees_money(membership):
        return []
    projects = selectors.visible_projects(membership).filter(customer=customer).in_bulk()
    rows = selectors.visible_entries(membership).filter(project__in=list(projects), billing_status="unbilled")
    lines = {}
    for item in rates.by_rate(rows, projects):
        lines.setdefault(item.project_id, []).append(item)
    shown = [
        {
            "project": projects[pk],
            "name": projects[pk].name,
            "currency": projects[pk].currency,
            "minutes": sum(item.minutes for item in items),
            "worth": rates.worth(items, projects[pk].currency)
            if any(item.rate is not None for item in items)
            else None,
        }
        for pk, items in lines.items()
    ]
    shown.sort(key=lambda line: line["name"].lower())
    return [panels.Block("timetracking/customer_hours.html", {"lines": shown}, order=10)]
