"""Start-up checks: what would be wrong later is said now, with an id and what to do.

`manage.py` commands, the worker and `config.wsgi` all run them. Errors end the start; warnings are shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from config import environment

TAG = "erp"
EXAMPLE_WORDS = ("change-me", "changeme", "insecure", "example", "secret-key")
SHORTEST_SECRET = 40  # characters

WHY_NEEDED = {
    "SECRET_KEY": (
        "E001",
        "SECRET_KEY is not set.",
        "Set SECRET_KEY to at least 50 random characters, for example the output of: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
    ),
    "TOKEN_ENCRYPTION_KEYS": (
        "E002",
        "TOKEN_ENCRYPTION_KEYS is not set, so Zoho's tokens could not be stored safely.",
        "Set TOKEN_ENCRYPTION_KEYS to the output of: "
        "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
    ),
    "ALLOWED_HOSTS": (
        "E003",
        "ALLOWED_HOSTS is not set.",
        "Set ALLOWED_HOSTS to the host names people type, separated by commas, e.g. erp.example.com",
    ),
}


@register(TAG)
def production_is_complete(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A production start must have its own secrets, hosts and address (E001 to E008)."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    for name in settings.MISSING_SETTINGS:
        number, sentence, hint = WHY_NEEDED[name]
        hint += ". For a try-out on this machine set DEBUG=true instead."
        found.append(Error(sentence, hint=hint, id=f"erp.{number}"))
    if "SECRET_KEY" not in settings.MISSING_SETTINGS:
        key = settings.SECRET_KEY.lower()
        if len(key) < SHORTEST_SECRET or any(word in key for word in EXAMPLE_WORDS) or len(set(key)) < 8:
            found.append(
                Error(
                    "SECRET_KEY is too short or looks like an example.",
                    hint=WHY_NEEDED["SECRET_KEY"][2],
                    id="erp.E004",
                )
            )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS contains '*'.", hint=WHY_NEEDED["ALLOWED_HOSTS"][2], id="erp.E005"))
    host = environment.host_of(settings.SITE_URL)
    if not settings.SITE_IS_HTTPS and host not in environment.LOOPBACK:
        found.append(
            Error(
                f"SITE_URL ({settings.SITE_URL}) is not an https:// address.",
                hint="Passwords must not travel in the clear. Put a reverse proxy with a certificate in "
                "front and set SITE_URL=https://...; see docs/deployment.md.",
                id="erp.E006",
            )
        )
    elif host in environment.LOOPBACK and any(
        name not in environment.LOOPBACK for name in settings.ALLOWED_HOSTS
    ):
        found.append(
            Error(
                "SITE_URL is not set, though ALLOWED_HOSTS names a public host.",
                hint="Set SITE_URL to the address people open, e.g. https://erp.example.com; Zoho sends "
                "people back to it after consent.",
                id="erp.E007",
            )
        )
    if settings.USING_PRACTICE_PORTAL:
        found.append(
            Error(
                "The practice portal (invented data) is set for a production start.",
                hint="Unset ZOHO_ACCOUNTS_URL and ZOHO_API_URL; set ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET.",
                id="erp.E008",
            )
        )
    return found


@register(TAG)
def token_keys_are_keys(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every entry of TOKEN_ENCRYPTION_KEYS is a key of 32 bytes in URL-safe base64 (E010)."""
    for number, key in enumerate(settings.TOKEN_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            sentence = f"Entry {number} of TOKEN_ENCRYPTION_KEYS is not a key."
            return [Error(sentence, hint=WHY_NEEDED["TOKEN_ENCRYPTION_KEYS"][2], id="erp.E010")]
    return []


@register(TAG)
def zoho_client_is_whole(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The registered client has an id and a secret, and the overrides come in pairs (E011, E012, W011)."""
    found: list[CheckMessage] = []
    if bool(settings.ZOHO_ACCOUNTS_URL) != bool(settings.ZOHO_API_URL):
        found.append(
            Error(
                "Only one of ZOHO_ACCOUNTS_URL and ZOHO_API_URL is set.",
                hint="Set both to talk to a stand-in for Zoho, or none to talk to Zoho.",
                id="erp.E011",
            )
        )
    if bool(settings.ZOHO_CLIENT_ID) != bool(settings.ZOHO_CLIENT_SECRET):
        found.append(
            Error(
                "Only one of ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET is set.",
                hint="Copy both from the client that you registered at https://api-console.zoho.com.",
                id="erp.E012",
            )
        )
    elif not settings.ZOHO_CLIENT_ID:
        found.append(
            Warning(
                "ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET are not set: nobody can connect Zoho Projects.",
                hint="Register a client at https://api-console.zoho.com and copy both; "
                "docs/deployment.md says how.",
                id="erp.W011",
            )
        )
    return found


ZOHO_LIMIT = 100  # calls per path pattern in two minutes, after which Zoho refuses them for half an hour


@register(TAG)
def budget_makes_sense(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The share of Zoho's request limit that a sync may use is one (E013); a stand-in may do without (W013)."""
    number, hint = settings.ZOHO_REQUESTS_PER_WINDOW, "Set it to 1 to 100 (default: 80), or leave it out."
    if number < 0:
        sentence = "ZOHO_REQUESTS_PER_WINDOW is no number of requests."
        return [Error(sentence, hint=hint, id="erp.E013")]
    if settings.ZOHO_WINDOW_SECONDS < 1:
        sentence = "ZOHO_WINDOW_SECONDS is no length of time."
        return [Error(sentence, hint="Leave it out: Zoho's window is 120 seconds.", id="erp.E013")]
    if 0 < number <= ZOHO_LIMIT:
        return []
    told = "0 means that no requests are counted" if number == 0 else f"{number} is more than Zoho allows"
    sentence = (
        f"ZOHO_REQUESTS_PER_WINDOW: {told}, so that a sync runs into Zoho's lock-out and then stands still for half an "
        "hour each time."
    )
    if settings.PRODUCTION and not settings.ZOHO_API_URL:
        return [Error(sentence, hint=hint, id="erp.E013")]
    return [Warning(sentence, hint=f"{hint} Only a stand-in without limits is faster so.", id="erp.W013")]


@register(TAG)
def queue_settings_hold(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The queue's settings avoid its known traps: doubled, lost and endless tasks (E020 to E024)."""
    queue: dict[str, Any] = dict(settings.Q_CLUSTER)
    workers, limit = queue.get("workers") or 1, queue.get("queue_limit") or 0
    timeout, retry = queue.get("timeout") or 0, queue.get("retry") or 0
    rules = [
        (
            "E020",
            timeout > 0 and retry > timeout * (limit / workers + 2),
            "A task could be started again while it still runs.",
            "Q_CLUSTER needs a timeout, and retry > timeout * (queue_limit / workers + 2).",
        ),
        (
            "E021",
            queue.get("ack_failures") is True and queue.get("max_attempts") == 1,
            "A failing task would be delivered again without end.",
            "Set ack_failures to True and max_attempts to 1: our own tables count and repeat.",
        ),
        ("E022", queue.get("catch_up") is False, "Missed schedules would all run.", "Set catch_up to False."),
        (
            "E023",
            queue.get("orm") == "default" and not {"redis", "sqs", "mongo", "iron_mq"} & set(queue),
            "Another broker than the database loses tasks when a process dies.",
            "Set orm to 'default' and remove the other broker.",
        ),
        (
            "E024",
            workers == 1 or not settings.ON_SQLITE,
            "SQLite has one writer, so the worker must have one process.",
            "Set WORKERS to 1, or DATABASE_URL to a PostgreSQL database.",
        ),
    ]
    return [Error(text, hint=hint, id=f"erp.{number}") for number, holds, text, hint in rules if not holds]


@register(TAG)
def database_settings_hold(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite takes its write lock at once; PostgreSQL has no pool, which breaks over fork (E030, E031)."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if settings.ON_SQLITE and (
        options.get("transaction_mode") != "IMMEDIATE"
        or options.get("timeout", 0) < 20
        or "journal_mode=wal" not in options.get("init_command", "").lower()
    ):
        return [
            Error(
                "SQLite would answer 'database is locked' when the worker and a visitor write at once.",
                hint="Keep transaction_mode IMMEDIATE, timeout 20 and journal_mode=WAL in DATABASES.",
                id="erp.E030",
            )
        ]
    if options.get("pool"):
        return [
            Error(
                "A connection pool does not survive the worker's fork.",
                hint="Remove 'pool' from DATABASE_URL; CONN_MAX_AGE keeps connections open.",
                id="erp.E031",
            )
        ]
    return []


NETWORK_FOLDERS = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
)


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text()
    except OSError:
        return ""


@register(TAG)
def sqlite_is_on_this_machine(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """An SQLite file in a folder that several machines share loses data: its locks hold on one machine (E032)."""
    name = str(settings.DATABASES["default"].get("NAME", ""))
    if not settings.ON_SQLITE or not name.startswith("/"):
        return []
    place, kind = "", ""
    for line in _mounts().splitlines():
        _, folder, found, *_ = line.split(" ")
        folder = folder.replace("\\040", " ")
        if len(folder) > len(place) and f"{name}/".startswith(f"{folder.rstrip('/')}/"):
            place, kind = folder, found
    if kind not in NETWORK_FOLDERS:
        return []
    return [
        Error(
            f"The SQLite file lies on a network folder ({place}, {kind}).",
            hint="Put it on a disk of this machine; for several machines set DATABASE_URL to PostgreSQL.",
            id="erp.E032",
        )
    ]


@register(TAG)
def debug_is_not_public(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows source and settings to visitors; it belongs on loopback (W040)."""
    public = [
        name
        for name in (*settings.ALLOWED_HOSTS, environment.host_of(settings.SITE_URL))
        if name not in environment.LOOPBACK
    ]
    if settings.DEBUG and public:
        return [
            Warning(
                f"DEBUG is on and the product answers at {', '.join(sorted(set(public)))}.",
                hint="Set DEBUG=false wherever others can reach this installation.",
                id="erp.W040",
            )
        ]
    return []
