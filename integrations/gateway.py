"""Where our tables meet the Zoho client: stored tokens, the shared request budget, a client for a connection."""

import hashlib
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.models import Connection, RequestBudget
from integrations.zoho import oauth
from integrations.zoho.client import ZohoClient
from integrations.zoho.errors import ReconnectNeeded, Throttled
from integrations.zoho.throttle import LONGEST_LOCK_SECONDS
from operations import traces

MOST_AT_ONCE = 8
LOCKS_HOLD = 0.25  # seconds
LONGEST_LOCK = timedelta(seconds=LONGEST_LOCK_SECONDS)


class StoredTokens:
    """Access tokens of one connection, shared by all processes and refreshed once under the row's lock."""

    def __init__(self, connection_id):
        self.connection_id = connection_id
        self._token = ""
        self._good_until = datetime.min.replace(tzinfo=UTC)

    def access_token(self):
        """A token good for some minutes. Raises ReconnectNeeded, TokenThrottled or Temporary."""
        if timezone.now() < self._good_until:
            return self._token
        return self._renew(refused="")

    def refreshed(self, old_access_token):
        """Another token, after Zoho refused `old_access_token`; another process may already have fetched it."""
        return self._renew(refused=old_access_token)

    def _renew(self, refused):
        connection = Connection.objects.get(pk=self.connection_id)
        if not self._fits(connection, refused):
            connection = self._refresh(refused)
        self._token = connection.access_token
        self._good_until = connection.access_token_expires_at
        return self._token

    def _fits(self, connection, refused):
        expires = connection.access_token_expires_at
        return (
            connection.access_token
            and connection.access_token != refused
            and expires is not None
            and expires > timezone.now()
        )

    def _refresh(self, refused):
        """As `_refresh_locked`, asking nothing while Zoho wants a pause; the pause holds for all processes."""
        granted = Connection.objects.values_list("refresh_token", flat=True).get(pk=self.connection_id)
        rest = SharedThrottle(f"connection-{self.connection_id}", 0, 0)
        pattern = (
            f"token {hashlib.sha256(granted.encode()).hexdigest()[:16]}"  # a new grant has a limit of its own
        )
        try:
            rest.take(pattern)
        except Throttled as error:
            raise oauth.throttled(error.until) from None
        try:
            return self._refresh_locked(refused)
        except Throttled as error:
            rest.block(pattern, error.until)
            raise

    def _refresh_locked(self, refused):
        # The one place where HTTP happens inside a transaction: the lock is what keeps ten workers from
        # spending Zoho's ten tokens per ten minutes. The call has a short timeout.
        with transaction.atomic():
            connection = Connection.objects.select_for_update().get(pk=self.connection_id)
            if self._fits(connection, refused):
                return connection
            if not connection.refresh_token:
                raise ReconnectNeeded("The connection has no refresh token. Please connect again.")
            tokens = oauth.refresh(
                connection.accounts_url,
                settings.ZOHO_CLIENT_ID,
                settings.ZOHO_CLIENT_SECRET,
                connection.refresh_token,
            )
            connection.access_token = tokens.access_token
            connection.access_token_expires_at = tokens.expires_at
            connection.save(update_fields=["access_token", "access_token_expires_at"])
            return connection


def _holds(until):
    """Whether a pattern rests still; an end that lies further ahead than any came from a clock that was ahead."""
    return until is not None and timezone.now() < until <= timezone.now() + 2 * LONGEST_LOCK


class SharedThrottle:
    """The request budget per portal and path pattern, kept in the database for all processes.

    At most `limit` requests per `window_seconds`; a limit of 0 means no budget, only Zoho's own lock-outs. Those are
    then looked up every LOCKS_HOLD seconds: requests under way already meet a fresh lock-out just as well.
    """

    def __init__(self, portal_id, limit, window_seconds):
        self.portal_id, self.limit, self.window = portal_id, limit, window_seconds
        self._locks, self._read_at = {}, 0.0

    def _locked_until(self, pattern):
        now = time.monotonic()
        if now - self._read_at > LOCKS_HOLD or not self._read_at:
            budgets = RequestBudget.objects.filter(portal_id=self.portal_id, blocked_until__isnull=False)
            self._locks, self._read_at = dict(budgets.values_list("pattern", "blocked_until")), now
        return self._locks.get(pattern)

    def take(self, pattern):
        """Count a request about to be sent; raises Throttled when the pattern must rest."""
        if not self.limit:
            until = self._locked_until(pattern)
            if _holds(until):
                raise Throttled("Zoho asked to pause this kind of request.", pattern, until)
            return
        with transaction.atomic():
            RequestBudget.objects.get_or_create(portal_id=self.portal_id, pattern=pattern)
            budget = RequestBudget.objects.select_for_update().get(portal_id=self.portal_id, pattern=pattern)
            now = time.time()
            if _holds(budget.blocked_until):
                raise Throttled("Zoho asked to pause this kind of request.", pattern, budget.blocked_until)
            stamps = [stamp for stamp in budget.stamps if now - self.window < stamp <= now + self.window]
            if len(stamps) >= self.limit:
                until = datetime.fromtimestamp(stamps[0] + self.window, UTC)
                raise Throttled("This kind of request has used its share for now.", pattern, until)
            budget.stamps = [*stamps, round(now, 3)]
            budget.save(update_fields=["stamps"])

    def block(self, pattern, until):
        """Note that Zoho refuses this pattern until `until`; a block is never shortened."""
        self._read_at = 0.0
        with transaction.atomic():
            budget, _ = RequestBudget.objects.get_or_create(portal_id=self.portal_id, pattern=pattern)
            if not _holds(budget.blocked_until) or budget.blocked_until < until:
                budget.blocked_until = until
                budget.save(update_fields=["blocked_until"])


def client_for(connection, **options):
    """A client bound to the connection's portal; close it after use. `options` (timeouts, retries) go to it."""
    throttle = SharedThrottle(
        connection.portal_id or f"connection-{connection.pk}",
        settings.ZOHO_REQUESTS_PER_WINDOW,
        settings.ZOHO_WINDOW_SECONDS,
    )
    options.setdefault("span", traces.span)
    options.setdefault("side_by_side", min(max(settings.ZOHO_REQUESTS_AT_ONCE, 1), MOST_AT_ONCE))
    return ZohoClient(
        connection.api_url, connection.portal_id, StoredTokens(connection.pk), throttle, **options
    )


def portals_for(connection, client=None):
    """The portals that the connected Zoho account can see, as `records.Portal`. Raises ZohoError.

    `client`: one that is open already, whose counts of requests then hold these too.
    """
    if client is None:
        with client_for(connection) as own:
            return portals_for(connection, own)
    account = oauth.account_info(connection.accounts_url, client.tokens.access_token())
    return client.portals(account)
