"""What an hour costs: noted when the hour comes in, so that a later change of somebody's cost leaves past margins.

A person's cost in a project is in the project's currency and comes first; the person's own is in the organization's
base currency and counts where that is the project's currency, too.
"""

from timetracking.models import Project, ProjectStaff, StaffUser


def cost_rates(pairs):
    """{(project id, person id): cost per hour or None} for such pairs; two or three queries for any number."""
    pairs = set(pairs)
    projects, people = {project for project, _ in pairs}, {person for _, person in pairs}
    in_project = {
        (project, person): rate
        for project, person, rate in ProjectStaff.objects.filter(
            project_id__in=projects, staff_user_id__in=people, cost_rate__isnull=False
        ).values_list("project_id", "staff_user_id", "cost_rate")
    }
    own = dict(
        StaffUser.objects.filter(pk__in=people, cost_rate__isnull=False).values_list("pk", "cost_rate")
    )
    base = set()
    if own:
        rows = Project.objects.filter(pk__in=projects).values_list(
            "pk", "currency", "organization__base_currency"
        )
        base = {pk for pk, currency, base_currency in rows if currency == base_currency}
    return {
        (project, person): in_project.get((project, person), own.get(person) if project in base else None)
        for project, person in pairs
    }


def cost_rate_of(project_id, staff_user_id):
    """The cost per hour of a person in a project by now, or None where it is not known."""
    return cost_rates([(project_id, staff_user_id)])[project_id, staff_user_id]
