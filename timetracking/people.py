"""What is done with people: every entrance (screens, admin, later others) comes through here.

A refusal is a ValidationError with sentences for the person at the screen; then nothing has changed.
"""

from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations import invitations
from organizations.models import Membership
from organizations.rules import last_administrator_refusal, locked_organization
from timetracking import timers
from timetracking.models import StaffUser
from timetracking.seats import seat_refusal

Role, Status = StaffUser.Role, StaffUser.Status
MEMBERSHIP_ROLES = {
    Role.ADMIN: Membership.Role.ADMIN,
    Role.STAFF: Membership.Role.STAFF,
    Role.TIMESHEET_STAFF: Membership.Role.TIMESHEET_STAFF,
    Role.EMPLOYEE_SUBMITTER: Membership.Role.EMPLOYEE,
}
STAFF_ROLES = {membership: staff for staff, membership in MEMBERSHIP_ROLES.items()}


def save_person(person, changed=()):
    """Save a new person, or the fields named in `changed` of a known one; returns the stored person.

    Membership and portal access follow. The organization's row is held and the person read anew: of two
    people at once only one gets the last seat, and neither undoes what the other changed. A new person with
    the address of a member is that member.
    """
    with transaction.atomic():
        organization = locked_organization(person.organization_id)
        if person.pk is None:
            if membership := _member_with(organization, person.email):
                person.membership, person.role = membership, STAFF_ROLES[membership.role]
            if person.status == Status.INACTIVE:
                person.has_portal_access = False
            _take_seat(organization, None, person)
            person.save()
            return person
        before = StaffUser.objects.select_related("membership__user").get(pk=person.pk)
        after = StaffUser.objects.select_related("membership__user").get(pk=person.pk)
        for name in changed:
            setattr(after, name, getattr(person, name))
        if after.status == Status.INACTIVE:
            after.has_portal_access = False
        if before.membership is not None and after.membership_id == before.membership_id:
            _follow(before, after, before.membership)
        _take_seat(organization, before, after)
        after.save(update_fields={*changed, "has_portal_access"})
        if after.status == Status.INACTIVE and before.status != Status.INACTIVE:
            timers.stop_for(after)
    return after


def _member_with(organization, email):
    if not email:
        return None
    rows = Membership.objects.filter(organization=organization, user__email__iexact=email, staff_users=None)
    return rows.first()


def _follow(before, person, membership):
    """Carry a changed role, state or access over to what the person may open."""
    role, is_active = membership.role, membership.is_active
    if person.role != before.role:
        role = MEMBERSHIP_ROLES[person.role]
        if role == Membership.Role.EMPLOYEE and is_active:
            person.has_portal_access = True  # employees come in through the portal
    if person.status == Status.INACTIVE:
        is_active = False
    elif not invitations.is_pending(membership):
        if before.status == Status.INACTIVE:
            is_active = role != Membership.Role.EMPLOYEE or person.has_portal_access
        elif role == Membership.Role.EMPLOYEE and person.has_portal_access != before.has_portal_access:
            is_active = person.has_portal_access
    if (role, is_active) == (membership.role, membership.is_active):
        return
    if refusal := last_administrator_refusal(membership, role, is_active):
        raise ValidationError(refusal)
    membership.role, membership.is_active = role, is_active
    membership.save(update_fields=["role", "is_active"])


def _take_seat(organization, before, person):
    if person.has_portal_access and not (before and before.has_portal_access):
        if not person.email:
            raise ValidationError("Portal access needs an e-mail address. Add one first.")
        if refusal := seat_refusal(organization, person):
            raise ValidationError(refusal)


def set_access(person, wanted):
    """Give or take portal access."""
    if wanted and person.status == Status.INACTIVE:
        raise ValidationError(f"{person.name} is inactive. Activate or invite them first.")
    person.has_portal_access = wanted
    return save_person(person, ["has_portal_access"])


def deactivate(person):
    """No sign-in into this organization any more, the seat is free; projects and hours stay.

    An invitation that was not taken up is withdrawn.
    """
    with transaction.atomic():
        locked_organization(person.organization_id)
        person.refresh_from_db()
        if person.is_invited:
            cancel_invitation(person)
        person.status = Status.INACTIVE
        return save_person(person, ["status"])


def activate(person):
    """Let a person work again; who could sign in before can again. Returns '' or what is still missing."""
    missing, changed = "", ["status"]
    with transaction.atomic():
        locked_organization(person.organization_id)
        person.refresh_from_db()
        person.status = Status.ACTIVE
        if person.membership and person.role == Role.EMPLOYEE_SUBMITTER:
            missing = seat_refusal(locked_organization(person.organization_id), person)
            person.has_portal_access = not missing
            changed.append("has_portal_access")
        person = save_person(person, changed)
        if person.membership and not missing and not person.is_invited and not person.membership.is_active:
            person.membership.is_active = True  # switched off by itself, on the admin site or with the access
            person.membership.save(update_fields=["is_active"])
    return missing


def invite(person, by, on_commit=False):
    """Invite a person to sign in, or invite again. Returns the invitation after the message was handed over.

    `on_commit`: hand it over when the caller's transaction has ended well; the invitation keeps what became of it.

    The membership has the role that matches the person's and becomes active when they accept. Returns None
    when the address belongs to an active member already: then the two are joined and no message is needed.
    """
    with transaction.atomic():
        organization = locked_organization(person.organization_id)
        person = StaffUser.objects.select_related("membership__user").get(pk=person.pk)
        if refusal := invitation_refusal(person):
            raise ValidationError(refusal)
        if person.role == Role.EMPLOYEE_SUBMITTER and not person.has_portal_access:
            if refusal := seat_refusal(organization, person):
                raise ValidationError(refusal)
            person.has_portal_access = True
        user = invitations.user_for(person.email, person.name)
        membership, made = Membership.objects.get_or_create(
            organization=organization,
            user=user,
            defaults={"role": MEMBERSHIP_ROLES[person.role], "is_active": False},
        )
        if membership.staff_users.exclude(pk=person.pk).exists():
            raise ValidationError(f"{user.email} belongs to another person of this organization.")
        person.membership = membership
        if membership.is_active:
            person.role, person.status = STAFF_ROLES[membership.role], Status.ACTIVE
            person.save(update_fields=["membership", "role", "status"])
            return None
        if not made:
            membership.role = MEMBERSHIP_ROLES[person.role]
            membership.save(update_fields=["role"])
        person.save(update_fields=["membership", "has_portal_access"])
        invitation, secret = invitations.open_invitation(membership, by)
    if on_commit:
        transaction.on_commit(partial(invitations.send, invitation, secret))
    else:
        invitation.mail_error = invitations.send(invitation, secret)
    return invitation


def invitation_refusal(person):
    """Why a person cannot be invited; '' when they can."""
    if not person.email:
        return f"{person.name} has no e-mail address. Add one first; the invitation goes there."
    if person.membership and person.membership.is_active:
        return f"{person.name} signs in already."
    if person.membership and not invitations.is_pending(person.membership):
        return f"{person.name} was deactivated. Activate them; they sign in with the password they had."
    return ""


def cancel_invitation(person):
    """Withdraw an invitation nobody took up; the link in the message no longer works."""
    with transaction.atomic():
        locked_organization(person.organization_id)
        person.refresh_from_db()
        if not (person.membership and invitations.is_pending(person.membership)):
            raise ValidationError(f"There is no open invitation for {person.name}.")
        membership, person.membership = person.membership, None
        if person.role == Role.EMPLOYEE_SUBMITTER:
            person.has_portal_access = False
        person.save(update_fields=["membership", "has_portal_access"])
        invitations.withdraw(membership)


def add_member(membership):
    """Make a member of the organization, who has no place among staff yet, a person who can log hours."""
    user = membership.user
    with transaction.atomic():
        organization = locked_organization(membership.organization_id)
        if membership.staff_users.exists():
            raise ValidationError(f"{user} is among staff already.")
        person = StaffUser.objects.filter(organization=organization, email__iexact=user.email).first()
        if person is None:
            status = Status.ACTIVE if membership.is_active else Status.INACTIVE
            person = StaffUser(organization=organization, name=str(user), email=user.email, status=status)
            return save_person(person)
        if person.membership_id:
            raise ValidationError(f"{person.name} has this address and another login already.")
        person.membership, person.role = membership, STAFF_ROLES[membership.role]
        person.save(update_fields=["membership", "role"])
        return person


def invitation_accepted(sender, membership, **kwargs):
    """Who takes an invitation up is an active person from then on; their hours stay theirs."""
    StaffUser.objects.filter(membership=membership).update(status=Status.ACTIVE)


def follow_membership(sender, membership, **kwargs):
    """A role given on the admin site is the person's role, too; who cannot stop a timer any more has none."""
    people = StaffUser.objects.filter(membership=membership)
    people.update(role=STAFF_ROLES[membership.role])
    if (
        not membership.is_active or membership.role == Membership.Role.EMPLOYEE
    ):  # nobody could stop it any more
        for person in people:
            timers.stop_for(person)


def link_new_person(sender, instance, created, raw=False, **kwargs):
    """A person who arrives by any way (the sync too) with the address of a member is that member.

    Only the link is set: the role that the arrival gave stays, and so does what the member may open.
    """
    if not created or raw or instance.membership_id is not None:
        return
    if membership := _member_with(instance.organization, instance.email):
        instance.membership = membership
        StaffUser.objects.filter(pk=instance.pk).update(membership=membership)


def link_new_member(sender, instance, created, raw=False, **kwargs):
    """The other way round: a member who arrives with the address of a person."""
    if created and not raw:
        people = StaffUser.objects.filter(organization_id=instance.organization_id, membership=None)
        people.filter(email__iexact=instance.user.email).update(membership=instance)
