"""Rules of organizations and memberships that every entrance (screens, admin, later others) asks."""

import re
from zoneinfo import available_timezones

from django.dispatch import Signal

from organizations.models import Membership, Organization
from organizations.money import known_currency

ADDRESS_LINES = 8
# Sent when a membership was changed directly, on the admin site: `membership`. Apps above follow.
membership_changed = Signal()
_currency_locks = []


def lock_base_currency(reason_for):
    """Register `reason_for(organization)`: why its base currency is fixed by now, '' when it is not.

    Apps above register what they know (documents in that currency); this app does not know them.
    """
    if reason_for not in _currency_locks:
        _currency_locks.append(reason_for)


def base_currency_refusal(organization):
    """Why the base currency of a stored organization cannot be changed any more; '' while it can."""
    return next((reason for ask in _currency_locks if (reason := ask(organization))), "")


def organization_problems(organization):
    """What is wrong with an organization's values: {field: sentence}, empty when all is well."""
    problems = {}
    organization.name = organization.name.strip()
    if not organization.name:
        problems["name"] = "Write the organization's name."
    elif re.search(r"[\x00-\x1f\x7f]", organization.name):
        problems["name"] = "The name has to stand on one line, without control characters."
    elif (
        Organization.objects.filter(name__iexact=organization.name).exclude(pk=organization.pk or 0).exists()
    ):
        problems["name"] = "Another organization on this installation has this name. Choose another."
    organization.base_currency = organization.base_currency.strip().upper()
    if not known_currency(organization.base_currency):
        problems["base_currency"] = "This is no currency code; use one like EUR or USD."
    elif organization.pk:
        stored = Organization.objects.filter(pk=organization.pk).values_list("base_currency", flat=True)
        if stored and stored[0] != organization.base_currency:
            refusal = base_currency_refusal(organization)
            if refusal:
                problems["base_currency"] = refusal
    if organization.time_zone not in available_timezones():
        problems["time_zone"] = "This is no time zone; use a name like Europe/Berlin or UTC."
    lines = [" ".join(line.split()) for line in organization.address.splitlines()]
    organization.address = "\n".join(line for line in lines if line)
    if organization.address.count("\n") >= ADDRESS_LINES or any(len(line) > 100 for line in lines):
        problems["address"] = f"At most {ADDRESS_LINES} lines of 100 characters fit on documents."
    return problems


def is_last_administrator(membership):
    """True when nobody else can administrate the membership's organization."""
    if membership.pk is None:
        return False
    stored = Membership.objects.filter(
        organization_id=membership.organization_id,
        role=Membership.Role.ADMIN,
        is_active=True,
        user__is_active=True,
    )
    return stored.filter(pk=membership.pk).exists() and not stored.exclude(pk=membership.pk).exists()


def last_administrator_refusal(membership, role, is_active):
    """Why a membership cannot get this role and state: it is the last administrator. '' when it can.

    Call it inside a transaction that holds the organization's row (`locked_organization`), or two people
    could demote each other at once.
    """
    if (role != Membership.Role.ADMIN or not is_active) and is_last_administrator(membership):
        return (
            f"{membership.user} is the last active administrator of {membership.organization}. "
            "Make somebody else an administrator first."
        )
    return ""


def locked_organization(organization_id):
    """The organization, its row held until the transaction ends: counts of seats and administrators stay true."""
    return Organization.objects.select_for_update().get(pk=organization_id)
