"""Addresses where a customer sees a document without signing in: unguessable, expiring, revocable.

The secret in the address is an HMAC of the row's random `nonce` under the server's secret key: the database keeps a
hash to find it by and the nonce, so that a copy of the database alone opens nothing, and the outbox can still write
the address into an e-mail later. When the secret key was changed, old addresses go on working (their hash is known)
and the next e-mail gets a new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from config.middleware import client_address
from transactions.models import PublicLink, WrongLink
from transactions.printing.from_documents import paper_settings

WINDOW = timedelta(minutes=10)
MOST_TRIES = 30  # wrong addresses per visitor's address and window


def _token(nonce):
    key = hashlib.sha256(b"public link " + settings.SECRET_KEY.encode()).digest()
    return (
        base64.urlsafe_b64encode(hmac.new(key, nonce.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    )


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def make(document, user=None):
    """A new link to an issued document, working for as long as the organization's settings say."""
    nonce = secrets.token_urlsafe(24)
    days = paper_settings(document.organization).link_days
    return PublicLink.objects.create(
        organization=document.organization,
        nonce=nonce,
        token_hash=_hash(_token(nonce)),
        created_by=user,
        expires_at=timezone.now() + timedelta(days=days),
        **{document.KIND: document},
    )


def address(link):
    """The link's address; '' when it does not work (any more) or the secret key was changed since."""
    token = _token(link.nonce)
    if not link.works or not hmac.compare_digest(_hash(token), link.token_hash):
        return ""
    return settings.SITE_URL + reverse("public_document", args=[token])


def revoke(link):
    """Let the link lead nowhere from now on."""
    PublicLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def find(token):
    """The working link of a token, or None; all reasons look the same."""
    if not 30 <= len(token) <= 60:
        return None
    link = (
        PublicLink.objects.filter(token_hash=_hash(token), organization__isnull=False)
        .select_related("organization", "invoice__customer", "quote__customer", "credit_note__customer")
        .first()
    )
    return link if link is not None and link.works and not link.document.is_draft else None


def _visitor(request):
    return hashlib.sha256(f"{settings.SECRET_KEY}{client_address(request)}".encode()).hexdigest()


def too_many_tries(request):
    """True when this visitor tried too many wrong addresses lately."""
    since = timezone.now() - WINDOW
    return WrongLink.objects.filter(
        address_hash=_visitor(request), since__gt=since, tries__gte=MOST_TRIES
    ).exists()


def note_wrong(request):
    """Count a wrong address of this visitor."""
    now = timezone.now()
    visitor = _visitor(request)
    WrongLink.objects.filter(since__lt=now - WINDOW).delete()
    if not WrongLink.objects.filter(address_hash=visitor).update(tries=F("tries") + 1):
        WrongLink.objects.get_or_create(address_hash=visitor, defaults={"since": now})
