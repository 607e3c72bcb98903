"""Users: the people who work, with or without a login."""

from typing import Any

from django.db import transaction

from api import guards, vendor_fields
from api.building import operation, out, router
from api.crud import Resource, body
from api.errors import RULE, Refused, bad_value
from api.forms import filled_form
from api.listing import Listing
from api.resources.projects import _text
from organizations import deleting
from organizations.activity import record
from timetracking import people, selectors
from timetracking.entry_rules import own_staff
from timetracking.models import StaffUser
from timetracking.people_forms import PersonForm

MISSING, INVITED = "User does not exist", "Your invitation has been sent."
ROLES = {
    "admin": "admin", "staff": "staff", "timesheetstaff": "timesheet_staff", "employee": "employee_submitter",
}  # fmt: skip
OUTSIDE = {ours: theirs for theirs, ours in ROLES.items()}
NAMES = {"name": "name", "email": "email", "role": "user_role", "cost_rate": "cost_rate"}
NOT_KEPT = ("role_id", "is_employee", "user_type", "photo_url")
USER_IN = body("UserIn", not_kept=NOT_KEPT, name=str, email=str, user_role=str, cost_rate=Any)
USER = out(
    "User", user_id=str, name=str, email=str, user_role=str, status=str, is_current_user=bool,
    is_employee=bool, created_time=str, role_id=str, email_ids=list[dict[str, Any]],
    **vendor_fields.types(vendor_fields.USER), invitation_error=str, cost_rate=float | None,
    custom_fields=list[dict[str, str]],
)  # fmt: skip


def _shown(call, row, full):
    data = {
        "user_id": str(row.pk),
        "name": row.name,
        "email": row.email,
        "user_role": OUTSIDE[row.role],
        "status": "invited" if full and row.is_invited else row.status,
        "is_current_user": row.membership_id == call.membership.pk,
        "is_employee": True,
        "created_time": "",
        "role_id": OUTSIDE[row.role],
        **vendor_fields.values(vendor_fields.USER),
    }
    if full:
        data["email_ids"] = [{"email": row.email, "is_selected": True}] if row.email else []
    if full and row.is_invited and row.membership.invitation.mail_error:
        data["invitation_error"] = row.membership.invitation.mail_error
    if guards.sees_rates(call):
        data["cost_rate"] = row.cost_rate
    return data


def save_person(call, row, values):
    guards.admin(call)
    is_new = row.pk is None
    found = {field: values[name] for field, name in NAMES.items() if name in values}
    if "role" in found:
        if found["role"] not in ROLES:
            raise bad_value("user_role", f"user_role is one of {', '.join(ROLES)}.")
        found["role"] = ROLES[found["role"]]
    if "cost_rate" in found:
        found["cost_rate"] = _text(found["cost_rate"])

    def make(data, instance):
        return PersonForm(data, instance=instance, organization=call.organization)

    person = filled_form(make, row, found, NAMES).save()
    record(person, call.user, "Created" if is_new else "Changed")
    return person


def _add(call, values):
    """A new person, who is invited to sign in when there is an address that does not sign in here already."""
    person = save_person(call, StaffUser(), values)
    if not people.invitation_refusal(person):
        people.invite(person, call.user, on_commit=True)
        record(person, call.user, f"Invited at {person.email}")
    return person


def _created(row):
    return INVITED if row.is_invited else "The user has been added."


def _remove(call, row):
    """Nobody's hours are deleted: who worked here becomes inactive, others go."""
    guards.admin(call)
    if row.membership_id or row.time_entries.exists() or row.expenses.exists():
        raise Refused(
            400,
            RULE,
            f"{row.name} signs in here, or logged time or expenses. Mark the user as inactive instead.",
        )
    deleting.delete(row)


RESOURCE = Resource(
    path="users", node="user", nodes="users", module="settings", id_name="user_id", missing=MISSING, out=USER,
    rows=lambda call: selectors.visible_staff(call.membership), shown=_shown, delete=_remove, update=save_person,
    create=_add,
    with_all=lambda rows: rows.select_related("membership__user", "membership__invitation", "organization"),
    create_body=USER_IN, update_body=USER_IN, not_kept=NOT_KEPT,
    texts={
        "created": _created,
        "updated": "The user's information has been updated.",
        "deleted": "The user has been removed from your organization.",
    },
    listing=Listing(
        filters={"name": ("name", "text"), "email": ("email", "text"), "user_role": ("role", "text")},
        by={
            "Status.All": None,
            "Status.Active": lambda rows, call: rows.filter(status="active"),
            "Status.Inactive": lambda rows, call: rows.filter(status="inactive"),
        },
        sorts={"name": "name", "email": "email", "created_time": "pk"},
        search=("name", "email"),
    ),
)  # fmt: skip


def _me(call):
    person = own_staff(call.membership)
    if person is None:  # an administrator who does not work here is nobody of the list
        member = call.membership
        role = {"timesheet_staff": "timesheetstaff"}.get(member.role, member.role)
        node = {"user_id": "", "name": member.user.name or member.user.email, "email": member.user.email,
                "user_role": role, "status": "active", "is_current_user": True, "is_employee": False,
                "created_time": "", "role_id": role,
                "email_ids": [{"email": member.user.email, "is_selected": True}],
                **vendor_fields.values(vendor_fields.USER)}  # fmt: skip
        return "success", node
    return "success", RESOURCE.anew(call, person)


def _activity(change, text):
    def work(call, row):
        guards.admin(call)
        with transaction.atomic():
            change(row)
            record(row, call.user, text)

    return work


def _invite(call, row):
    guards.admin(call)
    people.invite(row, call.user)
    record(row, call.user, f"Invited at {row.email}")


def make_router():
    """Users; /users/me comes before /users/{id}."""
    made = router("Users")
    operation(made, "get", "/users/me", _me, module="settings", verb="READ", name="get_current_user",
              node="user", kind=USER)  # fmt: skip
    RESOURCE.add_to(made)
    RESOURCE.action(made, "invite", _invite, INVITED)
    RESOURCE.action(
        made, "active", _activity(people.activate, "Activated"), "The user has been marked as active."
    )
    RESOURCE.action(
        made, "inactive", _activity(people.deactivate, "Deactivated"), "The user has been marked as inactive."
    )
    return made
