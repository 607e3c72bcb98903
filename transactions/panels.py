"""What transactions tell the apps below about their rows, through `organizations.panels`."""

from organizations import panels
from transactions import rules


def register():
    """Called once at start-up."""
    panels.register(
        "customer.locks", lambda customer: _locks(currency=rules.customer_currency_lock(customer))
    )
    panels.register(
        "project.locks",
        lambda project: _locks(
            currency=rules.project_currency_lock(project), customer=rules.project_customer_lock(project)
        ),
    )
    panels.register("entry.locks", lambda ids: [rules.entry_locks(ids)])
    panels.register("customer.dependents", rules.customer_dependents)
    panels.register("project.dependents", rules.project_dependents)


def _locks(**reasons):
    return [{name: reason for name, reason in reasons.items() if reason}]
