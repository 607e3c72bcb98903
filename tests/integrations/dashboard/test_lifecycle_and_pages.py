"""Disable, enable, delete, and what the pages of the integration show."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from integrations import lifecycle, preferences
from integrations.models import Connection, SyncedRecord, SyncRun
from organizations.models import Organization
from tests.integrations.setup.conftest import member

PAGE = "/settings/zoho-apps/projects/"


@pytest.fixture
def idle(active) -> Connection:
    """An active connection with no run on."""
    SyncRun.objects.update(status="succeeded", started_at=timezone.now(), finished_at=timezone.now())
    return active


def record(connection: Connection, module: str, zoho_id: str, outcome: str, reason: str = "", **more):
    return SyncedRecord.objects.create(
        connection=connection,
        module=module,
        zoho_id=zoho_id,
        outcome=outcome,
        reason=reason,
        first_seen_at=timezone.now(),
        **{"name": f"record {zoho_id}", **more},
    )


def test_instant_sync_starts_a_run_once(admin, idle):
    """The button is there while no run is on; a second press is refused with a sentence."""
    assert "Instant Sync" in admin.get(PAGE).content.decode()
    assert admin.post(PAGE + "sync/").status_code == 302
    assert SyncRun.objects.filter(trigger="instant").count() == 1
    again = admin.post(PAGE + "sync/", follow=True).content.decode()
    assert "A sync is already in progress" in again
    assert SyncRun.objects.count() == 2


def test_disable_pauses_and_enable_resumes_with_a_run(admin, active):
    """A run under way is cancelled; Instant Sync is refused; Enable starts a run by itself."""
    fencing = SyncRun.objects.get().fencing
    assert "Disable" in admin.get(PAGE + "disable/").content.decode()
    assert admin.post(PAGE + "disable/").status_code == 302
    active.refresh_from_db()
    run = SyncRun.objects.get()
    assert (active.status, active.next_run_at, run.status) == ("disabled", None, "cancelled")
    assert run.fencing == fencing + 1
    page = admin.get(PAGE).content.decode()
    assert "Enable Integration" in page and "Disabled" in page and "Instant Sync" not in page
    assert "disabled" in admin.post(PAGE + "sync/", follow=True).content.decode()
    assert SyncRun.objects.count() == 1
    assert admin.post(PAGE + "enable/").status_code == 302
    active.refresh_from_db()
    assert active.status == "active"
    assert SyncRun.objects.latest("id").trigger == "resume"


def test_rules_of_life_hold_at_every_entrance(idle, admin):
    """What is not possible in a state is refused with a sentence."""
    with pytest.raises(lifecycle.LifecycleRefused, match="Only a disabled"):
        lifecycle.enable(idle, None)
    lifecycle.disable(idle)
    with pytest.raises(lifecycle.LifecycleRefused, match="Only an active"):
        lifecycle.disable(idle)
    lifecycle.delete(idle)
    with pytest.raises(lifecycle.LifecycleRefused, match="deleted already"):
        lifecycle.delete(idle)


def test_delete_erases_and_revokes_the_tokens_and_keeps_the_links(admin, portal, idle):
    """The row stays as disabled; the card offers Connect again; creating projects is free again."""
    token = idle.refresh_token
    record(idle, "projects", "1", "synced", object_id=7)
    preferences.save(idle, None, restrict_project_creation=True)
    assert Organization.objects.get().project_creation_restricted
    assert "1 synced project" in admin.get(PAGE + "delete/").content.decode()
    assert admin.post(PAGE + "delete/").status_code == 302
    idle.refresh_from_db()
    assert (idle.status, idle.is_deleted, idle.refresh_token, idle.access_token) == ("disabled", True, "", "")
    assert portal.state.tokens.refresh[token].revoked
    assert SyncedRecord.objects.count() == 1
    assert not Organization.objects.get().project_creation_restricted
    assert ">Connect<" in admin.get("/settings/zoho-apps/").content.decode()


def test_delete_works_while_zoho_is_away(admin, portal, idle):
    """The tokens are erased here all the same, and the person is told."""
    portal.stop()
    page = admin.post(PAGE + "delete/", follow=True).content.decode()
    assert "did not confirm the revocation" in page
    assert Connection.objects.get().refresh_token == ""


def test_customer_duplication_can_be_changed_later(admin, idle):
    """Gear, choice, Save; anything else is refused."""
    assert "Save" in admin.get(PAGE + "duplication/").content.decode()
    admin.post(PAGE + "duplication/", {"customer_duplication": "overwrite"})
    idle.refresh_from_db()
    assert idle.customer_duplication == "overwrite"
    admin.post(PAGE + "duplication/", {"customer_duplication": "both"})
    idle.refresh_from_db()
    assert idle.customer_duplication == "overwrite"


def test_history_shows_runs_with_their_counts_and_fields(admin, idle, organization):
    """Trigger, person, result, counts; the fields of another organization's run answer 404."""
    page = admin.get(PAGE + "history/").content.decode()
    assert "First sync" in page and "olga@harbour.example.test" in page and "View Mapped Fields" in page
    address = f"{PAGE}history/{SyncRun.objects.get().pk}/fields/projects/"
    assert "billing_method" in admin.get(address).content.decode()
    other = Organization.objects.create(name="Elsewhere")
    stranger: Client = member(other, "admin", "nils@elsewhere.example.test")
    assert stranger.get(address).status_code == 404


def test_names_from_the_portal_are_shown_as_text(admin, idle):
    """A name is never markup."""
    record(idle, "tasks", "1", "failed", "invalid_record", name="<script>x</script>", detail="<b>field</b>")
    page = admin.get(PAGE + "errors/tasks/").content.decode()
    assert "<script>x" not in page and "&lt;script&gt;x" in page and "<b>field" not in page
