"""The life of the integration: connect, choose, activate, disable, enable, delete.

The rules live here, for every entrance: screens, commands, admin. A refusal is a LifecycleRefused with a
sentence for people.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from integrations import pairs, preferences, timeline
from integrations.models import Brake, Connection, FieldMapping, ModuleRun, SyncMark, SyncRun
from integrations.preferences import PREFERENCES
from integrations.zoho import oauth
from integrations.zoho.data_centers import Hosts
from integrations.zoho.errors import ZohoError
from integrations.zoho.oauth import Tokens
from integrations.zoho.records import Portal
from operations import tally
from organizations.models import Organization, User

logger = logging.getLogger(__name__)

Status = Connection.Status
NOT_OWNER = (
    "You are not the owner of this portal in Zoho Projects. Only its owner can set up the integration; ask "
    "the owner to connect it, or to make you the owner."
)


class LifecycleRefused(Exception):
    """What was asked is not possible now; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Finished(LifecycleRefused):
    """The set-up was finished already."""


def live_connection(organization: Organization) -> Connection | None:
    """The connection of an organization, in whatever state of its life; None when there is none."""
    return Connection.objects.filter(organization=organization, is_deleted=False).first()


def _set_tokens(connection: Connection, hosts: Hosts, tokens: Tokens) -> None:
    connection.data_center = hosts.code or connection.data_center
    connection.accounts_url, connection.api_url, connection.web_url = (
        hosts.accounts_url,
        hosts.api_url,
        hosts.web_url,
    )
    connection.refresh_token = tokens.refresh_token
    connection.access_token = tokens.access_token
    connection.access_token_expires_at = tokens.expires_at


def new_connection(
    organization: Organization, user: User, hosts: Hosts, tokens: Tokens, account: dict[str, Any] | None
) -> Connection:
    """A connection with fresh tokens: the half-finished one if there is one, else a new row; saved.

    Raises LifecycleRefused when the organization is connected already.
    """
    live = live_connection(organization)
    if live is not None and live.status != Status.CONNECTING:
        _revoke(hosts.accounts_url, tokens.refresh_token)
        raise LifecycleRefused(
            "Zoho Projects is connected already. Delete the integration to connect another portal."
        )
    connection = live or Connection(organization=organization, status=Status.CONNECTING)
    former = connection.refresh_token
    _set_tokens(connection, hosts, tokens)
    connection.connected_by = user
    connection.zoho_account = str((account or {}).get("Email") or "")[:300]
    try:
        connection.save()
    except IntegrityError:
        raise LifecycleRefused(
            "Somebody else is connecting Zoho Projects at this moment. Please reload."
        ) from None
    if former and former != tokens.refresh_token:
        _revoke(connection.accounts_url, former)
    return connection


def renew_tokens(
    connection: Connection,
    user: User,
    hosts: Hosts,
    tokens: Tokens,
    portals: list[Portal],
    account: dict[str, Any] | None,
) -> SyncRun | None:
    """Give a connection new tokens after a second consent; the portal stays the same one.

    A connection that needed it becomes active and a run starts. Raises LifecycleRefused when the consenting
    account does not own the connected portal.
    """
    portal = next((portal for portal in portals if portal.id == connection.portal_id), None)
    given = str((account or {}).get("Email") or "")[:300]
    if portal is None or not portal.is_owner:
        if tokens.refresh_token != connection.refresh_token:
            _revoke(hosts.accounts_url, tokens.refresh_token)  # what is not used is not kept, here or at Zoho
        raise LifecycleRefused(_why_not(connection, portal, given))
    former, former_host = connection.refresh_token, connection.accounts_url
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection.pk)
        if connection.is_deleted:
            raise LifecycleRefused("The integration was deleted meanwhile.")
        timeline.record(connection, user, "Reconnected", connection.zoho_account, given)
        _set_tokens(connection, hosts, tokens)
        connection.connected_by, connection.is_owner = user, True
        connection.zoho_account = given
        needed = connection.status == Status.NEEDS_RECONNECT
        if needed:
            connection.status = Status.ACTIVE
            connection.next_run_at = preferences.next_run(
                connection.interval_minutes, connection.next_run_at, timezone.now()
            )
        connection.save()
        run = _start(connection, SyncRun.Trigger.RESUME, user) if needed else None
    if former and former != tokens.refresh_token:
        _revoke(former_host, former)
    return run


def _why_not(connection: Connection, portal: Portal | None, given: str) -> str:
    """Why a second consent cannot serve this connection; nothing of the connection was changed."""
    who = f"You consented with the Zoho account {given}" if given else "The Zoho account you consented with"
    before = f" (it was connected with {connection.zoho_account})" if connection.zoho_account else ""
    if portal is None:
        joint = ", which" if given else ""
        return (
            f"{who}{joint} has no access to the connected portal {connection.portal_name}{before}. Reconnect with "
            "the account that owns it. To connect another portal, delete the integration first."
        )
    joint = ", which" if given else ""
    return (
        f"{who}{joint} can see the connected portal {connection.portal_name} but does not own it{before}. "
        "Reconnect with the account that owns it, or let its owner do so."
    )


@transaction.atomic
def choose_portal(connection: Connection, portal: Portal) -> Connection:
    """Settle which portal is being connected and return its row, which is another one when this portal was
    connected before: that row is revived, so its records are found again.

    Raises LifecycleRefused when the portal is not owned or the connection is past its set-up.
    """
    if connection.status != Status.CONNECTING:
        raise LifecycleRefused("The set-up is finished. Delete the integration to connect another portal.")
    if not portal.is_owner:
        raise LifecycleRefused(NOT_OWNER)
    if connection.portal_id != portal.id:
        others = Connection.objects.filter(organization=connection.organization_id, portal_id=portal.id)
        former = others.exclude(pk=connection.pk).first()
        if former is not None or _has_history(connection):
            connection = _hand_over(connection, former)
    connection.portal_id = portal.id
    connection.portal_name = portal.name
    connection.portal_currency = portal.currency_code
    connection.portal_time_zone = portal.timezone[:64]
    connection.is_owner = True
    connection.save()
    return connection


def _has_history(connection: Connection) -> bool:
    return connection.synced_records.exists() or connection.runs.exists()


def _hand_over(connection: Connection, target: Connection | None) -> Connection:
    """Pass tokens and choices on to the row of another portal; the giving row ends."""
    target = target or Connection(organization=connection.organization)
    handed = ("data_center", "accounts_url", "api_url", "web_url", "refresh_token", "access_token")
    for name in (*handed, "access_token_expires_at", "connected_by", "zoho_account", *PREFERENCES):
        setattr(target, name, getattr(connection, name))
    if _has_history(connection):
        _end(connection)
    else:
        connection.delete()
    target.status, target.is_deleted = Status.CONNECTING, False
    target.save()
    return target


def _end(connection: Connection) -> None:
    """Erase the tokens and keep the row for the day the same portal is connected again."""
    connection.status, connection.is_deleted = Status.DISABLED, True
    connection.refresh_token = connection.access_token = ""
    connection.access_token_expires_at = connection.next_run_at = None
    connection.save()
    SyncMark.objects.filter(connection=connection).delete()  # connected again, everything is read once


def activate(
    connection: Connection,
    user: User,
    portals: list[Portal],
    mappings: Iterable[FieldMapping] | None = None,
    version: str | None = None,
) -> SyncRun:
    """Save and Sync: stores the map, ends the set-up and starts the first run, all or nothing.

    `portals` must come fresh from Zoho: ownership is judged again here. `mappings` None keeps the stored map.
    Raises LifecycleRefused, or Stale when the page with `version` was overtaken.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection.pk)
        if connection.status != Status.CONNECTING or connection.is_deleted:
            raise Finished("The set-up is finished already.")
        preferences.check_version(connection, version)
        portal = next((portal for portal in portals if portal.id == connection.portal_id), None)
        if portal is None:
            raise LifecycleRefused(
                "The chosen portal is no longer among the portals of this Zoho account. Choose again."
            )
        if not portal.is_owner:
            raise LifecycleRefused(NOT_OWNER)
        if mappings is not None:
            pairs.save_pairs(connection, mappings)
        connection.status = Status.ACTIVE
        connection.is_owner = True
        connection.next_run_at = preferences.next_run(connection.interval_minutes, None, timezone.now())
        connection.told_health = connection.mail_problem = ""
        connection.save()
        preferences.bump(connection)
        preferences.restrict(connection)
        chosen = "; ".join(
            f"{preferences.LABELS[name]}: {preferences.words(name, getattr(connection, name))}"
            for name in PREFERENCES
        )
        timeline.record(connection, user, f"Connected to the portal {connection.portal_name}", "", chosen)
        return _start(connection, SyncRun.Trigger.INITIAL, user)


def _start(connection: Connection, trigger: str, user: User | None) -> SyncRun:
    from integrations.sync.queue import RunRefused, request_run

    try:
        return request_run(connection, trigger, user=user)
    except RunRefused as refused:
        raise LifecycleRefused(refused.message) from None


def start_run(connection: Connection, user: User | None) -> SyncRun:
    """Instant Sync. Raises LifecycleRefused while a run is on or the integration is not active."""
    if connection.status == Status.DISABLED:
        raise LifecycleRefused("The integration is disabled. Enable it to sync again.")
    return _start(connection, SyncRun.Trigger.INSTANT, user)


@transaction.atomic
def stop_run(connection: Connection, user: User | None) -> None:
    """Stop the run under way at its next page; what was written stays. Raises LifecycleRefused when none is on."""
    who = f" by {user}" if user is not None else ""
    of_some = connection.runs.filter(status__in=SyncRun.ACTIVE, trigger=SyncRun.Trigger.RETRY).exists()
    rest = "what was not read yet can be retried once more" if of_some else "the next sync brings the rest"
    if not _stop_runs(connection, f"Stopped{who}. What was written so far was kept; {rest}."):
        raise LifecycleRefused("No sync is in progress, so there is nothing to stop.")


@transaction.atomic
def decide_brake(connection: Connection, brake_id: int, decision: str, user: User | None) -> str:
    """Answer the question of a braked run: `go_on` starts a run that may write, `leave` keeps everything as it is.

    Returns a sentence for people. Raises LifecycleRefused for an unknown question or answer.
    """
    asked = Brake.objects.select_for_update().filter(connection=connection, pk=brake_id)
    brake = asked.exclude(decision=Brake.Decision.USED).first()
    if brake is None:
        raise LifecycleRefused("This question was answered already, or it is about something else by now.")
    if decision not in (Brake.Decision.GO_ON, Brake.Decision.LEAVE):
        raise LifecycleRefused("Choose Go on or Do not go on.")
    brake.decision, brake.decided_by, brake.decided_at = decision, user, timezone.now()
    brake.save(update_fields=["decision", "decided_by", "decided_at"])
    timeline.record(connection, user, f"Unusually much: {brake}", after=brake.get_decision_display())
    if decision == Brake.Decision.LEAVE:
        return "Everything was left as it is. The sync says so again as long as Zoho Projects shows the same."
    if connection.runs.filter(status__in=SyncRun.ACTIVE).exists():
        return "The next sync goes on with it; one is in progress now."
    start_run(connection, user)
    return "A sync was started that goes on with it."


def _stop_runs(connection: Connection, message: str) -> bool:
    """Cancel what is queued or running; the next page of a run under way is refused by its fencing number.

    Returns whether there was anything to cancel.
    """
    active = list(connection.runs.filter(status__in=SyncRun.ACTIVE).values_list("pk", flat=True))
    trigger = connection.runs.filter(pk__in=active).values_list("trigger", flat=True).first() or ""
    stopped = connection.runs.filter(pk__in=active, status__in=SyncRun.ACTIVE).update(
        status=SyncRun.Status.CANCELLED,
        finished_at=timezone.now(),
        message=message,
        fencing=F("fencing") + 1,
        holder="",
        lease_expires_at=None,
    )
    ModuleRun.objects.filter(run__in=active, status__in=["waiting", "running"]).update(
        status=ModuleRun.Status.SKIPPED
    )
    if stopped:
        tally.add([("runs", {"result": str(SyncRun.Status.CANCELLED), "trigger": trigger}, stopped)])
    return bool(stopped)


@transaction.atomic
def disable(connection: Connection, user: User | None = None) -> None:
    """Pause the sync; everything synced stays. Raises LifecycleRefused unless it was set up and enabled."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if connection.is_deleted or connection.status not in (Status.ACTIVE, Status.NEEDS_RECONNECT):
        raise LifecycleRefused("Only an active integration can be disabled.")
    connection.status, connection.next_run_at = Status.DISABLED, None
    connection.save(update_fields=["status", "next_run_at"])
    _stop_runs(connection, "Cancelled: the integration was disabled.")
    timeline.record(connection, user, "Integration disabled", "Active", "Disabled")


@transaction.atomic
def enable(connection: Connection, user: User | None) -> SyncRun:
    """Sync the same portal again, from the last sync time on; a run starts. Raises LifecycleRefused."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if connection.is_deleted or connection.status != Status.DISABLED:
        raise LifecycleRefused("Only a disabled integration can be enabled.")
    if not connection.refresh_token:
        raise LifecycleRefused("Zoho's permission is missing. Delete the integration and connect again.")
    connection.status = Status.ACTIVE
    connection.next_run_at = preferences.next_run(connection.interval_minutes, None, timezone.now())
    connection.save(update_fields=["status", "next_run_at"])
    timeline.record(connection, user, "Integration enabled", "Disabled", "Active")
    return _start(connection, SyncRun.Trigger.RESUME, user)


def delete(connection: Connection, user: User | None = None) -> bool:
    """End the integration: projects become standalone, links are kept inactive, tokens erased here and
    revoked at Zoho. Returns whether Zoho confirmed the revocation. Raises LifecycleRefused when it is gone already.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection.pk)
        if connection.is_deleted:
            raise LifecycleRefused("The integration was deleted already.")
        accounts_url, token = connection.accounts_url, connection.refresh_token
        _stop_runs(connection, "Cancelled: the integration was deleted.")
        preferences.lift_restriction(connection)
        if connection.status == Status.CONNECTING:
            what = "Set-up cancelled"
        else:
            what = f"Integration with the portal {connection.portal_name} deleted"
        timeline.record(connection, user, what, connection.get_status_display(), "Deleted")
        if connection.portal_id:
            _end(connection)
        else:
            connection.delete()
    return _revoke(accounts_url, token)


def _revoke(accounts_url: str, token: str) -> bool:
    """Take a token back at Zoho; a failure is logged, since the token is erased here in any case."""
    if not token:
        return False
    try:
        return oauth.revoke(settings.ZOHO_ACCOUNTS_URL or accounts_url, token)
    except ZohoError as error:
        logger.warning("Zoho did not confirm that a token was revoked: %s", error.message)
        return False


def change_duplication(connection: Connection, choice: str, user: User | None = None) -> None:
    """Set the Customer Duplication preference, for customers met from now on. Raises LifecycleRefused."""
    if choice not in Connection.Duplication.values:
        raise LifecycleRefused("Choose Clone or Overwrite.")
    preferences.save(connection, user, customer_duplication=choice)
