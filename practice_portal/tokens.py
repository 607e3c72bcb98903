"""Codes and tokens of the accounts server, with the limits that Zoho publishes for them."""

import hashlib
import secrets
from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass
class Code:
    """An authorization code: single use, two minutes."""

    client_id: str
    redirect_uri: str
    scopes: tuple
    account: str
    offline: bool
    challenge: str
    made: float


@dataclass
class Refresh:
    """A refresh token: lives until it is revoked."""

    token: str
    client_id: str
    scopes: tuple
    account: str
    made: float
    revoked: bool = False
    by_switch: bool = False
    minted: deque = field(default_factory=deque)
    live: deque = field(default_factory=deque)


@dataclass
class Access:
    """An access token."""

    token: str
    scopes: tuple
    account: str
    expires: float
    refresh: str = ""
    dead: bool = False

    @property
    def name(self):
        """A short name for the call log; the token itself is never written there."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:10]


class TooManyError(Exception):
    """A limit of the accounts server was passed."""


def new_token():
    """An opaque token in the usual form `1000.<hex>.<hex>`."""
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


class TokenStore:
    """All codes and tokens of one practice portal."""

    def __init__(self, settings, clock):
        self.settings, self.clock = settings, clock
        self.codes, self.access, self.refresh = {}, {}, {}
        self.code_times = defaultdict(deque)
        self.codes_blocked = {}
        self.refresh_times = defaultdict(deque)

    def clear(self):
        """Forget everything: all connections end."""
        self.__init__(self.settings, self.clock)

    def make_code(self, client_id, account, redirect_uri, scopes, offline, challenge):
        """A fresh code. Raises TooManyError (codes per minute, then blocked)."""
        now, key = self.clock.now(), (client_id, account)
        if self.codes_blocked.get(key, 0) > now:
            raise TooManyError
        times = self.code_times[key]
        _forget(times, now - 60)
        if len(times) >= self.settings.codes_per_minute:
            self.codes_blocked[key] = now + self.settings.codes_block_seconds
            times.clear()
            raise TooManyError
        times.append(now)
        code = new_token()
        self.codes[code] = Code(client_id, redirect_uri, scopes, account, offline, challenge, now)
        return code

    def make_refresh(self, client_id, account, scopes, limited=True):
        """A fresh refresh token. If `limited`, raises TooManyError (20 per user; 10 in 10 minutes)."""
        now = self.clock.now()
        alive = [r for r in self.refresh.values() if r.account == account and not r.revoked]
        times = self.refresh_times[client_id, account]
        _forget(times, now - self.settings.token_window_seconds)
        if limited:
            if (
                len(alive) >= self.settings.refresh_tokens_per_user
                or len(times) >= self.settings.refresh_tokens_per_window
            ):
                raise TooManyError
            times.append(now)
        made = Refresh(new_token(), client_id, scopes, account, now)
        self.refresh[made.token] = made
        return made

    def make_access(self, scopes, account, refresh=None):
        """A fresh access token; from a refresh token counted against it. Raises TooManyError."""
        now = self.clock.now()
        if refresh:
            _forget(refresh.minted, now - self.settings.token_window_seconds)
            if len(refresh.minted) >= self.settings.access_tokens_per_window:
                raise TooManyError
            refresh.minted.append(now)
        made = Access(
            new_token(),
            scopes,
            account,
            now + self.settings.access_token_seconds,
            refresh.token if refresh else "",
        )
        self.access[made.token] = made
        if refresh:
            refresh.live.append(made.token)
            while len(refresh.live) > self.settings.live_access_tokens:
                self.access.pop(refresh.live.popleft(), None)
        return made

    def valid(self, token):
        """The Access of a token that is known, alive and not expired, else None."""
        found = self.access.get(token)
        if not found or found.dead or found.expires <= self.clock.now():
            return None
        parent = self.refresh.get(found.refresh)
        return None if parent and parent.revoked else found

    def revoke(self, token):
        """End a refresh token (with its access tokens) or an access token. False when unknown."""
        if token in self.refresh and not self.refresh[token].revoked:
            self.refresh[token].revoked = True
            return True
        return self.access.pop(token, None) is not None

    def revoke_by_switch(self, on):
        """Revoke every refresh token of this moment, or make exactly those good again."""
        for refresh in self.refresh.values():
            if on and not refresh.revoked:
                refresh.revoked = refresh.by_switch = True
            elif not on and refresh.by_switch:
                refresh.revoked = refresh.by_switch = False

    def expire_access(self):
        """End every access token at once, as if an hour had passed."""
        for access in self.access.values():
            access.dead = True


def _forget(times, before):
    while times and times[0] <= before:
        times.popleft()
