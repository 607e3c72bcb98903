"""Everything that one running practice portal knows."""

import json
import os
import threading
from collections import deque
from datetime import date

from .clock import Clock
from .data.world import build
from .faults import Faults
from .settings import Settings
from .switches import Switches
from .throttle import Throttle
from .tokens import Refresh, TokenStore


class State:
    """Data, tokens, switches, faults, call log. `lock` guards all of it."""

    def __init__(self, settings=None):
        self.settings = settings or Settings()
        self.lock = threading.RLock()
        self.clock = Clock()
        self.switches = Switches()
        self.faults = Faults()
        self.throttle = Throttle(self.settings, self.switches, self.clock)
        self.tokens = TokenStore(self.settings, self.clock)
        self.log = deque(maxlen=self.settings.log_length)
        self.calls = 0
        #: How many calls are being answered at this moment.
        self.under_way = 0
        self.url = ""
        self._recall()
        self.load()
        self.keep()

    def load(self):
        """Make the data anew from the settings; every change made through the control interface is lost."""
        today = (
            date.fromisoformat(self.settings.today) if self.settings.today else self.clock.datetime().date()
        )
        self.today = today
        self.portals, self.accounts = build(self.settings, self.clock, today)

    def reset(self, keep_tokens=False):
        """Back to the state after the start: data, switches, faults, clock, throttle, log (and tokens)."""
        self.switches.clear()
        self.faults.rules.clear()
        self.clock.offset = 0
        self.throttle.clear()
        self.log.clear()
        self.calls = 0
        if not keep_tokens:
            self.tokens.clear()
            self.keep()
        self.load()

    def set_switch(self, name, value):
        """Set a switch and do at once what belongs to it. Raises KeyError."""
        self.switches.set(name, value)
        if name == "refresh_tokens_revoked":
            self.tokens.revoke_by_switch(bool(value))
        if name == "trashed_projects":
            for portal in self.portals.values():
                portal.trash_by_switch(value, self.clock)

    def portals_of(self, account):
        """Portals that the account (e-mail) can see, its own first."""
        return [p for p in self.portals.values() if account in p.profiles]

    # keeping over a restart

    def _recall(self):
        path = self.settings.remember
        if not path or not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        self.settings.today = self.settings.today or kept.get("today", "")
        for raw in kept.get("refresh_tokens", []):
            self.tokens.refresh[raw["token"]] = Refresh(
                raw["token"],
                raw["client_id"],
                tuple(raw["scopes"]),
                raw["account"],
                raw["made"],
                raw["revoked"],
            )

    def keep(self):
        """Write the base day and the refresh tokens to the file named by `remember`, if any."""
        path = self.settings.remember
        if not path:
            return
        tokens = [
            {
                "token": r.token,
                "client_id": r.client_id,
                "scopes": list(r.scopes),
                "account": r.account,
                "made": r.made,
                "revoked": r.revoked,
            }
            for r in self.tokens.refresh.values()
        ]
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            json.dump({"today": self.today.isoformat(), "refresh_tokens": tokens}, file)
        os.replace(path + ".new", path)
