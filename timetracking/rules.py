"""Rules of time tracking that every entrance (form, admin, later others) asks."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def project_creation_refusal(organization):
    """Why nobody may create a project in this organization by hand; '' when it is allowed."""
    if organization.project_creation_restricted:
        return (
            "Projects come from Zoho Projects only, as chosen in Settings → Zoho Apps "
            "(Restrict project creation). Create the project in Zoho Projects; it arrives with the next sync."
        )
    return ""


def person_problems(person):
    """What is wrong with a person's values: {field: sentence}, empty when all is well. Trims name and address."""
    problems = {}
    person.name, person.email = " ".join(person.name.split()), person.email.strip()
    if not person.name:
        problems["name"] = "Write the person's name."
    rows = type(person).objects.filter(organization_id=person.organization_id)
    stored = rows.filter(pk=person.pk or 0).values("email", "membership_id").first()
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError:
            problems["email"] = "This is no e-mail address. Write one like name@company.example, or none."
        other = rows.filter(email__iexact=person.email).exclude(pk=person.pk or 0).first()
        if other is not None:
            problems["email"] = (
                f"{other.name} has this address already. Invite or change that person instead."
            )
    if stored and stored["membership_id"] and stored["email"].lower() != person.email.lower():
        problems["email"] = "This person signs in with the address, so it stays as it is."
    if person.cost_rate is not None and person.cost_rate < 0:
        problems["cost_rate"] = "This cannot be negative."
    return problems


# Kinds of budget, by their names in the finance API.
BUDGET_TYPES = (
    ("", "No budget"),
    ("total_project_cost", "An amount for the project"),
    ("total_project_hours", "Hours for the project"),
    ("hours_per_task", "Hours per task"),
    ("hours_per_staff", "Hours per person"),
)


def project_problems(project):
    """What is wrong with a project's values, whoever saves them: {field: sentence}."""
    problems = {}
    for name in ("rate", "budget_amount", "budget_hours"):
        value = getattr(project, name)
        if value is not None and value < 0:
            problems[name] = "This cannot be negative."
    if project.start_date and project.end_date and project.end_date < project.start_date:
        problems["end_date"] = "The end is before the start. Correct one of the two days."
    for name in ("start_date", "end_date"):
        day = getattr(project, name)
        if day and not 1970 <= day.year <= 2200:
            problems[name] = "This year cannot be right."
    needed = {"total_project_cost": "budget_amount", "total_project_hours": "budget_hours"}.get(
        project.budget_type
    )
    if needed and getattr(project, needed) is None:
        problems.setdefault(needed, "Write how much the budget is, or choose no budget.")
    if project.billing_method == "fixed_cost" and project.budget_type == "total_project_cost":
        problems["budget_type"] = "At fixed cost the price is the budget. Choose a budget of hours, or none."
    return problems
