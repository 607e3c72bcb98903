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
