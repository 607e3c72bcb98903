"""Tokens of programs: making, finding and revoking them, and the scopes they have.

A scope is `ERP.<module>.<VERB>`; Books' names (`ZohoBooks.<module>.<VERB>`) mean the same.
"""

import hashlib
import re
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from api.models import ApiToken
from organizations.models import Membership

PREFIX = "erp_"
VERBS = ("CREATE", "READ", "UPDATE", "DELETE")
MODULES = {
    "contacts": "Customers and contact persons",
    "projects": "Projects, tasks, people of projects, time entries",
    "settings": "Organization and users",
    "estimates": "Quotes",
    "invoices": "Invoices and recurring invoices",
    "expenses": "Expenses and recurring expenses",
    "integrations": "State of the integration with Zoho Projects",
}
MAY_HAVE_TOKENS = (Membership.Role.ADMIN, Membership.Role.STAFF)
_SCOPE = re.compile(r"(?:ERP|ZohoBooks)\.([a-z]+)\.(CREATE|READ|UPDATE|DELETE|ALL)", re.ASCII)
TOUCH = timedelta(minutes=1)  # last_used_at is written at most this often


def hash_of(secret):
    """What the database keeps. The secret has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_token(owner, name, scopes, days=None):
    """(ApiToken, its secret, which is shown once). `days`: until it expires, None for never.

    Raises ValidationError for an owner who may not have tokens, unknown scopes and an empty name.
    """
    name = " ".join(str(name).replace("\0", "").split())
    if not 1 <= len(name) <= 100:
        raise ValidationError({"name": "Give the token a name of at most 100 characters."})
    if owner.role not in MAY_HAVE_TOKENS or not owner.is_active:
        raise ValidationError("Only administrators and staff have API tokens.")
    scopes = sorted(set(scopes))
    if not scopes:
        raise ValidationError({"scopes": "Choose what the token may do."})
    for scope in scopes:
        found = _SCOPE.fullmatch(scope)
        if found is None or found[1] not in MODULES:
            raise ValidationError({"scopes": f"“{scope[:60]}” is no scope."})
    if days is not None and not 1 <= days <= 3650:
        raise ValidationError({"days": "Between 1 and 3,650 days."})
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        organization=owner.organization,
        owner=owner,
        secret_hash=hash_of(secret),
        beginning=secret[:8],
        scopes=scopes,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, secret


@transaction.atomic
def revoke(token):
    """The token opens nothing any more."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def find(secret):
    """(token, why it does not work). The token is None for an unknown secret; '' when it works."""
    if not secret or len(secret) > 200:
        return None, "There is no such token."
    rows = ApiToken.objects.select_related("owner__user", "owner__organization")
    token = rows.filter(secret_hash=hash_of(secret)).first()
    if token is None:
        return None, "There is no such token."
    now = timezone.now()
    if token.revoked_at is not None:
        return token, "This token was revoked."
    if token.expires_at is not None and token.expires_at <= now:
        return token, "This token has expired."
    owner = token.owner
    if not owner.is_active or not owner.user.is_active or owner.role not in MAY_HAVE_TOKENS:
        return token, "The token's owner cannot sign in any more."
    if token.last_used_at is None or token.last_used_at < now - TOUCH:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token, ""


def allows(token, module, verb):
    """True when one of the token's scopes covers the verb of a module."""
    wanted = {(module, verb), (module, "ALL")}
    return any(
        (found := _SCOPE.fullmatch(scope)) and (found[1], found[2]) in wanted for scope in token.scopes
    )


def manageable(membership):
    """The tokens a person sees and revokes: administrators all of the organization's, others their own."""
    rows = ApiToken.objects.filter(organization=membership.organization).select_related("owner__user")
    return rows if membership.role == Membership.Role.ADMIN else rows.filter(owner=membership)
