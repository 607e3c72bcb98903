"""What administrators do with people: create, change, invite, give access, deactivate."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from organizations.activity import form_changes, record
from organizations.current import current_organization, role_required
from organizations.models import Membership
from timetracking import people
from timetracking.models import StaffUser
from timetracking.people_forms import GrantsForm, PersonForm


@role_required("admin")
def person_new(request):
    """Create an employee by hand."""
    return _edit(request, StaffUser())


@role_required("admin")
def person_edit(request, pk):
    """Change name, address, role and cost."""
    return _edit(request, get_object_or_404(StaffUser, pk=pk, organization=current_organization(request)))


def _edit(request, person):
    organization, is_new = current_organization(request), person.pk is None
    form = PersonForm(request.POST or None, instance=person, organization=organization)
    if request.method == "POST" and form.is_valid():
        try:
            changes = form_changes(form)
            person = form.save()
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            if is_new or changes:
                record(person, request.user, "Created" if is_new else "Changed", () if is_new else changes)
            messages.success(request, _saved(person, is_new))
            return redirect("staff_user", person.pk)
    return render(
        request, "timetracking/person_form.html", {"form": form, "person": None if is_new else person}
    )


def _saved(person, is_new):
    if not is_new:
        return f"{person.name} was saved."
    joined = person.project_staff.count()
    words = f"{person.name} was created."
    if joined:
        words += (
            f" They are a user in Zoho Projects too and were joined to {joined} project"
            f"{'' if joined == 1 else 's'}."
        )
    if person.membership_id:
        words += " They sign in already, so they keep the role they have."
    return words


def _action(change):
    """A button on a person's page: POST only, refusals are shown there.

    `change` returns what to note of it: a text, or a text and changes.
    """

    @role_required("admin")
    @require_POST
    @wraps(change)
    def view(request, pk):
        person = get_object_or_404(
            StaffUser.objects.select_related("membership__user", "membership__invitation"),
            pk=pk,
            organization=current_organization(request),
        )
        try:
            noted = change(request, person)
            text, changes = noted if isinstance(noted, tuple) else (noted, ())
            record(person, request.user, text, changes)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        return redirect("staff_user", pk)

    return view


@_action
def person_invite(request, person):
    """Send an invitation, or send it again."""
    invitation = people.invite(person, request.user)
    if invitation is None:
        messages.success(request, f"{person.email} is a member here already; {person.name} signs in with it.")
    elif invitation.mail_error:
        messages.error(
            request,
            f"The invitation for {person.name} is open, but the message was not sent. {invitation.mail_error}. "
            "Nothing is lost: use Invite Again once mail works.",
        )
    else:
        messages.success(request, f"The invitation was sent to {person.email}.")
    return f"Invited at {person.email}"


@_action
def person_uninvite(request, person):
    """Withdraw an open invitation."""
    people.cancel_invitation(person)
    messages.success(request, f"The invitation of {person.name} was withdrawn; its link no longer works.")
    return "Invitation withdrawn"


@_action
def person_access(request, person):
    """Give (`access=on`) or take portal access."""
    wanted = request.POST.get("access") == "on"
    people.set_access(person, wanted)
    messages.success(
        request,
        f"{person.name} now has portal access." if wanted else f"{person.name} has no portal access now.",
    )
    return "Portal access given" if wanted else "Portal access taken"


@_action
def person_deactivate(request, person):
    """No sign-in any more; hours stay."""
    people.deactivate(person)
    messages.success(
        request, f"{person.name} is inactive: no sign-in here, no portal access. Projects and hours are kept."
    )
    return "Deactivated"


@_action
def person_activate(request, person):
    """Active again."""
    if missing := people.activate(person):
        messages.warning(request, f"{person.name} is active, but without portal access. {missing}")
    else:
        messages.success(request, f"{person.name} is active.")
    return "Activated"


@_action
def person_grants(request, person):
    """What somebody with the role staff may do with documents."""
    if person.membership is None or person.membership.role != Membership.Role.STAFF:
        raise ValidationError("Only people with the role staff who sign in have these permissions.")
    form = GrantsForm(request.POST, instance=person.membership)
    if not form.is_valid():
        raise ValidationError([error for errors in form.errors.values() for error in errors])
    changes = form_changes(form)
    form.save()
    messages.success(request, f"What {person.name} may do was saved.")
    return "Permissions changed", changes


@role_required("admin")
@require_POST
def member_add(request, pk):
    """Make a member who only signs in a person who can log hours."""
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organization"),
        pk=pk,
        organization=current_organization(request),
    )
    try:
        person = people.add_member(membership)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("staff")
    record(person, request.user, "Added to staff")
    messages.success(request, f"{person.name} is among staff now.")
    return redirect("staff_user", person.pk)
