"""What the sync and the screens of billing owe each other: numbers of the radar, write-offs, what is ours to edit."""

import pytest
from django.urls import reverse

from integrations.models import SyncedRecord
from organizations import panels
from tests.factories import MembershipFactory
from timetracking.models import Project, TimeEntry


@pytest.fixture
def clerk(connection, client):
    membership = MembershipFactory(organization=connection.organization, role="staff")
    client.force_login(membership.user)
    return membership


def minutes_of(**filters):
    rows = SyncedRecord.objects.filter(module="timesheets", **filters)
    return sum(rows.exclude(minutes=None).values_list("minutes", flat=True)), rows.count()


def test_the_radar_tells_ready_waiting_blocked_and_cut_off_hours_apart(sync, connection, clerk, client):
    days = sorted(_days(sync))
    connection.invoiced_before = days[len(days) // 2]
    connection.save()
    TimeEntry.objects.all().delete()
    SyncedRecord.objects.filter(module="timesheets").delete()
    sync()
    answer = client.get(reverse("unbilled"))
    totals = answer.context["totals"]
    unbilled = sum(TimeEntry.objects.filter(billing_status="unbilled").values_list("minutes", flat=True))
    cut_off = TimeEntry.objects.filter(billing_status="invoiced", date__lt=connection.invoiced_before)
    assert totals["ready"] + totals["without_rate"] == unbilled > 0
    assert sum(minutes for _, minutes in totals["ages"]) == unbilled
    waiting, blocked = minutes_of(reason="not_approved"), minutes_of(outcome="failed")
    assert totals["stakes"]["waiting"] == waiting[::-1] and waiting[1] > 0
    assert totals["stakes"]["blocked"] == blocked[::-1] and blocked[1] > 0
    cut = sum(cut_off.values_list("minutes", flat=True))
    assert totals["stakes"]["cutoff"][1] <= cut and totals["stakes"]["cutoff"][1] > 0
    for line in answer.context["lines"]:  # each number opens its rows, and they add up to it
        for stake in (stake for stakes in line.columns for stake in stakes):
            page = client.get(stake.url)
            assert page.status_code == 200 and len(page.context["page"].rows) == min(stake.count, 50)
    assert client.get(reverse("integrations:unbilled_records", args=["nonsense"])).status_code == 404
    client.force_login(MembershipFactory().user)
    foreign = client.get(reverse("integrations:unbilled_records", args=["waiting"]))
    assert foreign.context["page"].rows == [] and client.get(reverse("unbilled")).context["lines"] == []


def _days(sync):
    sync.first()
    return TimeEntry.objects.values_list("date", flat=True)


def test_a_write_off_outlives_a_change_at_the_source(sync, connection, clerk, client, control):
    sync.first()
    record = SyncedRecord.objects.filter(
        module="timesheets", outcome="synced", object_id__isnull=False
    ).first()
    client.post(reverse("entries_mark"), {"entry": record.object_id, "mark": "non_billable"})
    control.change("logs", {"action": "change", "id": record.zoho_id, "set": {"notes": "Said otherwise"}})
    sync()
    entry = TimeEntry.objects.get(pk=record.object_id)
    assert (entry.billing_status, entry.notes) == ("non_billable", "Said otherwise")


def test_rates_and_budgets_set_here_outlive_a_sync_and_the_rest_follows(
    sync, connection, clerk, client, control
):
    sync.first()
    record = SyncedRecord.objects.filter(module="projects", outcome="synced").first()
    project = Project.objects.get(pk=record.object_id)
    locked = panels.origin("projects", project.pk).locked
    assert "name" in locked and "rate" not in locked
    values = {"rate": "71.25", "billing_method": "staff_hours", "budget_type": "", "name": "Ours"}
    assert client.post(reverse("project_edit", args=[project.pk]), values).status_code == 302
    control.change("projects", {"action": "change", "id": record.zoho_id, "set": {"name": "Renamed there"}})
    sync()
    project.refresh_from_db()
    assert (project.name, str(project.rate), project.billing_method) == (
        "Renamed there",
        "71.25",
        "staff_hours",
    )
    text = client.get(reverse("project", args=[project.pk])).content.decode()
    assert "from Zoho Projects" in text and "Open in Zoho Projects" in text
    connection.is_deleted = True
    connection.save()
    assert client.post(
        reverse("project_edit", args=[project.pk]), {**values, "customer": project.customer_id}
    )
    project.refresh_from_db()
    assert project.name == "Ours"
