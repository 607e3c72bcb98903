"""Stored tokens move to the newest key, so that an old one can be taken out of `TOKEN_ENCRYPTION_KEYS`."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from integrations.fields import EncryptedTextField
from integrations.models import Connection

CURRENT, OLD, UNREADABLE = "current", "old", "unreadable"


def columns():
    """Names of the encrypted columns of a connection."""
    return [field.name for field in Connection._meta.fields if isinstance(field, EncryptedTextField)]


def state_of(ciphertext):
    """Which key reads it: the newest (CURRENT), another one of the list (OLD), none (UNREADABLE)."""
    newest, *_ = keys = [Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS]
    for state, cipher in ((CURRENT, newest), (OLD, MultiFernet(keys))):
        try:
            cipher.decrypt(ciphertext.encode())
        except InvalidToken:
            continue
        return state
    return UNREADABLE


def reencrypt(write=True):
    """Encrypt anew what an older key reads. {state before: how many values}; what no key reads stays as it is.

    Each value is replaced only if it still stands there: a token refreshed meanwhile is under the newest key anyway.
    """
    counts = dict.fromkeys((CURRENT, OLD, UNREADABLE), 0)
    keys = MultiFernet([Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS])
    for name in columns():
        stored = Connection.objects.annotate(stored=Cast(name, models.TextField()))
        for pk, ciphertext in stored.exclude(stored="").values_list("pk", "stored").iterator():
            state = state_of(ciphertext)
            counts[state] += 1
            if state == OLD and write:
                renewed = models.Value(keys.rotate(ciphertext.encode()).decode(), models.TextField())
                stored.filter(pk=pk, stored=ciphertext).update(**{name: renewed})
    return counts
