"""Changing the key that encrypts Zoho's tokens, without losing one."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from integrations.models import Connection
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
LOST, OLD, NEW = (Fernet.generate_key().decode() for _ in range(3))


def told(*arguments):
    out = io.StringIO()
    call_command("reencrypt_tokens", *arguments, stdout=out)
    return out.getvalue()


def test_after_it_the_old_key_is_not_needed_any_more(settings):
    settings.TOKEN_ENCRYPTION_KEYS = [OLD]
    first = ConnectionFactory(refresh_token="1000.refresh.one", access_token="")
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, OLD]
    second = ConnectionFactory(refresh_token="1000.refresh.two", access_token="1000.access.two")
    assert told("--check").startswith("1 tokens would be encrypted anew; 2 had")
    assert told().startswith("1 tokens were encrypted anew; 2 had")
    assert told().startswith("0 tokens were encrypted anew; 3 had")
    settings.TOKEN_ENCRYPTION_KEYS = [NEW]
    stored = Connection.objects.in_bulk([first.pk, second.pk])
    assert stored[first.pk].refresh_token == "1000.refresh.one"
    assert stored[first.pk].access_token == ""
    assert (stored[second.pk].refresh_token, stored[second.pk].access_token) == (
        "1000.refresh.two",
        "1000.access.two",
    )


def test_what_no_key_reads_is_left_for_the_day_the_key_is_found(settings):
    settings.TOKEN_ENCRYPTION_KEYS = [LOST]
    connection = ConnectionFactory(refresh_token="1000.refresh.lost", access_token="")
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="1 tokens can be read with no key"):
        told()
    settings.TOKEN_ENCRYPTION_KEYS = [NEW, LOST]
    told()
    settings.TOKEN_ENCRYPTION_KEYS = [NEW]
    assert Connection.objects.get(pk=connection.pk).refresh_token == "1000.refresh.lost"
