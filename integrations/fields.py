"""A text column that is encrypted at rest.

The keys come from `TOKEN_ENCRYPTION_KEYS`, newest first: the newest encrypts, all decrypt, so keys can rotate.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class EncryptedTextField(models.TextField):
    """Text kept as authenticated ciphertext; an unreadable value (its key is gone) reads as ''."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value and _cipher().encrypt(value.encode()).decode()

    def from_db_value(self, value, expression, connection):
        if not value:
            return value
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


def _cipher():
    return MultiFernet([Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS])
