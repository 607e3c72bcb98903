"""Which ways to group hours a billing method allows, and why not the others.

Lines split wherever rates differ, so every way is exact; a way is refused where it would tear its groups apart.
"""

from timetracking.models import Project
from transactions.billing.choices import GROUPINGS
from transactions.errors import TransactionRefused

_METHOD = Project.BillingMethod


def unavailable(projects):
    """{grouping: reason} of the ways that these projects do not allow."""
    by_method = {}
    for project in projects:
        by_method.setdefault(project.billing_method, project.name[:80])
    if set(by_method) == {_METHOD.FIXED_COST}:
        reason = "A fixed cost is billed as one line for the project."
        return {name: reason for name in GROUPINGS if name != "project"}
    found = {}
    if name := by_method.get(_METHOD.TASK_HOURS):
        found["people"] = f"“{name}” is billed by rates of tasks: group by tasks, or by tasks and users."
    if name := by_method.get(_METHOD.STAFF_HOURS):
        found["tasks"] = f"“{name}” is billed by rates of people: group by users, or by tasks and users."
    return found


def check(grouping, projects):
    """Raise TransactionRefused when the projects do not allow this way."""
    if reason := unavailable(projects).get(grouping):
        raise TransactionRefused("grouping_unavailable", reason, "grouping")
