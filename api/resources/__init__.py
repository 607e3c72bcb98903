"""One file per resource; each has `routers()` and knows how its rows look outside."""


def all_routers():
    """[(prefix, router)] of the whole API. The order matters: /projects/timeentries comes before /projects/{id}."""
    from api.resources import (
        addresses,
        attachments,
        comments,
        contacts,
        document_mail,
        employees,
        estimates,
        expenses,
        integration,
        invoices,
        money_received,
        not_here,
        organizations,
        project_parts,
        projects,
        recurring_expenses,
        recurring_invoices,
        time_entries,
        timers,
        users,
    )

    parts = (
        organizations, document_mail, not_here, contacts, time_entries, timers, projects, project_parts, users,
        employees, estimates, invoices, recurring_invoices, expenses, recurring_expenses, comments, attachments,
        addresses, money_received, integration,
    )  # fmt: skip
    return [("", part.make_router()) for part in parts]
