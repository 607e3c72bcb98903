"""What transactions tell the apps below about their rows, through `organizations.panels`."""

from organizations import panels
from organizations.panels import Action, Block, Tab, address
from transactions import comments, permissions, rules


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
    panels.register("project.activity", project_comments)
    panels.register("project.actions", project_actions)
    panels.register("project.tabs", project_tabs)
    panels.register("project.blocks", project_blocks)
    panels.register("customer.actions", customer_actions)
    panels.register("customer.blocks", customer_blocks)
    panels.register("timesheets.actions", timesheet_actions)


def _locks(**reasons):
    return [{name: reason for name, reason in reasons.items() if reason}]


NEW = (
    ("quote", "Quote", "quote_new"),
    ("invoice", "Invoice", "invoice_new"),
    ("recurring_invoice", "Recurring Invoice", "recurring_invoice_new"),
    ("expense", "Expense", "expense_new"),
    ("recurring_expense", "Recurring Expense", "recurring_expense_new"),
)


def _new(subject):
    """The entries of the menu New Transaction for `project=<id>` or `customer=<id>`."""
    found = []
    for order, (key, label, name) in enumerate(NEW):
        if url := address(name, query=subject):
            found.append(Action(key, label, url, menu="New Transaction", order=20 + order))
    return found


def project_actions(membership, project):
    """Create Invoice and New Transaction, for those who bill."""
    if not permissions.may_bill(membership):
        return []
    create = Action(
        "create_invoice",
        "Create Invoice",
        address("invoice_from_project", project.pk),
        primary=True,
        order=10,
    )
    return [create, *_new(f"project={project.pk}")]


def customer_actions(membership, customer):
    """The same on a customer's page."""
    if not permissions.may_bill(membership):
        return []
    create = Action(
        "create_invoice",
        "Create Invoice",
        address("invoice_from_customer", customer.pk),
        primary=True,
        order=10,
    )
    settings = Action("billing", "Billing Settings", address("customer_billing", customer.pk), order=40)
    return [create, *_new(f"customer={customer.pk}"), settings]


def timesheet_actions(membership):
    """Invoices of ticked rows."""
    if not permissions.may_bill(membership):
        return []
    return [
        Action("create_invoice", "Create Invoice", address("invoice_from_entries"), primary=True, order=10)
    ]


def project_comments(membership, project):
    """What people wrote about the project."""
    return comments.events(project)


def project_tabs(membership, project):
    """The project's quotes, invoices, credit notes and expenses."""
    from transactions.screens import money_of

    if not permissions.may_view(membership):
        return []
    return [
        Tab(
            key="transactions",
            label="Transactions",
            template="transactions/tab_transactions.html",
            context=money_of.project_transactions,
            order=60,
        )
    ]


def project_blocks(membership, project):
    """What of the project is invoiced, drafted and open, and what changed after billing."""
    from transactions.screens import money_of

    if not permissions.may_view(membership):
        return []
    return [Block("transactions/block_project.html", money_of.project_money(project), order=20)]


def customer_blocks(membership, customer):
    """The customer's invoices and what is open."""
    from transactions.screens import money_of

    if not permissions.may_view(membership):
        return []
    return [Block("transactions/block_customer.html", money_of.customer_money(customer), order=20)]
