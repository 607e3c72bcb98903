"""Invitations: a secret link by e-mail with which a person takes up a membership.

The secret travels only in the message; the database keeps its SHA-256. Sending again makes a new secret, so
that an older message no longer opens anything.
"""

import datetime
import hashlib
import logging
import secrets
import smtplib

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from organizations.models import Invitation, Membership, User

VALID_DAYS = 7
log = logging.getLogger(__name__)

# Sent inside the transaction that makes a membership active: `membership`.
accepted = Signal()


def user_for(email, name):
    """The login with this address, regardless of case; a new one without a password when there is none.

    Raises ValidationError for a login that the operator switched off.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, None, name=name[:200])
        except IntegrityError:  # another organization invited the same person at this moment
            user = User.objects.get(email__iexact=email)
    if not user.is_active:
        raise ValidationError(
            f"The login {user.email} is switched off on this installation. Ask its operator."
        )
    return user


def open_invitation(membership, by):
    """Make or renew the invitation of an inactive membership. Returns (invitation, secret)."""
    secret, now = secrets.token_urlsafe(32), timezone.now()
    invitation, _ = Invitation.objects.update_or_create(
        membership=membership,
        defaults={
            "secret_hash": _hash(secret),
            "invited_by": by,
            "invited_at": now,
            "expires_at": now + datetime.timedelta(days=VALID_DAYS),
            "mail_error": "",
            "accepted_at": None,
        },
    )
    return invitation, secret


def send(invitation, secret):
    """Hand the message to the mail server, outside any transaction. Returns '' or why it failed; both are kept."""
    membership = invitation.membership
    context = {
        "organization": " ".join(membership.organization.name.split()),
        "email": membership.user.email,
        "invited_by": invitation.invited_by,
        "link": settings.SITE_URL.rstrip("/") + reverse("invitation", args=[secret]),
        "days": VALID_DAYS,
    }
    error = ""
    try:
        send_mail(
            f"Invitation to {context['organization']} in Projects ERP",
            render_to_string("accounts/invitation_email.txt", context),
            None,
            [membership.user.email],
        )
    except (smtplib.SMTPException, OSError, ValueError) as failed:
        log.warning("An invitation could not be sent: %s", type(failed).__name__)
        error = f"The mail server did not take the message ({type(failed).__name__}: {failed})"[:300]
    Invitation.objects.filter(pk=invitation.pk, secret_hash=invitation.secret_hash).update(mail_error=error)
    return error


def find(secret):
    """The open invitation behind a secret, or None when it is unknown, used, withdrawn or too old."""
    return (
        Invitation.objects.select_related("membership__user", "membership__organization", "invited_by")
        .filter(
            secret_hash=_hash(secret),
            accepted_at=None,
            expires_at__gt=timezone.now(),
            membership__user__is_active=True,
        )
        .first()
    )


def accept(secret, password=None):
    """Take the invitation up, once; with `password` for a person who has none yet. Returns the membership or None."""
    with transaction.atomic():
        held = (
            Invitation.objects.select_for_update().filter(secret_hash=_hash(secret), accepted_at=None).first()
        )
        if held is None or find(secret) is None:
            return None
        membership = Membership.objects.select_related("user", "organization").get(pk=held.membership_id)
        if password is not None:
            user = User.objects.select_for_update().get(pk=membership.user_id)
            if user.has_usable_password():  # chosen meanwhile by another invitation
                return None
            user.set_password(password)
            user.save(update_fields=["password"])
            membership.user = user
        membership.is_active = True
        membership.save(update_fields=["is_active"])
        held.accepted_at = timezone.now()
        held.save(update_fields=["accepted_at"])
        accepted.send(Membership, membership=membership)
    return membership


def withdraw(membership):
    """Forget an invitation nobody took up, with the login made for it when it serves nothing else."""
    user = membership.user
    membership.delete()
    if not user.has_usable_password() and user.last_login is None and not user.memberships.exists():
        user.delete()


def is_pending(membership):
    """True while the person has not taken up the invitation."""
    invitation = getattr(membership, "invitation", None)
    return invitation is not None and invitation.accepted_at is None


def _hash(secret):
    return hashlib.sha256(secret.encode()).hexdigest()
