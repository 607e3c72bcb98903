"""What an hour costs: the rate where the billing method puts it, else the project's."""

from timetracking.models import Project

_METHOD = Project.BillingMethod


def rate_of(project, task_rate=None, staff_rate=None):
    """The rate per hour in the project's currency, or None where there is none; None at fixed cost, too.

    Task hours: the task's rate, else the project's (bugs and general hours have no task). Staff hours: the person's
    rate in this project, else the project's. A rate of 0 counts as given.
    """
    if project.billing_method == _METHOD.FIXED_COST:
        return None
    own = {_METHOD.TASK_HOURS: task_rate, _METHOD.STAFF_HOURS: staff_rate}.get(project.billing_method)
    return own if own is not None else project.rate
