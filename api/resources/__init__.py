"""One file per resource; each has `routers()` and knows how its rows look outside."""


def all_routers():
    """[(prefix, router)] of the whole API. The order matters: /projects/timeentries comes before /projects/{id}."""
    from api.resources import (
        contacts,
        estimates,
        expenses,
        integration,
        invoices,
        organizations,
        project_parts,
        projects,
        recurring_expenses,
        recurring_invoices,
        time_entries,
        users,
    )

    parts = (
        organizations, contacts, time_entries, projects, project_parts, users, estimates, invoices,
        recurring_invoices, expenses, recurring_expenses, integration,
    )  # fmt: skip
    return [("", part.make_router()) for part in parts]
