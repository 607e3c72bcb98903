"""Preferences, interval, field map and timeline after the set-up; what the pages refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.utils import timezone

from integrations import preferences
from integrations.models import Connection, FieldMapping, SettingsChange, SyncedRecord, SyncRun
from integrations.sync.reconcile import reconcile
from organizations.models import CustomField, Organization
from tests.factories import ProjectFactory
from tests.integrations.setup.conftest import member
from transactions.models import RecurringInvoice

PAGE = "/settings/zoho-apps/projects/"
CHOICES = {
    "sync_timesheets": "on",
    "timesheet_status": "all_unbilled",
    "customer_duplication": "clone",
    "users_portal_access": "without",
}


@pytest.fixture
def idle(active) -> Connection:
    """An active connection with no run on."""
    SyncRun.objects.update(status="succeeded", started_at=timezone.now(), finished_at=timezone.now())
    return active


def told() -> list[tuple[str, str, str, str]]:
    """The timeline, oldest first."""
    rows = SettingsChange.objects.order_by("id")
    return [(row.user_name, row.what, row.before, row.after) for row in rows]


def test_changed_preferences_are_told_from_to_and_ask_for_a_full_pass(admin, idle, organization):
    """Who, what, from, to; the modules that must be read whole; restricting reaches the organization."""
    SettingsChange.objects.all().delete()
    page = admin.get(PAGE + "preferences/").content.decode()
    assert f'name="version" value="{idle.settings_version}"' in page and "Timeline" not in page
    given = {
        **CHOICES,
        "customer_duplication": "overwrite",
        "timesheet_status": "invoiced_before",
        "invoiced_before": "2026-02-01",
        "restrict_project_creation": "on",
    }
    assert admin.post(PAGE + "preferences/", given).status_code == 302
    idle.refresh_from_db()
    assert idle.full_pass_modules == ["customers", "projects", "timesheets"]
    who = "olga@harbour.example.test"
    assert sorted(told()) == [
        (who, "Customer Duplication", "Clone", "Overwrite"),
        (who, "Restrict project creation", "Off", "On"),
        (who, "Timesheets marked as Invoiced before", "no date (all as Unbilled)", "2026-02-01"),
    ]
    organization.refresh_from_db()
    assert organization.project_creation_restricted
    page = admin.get(PAGE + "timeline/").content.decode()
    assert "Overwrite" in page and who in page and "2026-02-01" in page
    assert "Settings timeline" in page and idle.refresh_token not in page
    wrong = admin.post(PAGE + "preferences/", {**given, "customer_duplication": "merge"})
    assert wrong.status_code == 400 and "Choose Clone or Overwrite" in wrong.content.decode()


def test_of_two_administrators_the_second_is_told(admin, idle, organization):
    """A page drawn before another administrator saved is refused and shows what holds now."""
    version = idle.settings_version
    other = member(organization, "admin", "otto@harbour.example.test")
    other.post(PAGE + "preferences/", {**CHOICES, "customer_duplication": "overwrite", "version": version})
    answer = admin.post(PAGE + "preferences/", {**CHOICES, "sync_users": "on", "version": version})
    assert answer.status_code == 400
    assert "Somebody else changed these settings" in answer.content.decode()
    idle.refresh_from_db()
    assert idle.customer_duplication == "overwrite" and not idle.sync_users


def test_a_restriction_set_by_hand_outlives_the_integration(admin, idle, organization):
    """Set here by hand before, it was not the integration's to lift; one set by the set-up is lifted."""
    Organization.objects.update(project_creation_restricted=True)
    preferences.save(idle, None, restrict_project_creation=True)
    assert "stays restricted" in admin.get(PAGE + "delete/").content.decode()
    admin.post(PAGE + "delete/")
    organization.refresh_from_db()
    assert organization.project_creation_restricted


def test_taking_the_preference_back_lifts_only_what_it_set(idle, organization):
    """On and off again; with a restriction by hand underneath, that one stays."""
    for by_hand in (False, True):
        Organization.objects.update(project_creation_restricted=by_hand)
        preferences.save(idle, None, restrict_project_creation=True)
        organization.refresh_from_db()
        assert organization.project_creation_restricted
        preferences.save(idle, None, restrict_project_creation=False)
        organization.refresh_from_db()
        assert organization.project_creation_restricted is by_hand


def test_the_interval_is_chosen_shown_and_kept_to_its_grid(admin, idle):
    """Fifteen minutes to a day, or off; anything else is refused in words."""
    start = idle.next_run_at
    assert timedelta(hours=23) < start - timezone.now() <= timedelta(hours=24)
    assert admin.post(PAGE + "interval/", {"interval_minutes": "15"}).status_code == 302
    idle.refresh_from_db()
    assert timedelta() < idle.next_run_at - timezone.now() <= timedelta(minutes=15)
    assert (start - idle.next_run_at) % timedelta(minutes=15) == timedelta()
    assert "every 15 minutes" in admin.get(PAGE).content.decode()
    for wrong in ("7", "", "soon", "-15"):
        page = admin.post(PAGE + "interval/", {"interval_minutes": wrong}, follow=True).content.decode()
        assert "Choose one of the listed intervals" in page
    admin.post(PAGE + "interval/", {"interval_minutes": "0"})
    idle.refresh_from_db()
    assert (idle.interval_minutes, idle.next_run_at) == (0, None)
    assert "automatic sync is off" in admin.get(PAGE).content.decode()
    assert [row[2:] for row in told() if row[1] == "Automatic sync"] == [
        ("Every 24 hours", "Every 15 minutes"),
        ("Every 15 minutes", "Off"),
    ]


def test_missed_runs_do_not_pile_up(idle):
    """The worker was down for five intervals: one run, then the regular times of the set-up again."""
    SyncRun.objects.all().delete()
    due = timezone.now() - timedelta(hours=5, minutes=7)
    Connection.objects.update(interval_minutes=60, next_run_at=due)
    reconcile()
    reconcile()
    assert [run.trigger for run in SyncRun.objects.all()] == ["scheduled"]
    idle.refresh_from_db()
    assert idle.next_run_at == due + timedelta(hours=6)
    Connection.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    reconcile()  # while that run is under way
    assert SyncRun.objects.count() == 1
    idle.refresh_from_db()
    assert idle.next_run_at > timezone.now()


@pytest.mark.parametrize(
    ("minutes", "anchor", "expected"),
    [
        (0, datetime(2026, 3, 1, tzinfo=UTC), None),
        (60, None, datetime(2026, 3, 2, 13, 0, tzinfo=UTC)),
        (60, datetime(2026, 3, 2, 12, 0, tzinfo=UTC), datetime(2026, 3, 2, 13, 0, tzinfo=UTC)),
        (15, datetime(2026, 3, 3, 9, 10, tzinfo=UTC), datetime(2026, 3, 2, 12, 10, tzinfo=UTC)),
        (1440, datetime(2026, 2, 20, 9, 0, tzinfo=UTC), datetime(2026, 3, 3, 9, 0, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_the_first_moment_on_the_grid(minutes, anchor, expected):
    """After now, never now itself."""
    assert preferences.next_run(minutes, anchor, datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) == expected


def test_dialogs_list_consequences_in_numbers(admin, idle, organization):
    """What stops, what changes, what stays; a fragment for the dialog, a page without JavaScript."""
    project = ProjectFactory(organization=organization)
    SyncedRecord.objects.create(
        connection=idle,
        module="projects",
        zoho_id="1",
        outcome="synced",
        object_id=project.pk,
        first_seen_at=timezone.now(),
    )
    page = admin.get(PAGE + "disable/").content.decode()
    assert "Here stay: 1 project." in page and "every 24 hours" in page and "<html" in page
    assert "only with the Zoho Projects portal that was previously connected" in page
    part = admin.get(PAGE + "delete/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "data-close-dialog" in part
    assert "1 synced project becomes a standalone project" in part
    assert "its 1 record is found again" in part
    monthly = RecurringInvoice.objects.create(
        organization=organization,
        customer=project.customer,
        name="Monthly hours",
        start_date="2026-01-01",
        currency="EUR",
    )
    monthly.projects.add(project)
    page = admin.get(PAGE + "delete/").content.decode()
    assert "1 recurring invoice draws on hours of these projects" in page and "Monthly hours" in page
    RecurringInvoice.objects.update(status="stopped")
    assert "Monthly hours" not in admin.get(PAGE + "delete/").content.decode()
    SyncRun.objects.update(status="running")
    assert "it is cancelled" in admin.get(PAGE + "disable/").content.decode()


def test_enable_shows_what_changed_meanwhile(admin, portal, idle):
    """Counted since the last sync; while Zoho is away the page says so and still asks."""
    Connection.objects.update(last_synced_at=timezone.now() - timedelta(days=3))
    admin.post(PAGE + "disable/")
    owned = next(found for found in portal.state.portals.values() if found.number == 1)
    body = {"id": next(iter(owned.tables["tasks"].records)), "set": {"name": "Changed meanwhile"}}
    assert requests.post(f"{portal.url}/control/records/1/tasks", json=body, timeout=10).ok
    page = admin.get(PAGE + "enable/").content.decode()
    assert "What changed in Zoho Projects since the last sync" in page
    assert re.search(r"<li[^>]*>[0-9]+ tasks? added or changed", page)
    assert "time log" in page
    portal.stop()
    page = admin.get(PAGE + "enable/").content.decode()
    assert "Zoho does not tell at this moment" in page and ">Enable<" in page


@pytest.mark.parametrize(
    "address", ["disable/", "enable/", "delete/", "interval/", "preferences/", "test-mail/", "map/"]
)
def test_a_stale_dialog_changes_nothing(admin, portal, idle, address):
    """The connection it was drawn for is gone, or another one stands in its place."""
    answer = admin.post(PAGE + address, {"connection": idle.pk + 1, **CHOICES}, follow=True)
    assert "does not exist any more" in answer.content.decode()
    admin.post(PAGE + "delete/")
    before = SettingsChange.objects.count()
    answer = admin.post(PAGE + address, {"connection": idle.pk, **CHOICES}, follow=True)
    assert answer.status_code == 200 and "does not exist any more" in answer.content.decode()
    idle.refresh_from_db()
    assert (idle.status, idle.is_deleted) == ("disabled", True)
    assert SettingsChange.objects.count() == before


def field_here(organization, key, data_type="singleline", module="projects") -> CustomField:
    return CustomField.objects.create(
        organization=organization, module=module, key=key, label=key.title(), data_type=data_type
    )


def test_the_map_is_changed_with_the_choice_of_records(admin, idle, organization):
    """The numbers are shown; without the choice, while a run is on, or with a wrong type nothing is saved."""
    field_here(organization, "centre")
    field_here(organization, "number", "number")
    SyncedRecord.objects.create(
        connection=idle,
        module="projects",
        zoho_id="1",
        outcome="synced",
        object_id=1,
        first_seen_at=timezone.now(),
    )
    page = admin.get(PAGE + "map/").content.decode()
    assert "Apply to the 1 existing record" in page and "New records only" in page
    assert "(is Number; needs Single line)" in page and "Cost centre" in page
    chosen = {"map-projects-cost_centre": "centre", "version": idle.settings_version}
    assert "Choose which records follow" in admin.post(PAGE + "map/", chosen).content.decode()
    wrong = admin.post(PAGE + "map/", {**chosen, "map-projects-cost_centre": "number", "scope": "all"})
    assert wrong.status_code == 400 and "Only fields of the same data type" in wrong.content.decode()
    SyncRun.objects.update(status="running")
    assert "A sync is under way" in admin.post(PAGE + "map/", {**chosen, "scope": "all"}).content.decode()
    assert not FieldMapping.objects.exists()
    SyncRun.objects.update(status="succeeded")
    page = admin.post(PAGE + "map/", {**chosen, "scope": "all"}, follow=True).content.decode()
    assert "applies the new map to 1 existing record" in page
    idle.refresh_from_db()
    assert idle.full_pass_modules == ["projects"]
    assert told()[-1][1:] == (
        "Field map of Projects changed, for all records",
        "no custom pairs",
        "Cost centre → Centre",
    )
    stale = admin.post(PAGE + "map/", {**chosen, "map-projects-cost_centre": "", "scope": "all"})
    assert stale.status_code == 400 and "Somebody else changed" in stale.content.decode()
    assert FieldMapping.objects.count() == 1


def test_a_paused_pair_is_shown_and_may_stay(admin, idle, organization):
    """A banner on the details page, the reason in the map; saving other pairs leaves it as it is."""
    field_here(organization, "centre")
    row = FieldMapping.objects.create(
        connection=idle,
        module="projects",
        source_field="was_there",
        source_label="Was there",
        target_field="centre",
        data_type="singleline",
        paused="The field “Was there” no longer exists in Zoho Projects.",
    )
    page = admin.get(PAGE).content.decode()
    assert "1 field pair paused" in page and "no longer exists in Zoho Projects" in page
    assert "Keep paused: Centre" in admin.get(PAGE + "map/").content.decode()
    chosen = {"map-projects-was_there": "centre", "scope": "all"}
    assert admin.post(PAGE + "map/", chosen).status_code == 302
    assert FieldMapping.objects.get().pk == row.pk
    assert admin.post(PAGE + "map/", {"scope": "all"}).status_code == 302
    assert not FieldMapping.objects.exists()


def test_new_choices_are_offered_on_the_details_page(admin, idle, organization):
    """One press adds them; another organization's pair answers 404."""
    target = field_here(organization, "risk", "picklist")
    row = FieldMapping.objects.create(
        connection=idle,
        module="projects",
        source_field="risk",
        source_label="Risk",
        target_field="risk",
        data_type="picklist",
        source_options=["Low", "<b>Extreme</b>"],
    )
    page = admin.get(PAGE).content.decode()
    assert "Add to Risk" in page and "&lt;b&gt;Extreme" in page and "<b>Extreme" not in page
    other = Organization.objects.create(name="Elsewhere")
    stranger = member(other, "admin", "nils@elsewhere.example.test")
    stranger.post(f"{PAGE}map/options/{row.pk}/")
    target.refresh_from_db()
    assert target.options == []
    assert "Added: Low" in admin.post(f"{PAGE}map/options/{row.pk}/", follow=True).content.decode()
    target.refresh_from_db()
    assert target.options == ["Low", "<b>Extreme</b>"]
    assert "Add to Risk" not in admin.get(PAGE).content.decode()
    assert admin.post(f"{PAGE}map/options/{row.pk + 1}/").status_code == 404


def test_the_timeline_belongs_to_the_organization_and_tells_the_whole_life(admin, idle, organization):
    """Connect, disable, enable, delete; a stranger sees nothing of it; it outlives the connection."""
    admin.post(PAGE + "disable/")
    admin.post(PAGE + "enable/")
    admin.post(PAGE + "delete/")
    assert [row[1] for row in told()] == [
        "Connected to the portal lindenwerk",
        "Integration disabled",
        "Integration enabled",
        "Integration with the portal lindenwerk deleted",
    ]
    page = admin.get(PAGE + "timeline/").content.decode()
    assert "Integration enabled" in page and "Customer Duplication: Clone" in page
    other = Organization.objects.create(name="Elsewhere")
    stranger = member(other, "admin", "nils@elsewhere.example.test")
    assert "No changes yet" in stranger.get(PAGE + "timeline/").content.decode()
