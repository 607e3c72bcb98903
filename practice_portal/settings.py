"""The numbers of the practice portal that a caller may set, with their defaults.

Every setting can be given to `practice_portal.server.start(...)`, most of them on the command line,
and all but the sizes can be changed while the server runs (`POST /control/settings`).
"""

from dataclasses import dataclass, field, fields


@dataclass
class Settings:
    """What can be adjusted. Seconds unless another unit is named."""

    # the registered OAuth client
    client_id: str = "practice-client"
    client_secret: str = "practice-secret"  # noqa: S105 - invented, for practice only
    client_name: str = "Projects ERP"
    #: Registered redirect addresses; empty means any address on this machine (loopback).
    redirect_uris: list = field(default_factory=list)
    #: Redirect with a code at once instead of showing the consent page.
    auto_consent: bool = False
    #: E-mail of the account that consents under `auto_consent`; empty means the first one.
    auto_account: str = ""
    #: Data centre word of the callback.
    location: str = "eu"
    #: Value of `accounts-server` in the callback; empty means the address under which we were called.
    accounts_server: str = ""

    # accounts server, limits as published for Zoho Projects
    code_seconds: float = 120
    access_token_seconds: float = 3600
    access_tokens_per_window: int = 10
    token_window_seconds: float = 600
    live_access_tokens: int = 30
    refresh_tokens_per_user: int = 20
    refresh_tokens_per_window: int = 10
    codes_per_minute: int = 4
    codes_block_seconds: float = 600

    # API throttle: per portal, method and path pattern; limit 0 switches it off
    throttle_limit: int = 100
    throttle_window: float = 120
    throttle_lock: float = 1320
    #: Seconds told in Retry-After; 0 means what is left of the lock.
    throttle_retry_after: float = 0

    # data
    size: str = "small"
    seed: int = 1
    #: The day around which dates are laid, `YYYY-MM-DD`; empty means the day of the start (UTC).
    today: str = ""
    #: Hold every special case (rules, odd names, unreadable records); None: by size (not in `large`).
    cases: bool | None = None
    projects: int | None = None
    tasks: int | None = None
    logs: int | None = None
    #: File that keeps the base day and the refresh tokens over a restart; empty keeps nothing.
    remember: str = ""
    #: How many calls `GET /control/log` holds.
    log_length: int = 200_000

    def update(self, values):
        """Set settings by name from a mapping.

        Raises KeyError for an unknown name and TypeError for a value of the wrong kind.
        """
        known = {f.name: f for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise KeyError(f"unknown setting: {name}")
            old = getattr(self, name)
            if isinstance(old, bool) and not isinstance(value, bool):
                raise TypeError(f"{name} is true or false")
            if (
                isinstance(old, (int, float))
                and not isinstance(old, bool)
                and not isinstance(value, (int, float))
            ):
                raise TypeError(f"{name} is a number")
            if isinstance(old, str) and not isinstance(value, str):
                raise TypeError(f"{name} is a text")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self):
        """All settings by name, the client secret left out."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "client_secret"}
