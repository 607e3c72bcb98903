"""A run that would remove or change unusually much stops before writing that module, and asks."""

from collections import Counter

import pytest
from django.urls import reverse

from integrations.models import Brake, SettingsChange, SyncedRecord, SyncRun
from organizations.models import Membership, User
from timetracking.models import Task, TimeEntry


@pytest.fixture
def admin(connection, client):
    """An administrator who is signed in."""
    user = User.objects.create_user(email="a@example.test", password="x")
    Membership.objects.create(organization=connection.organization, user=user, role="admin")
    client.force_login(user)
    return user


@pytest.fixture
def entries(sync):
    """What stands here of all time entries after a first run."""
    sync.first()
    return list(TimeEntry.objects.order_by("pk").values_list())


def synced_logs(number, after=0):
    """Zoho ids of synced time logs."""
    rows = SyncedRecord.objects.filter(module="timesheets", outcome="synced").order_by("pk")
    return list(rows.values_list("zoho_id", flat=True)[after : after + number])


def take_logs_away(control, number, after=0):
    """Delete so many synced logs at the portal, not counting the first ones."""
    control.change("logs", *({"action": "delete", "id": key} for key in synced_logs(number, after)))


def withdraw(control, number):
    """Withdraw the approval of so many synced logs."""
    change = {"action": "change", "set": {"approval.status": "Pending"}}
    control.change("logs", *({**change, "id": key} for key in synced_logs(number)))


def standing():
    """All time entries as they stand here."""
    return list(TimeEntry.objects.order_by("pk").values_list())


@pytest.mark.parametrize(("act", "kind"), [(take_logs_away, "remove"), (withdraw, "change")])
def test_unusually_much_is_not_written_until_an_administrator_lets_it_go_on(
    act, kind, entries, connection, control, sync, admin, client
):
    number = len(entries) // 5
    ledger = list(SyncedRecord.objects.filter(module="timesheets").order_by("pk").values_list())
    act(control, number)
    run = sync()
    part = run.module_runs.get(module="timesheets")
    assert (run.status, part.status) == (SyncRun.Status.SUCCEEDED, "failed")
    assert f"{number} of {len(entries)} timesheets" in part.message and "stopped before" in run.message
    assert standing() == entries
    assert list(SyncedRecord.objects.filter(module="timesheets").order_by("pk").values_list()) == ledger
    asked = Brake.objects.get()
    assert (asked.kind, asked.count, asked.total, asked.decision) == (kind, number, len(entries), "open")
    page = client.get(reverse("integrations:details")).content.decode()
    assert "Unusually much" in page and "Do not go on" in page
    client.post(reverse("integrations:brake", args=[asked.pk]), {"decision": "leave"})
    sync()
    assert standing() == entries and "as was decided" in SyncRun.objects.latest("pk").message
    page = client.get(reverse("integrations:details")).content.decode()
    assert "Left as it is by" in page and "Go on after all" in page
    client.post(reverse("integrations:brake", args=[asked.pk]), {"decision": "go_on"})
    asked.refresh_from_db()
    assert (asked.decision, asked.decided_by) == ("go_on", admin) and asked.decided_at
    assert SettingsChange.objects.filter(user=admin, what__startswith="Unusually much").count() == 2
    run = connection.runs.latest("pk")
    assert run.is_active and run.requested_by == admin
    SyncRun.objects.filter(pk=run.pk).delete()
    assert sync().message == ""
    assert TimeEntry.objects.count() == len(entries) - number
    asked.refresh_from_db()
    assert asked.decision == "used"
    assert "Unusually much" not in client.get(reverse("integrations:details")).content.decode()


def test_a_question_whose_cause_is_gone_closes_by_itself(entries, control, sync):
    withdraw(control, len(entries) // 5)
    sync()
    pending = SyncedRecord.objects.filter(module="timesheets", outcome="synced").order_by("pk")
    change = {"action": "change", "set": {"approval.status": "Approved"}}
    keys = pending.values_list("zoho_id", flat=True)[: len(entries) // 5]
    control.change("logs", *({**change, "id": key} for key in keys))
    assert sync().message == ""
    assert not Brake.objects.exists()
    assert [row[0] for row in standing()] == [row[0] for row in entries]


def test_permission_for_some_is_none_for_many(entries, control, sync, connection):
    take_logs_away(control, len(entries) // 5)
    sync()
    Brake.objects.update(decision="go_on")
    take_logs_away(control, len(entries) // 3, after=len(entries) // 5)
    sync()
    assert standing() == entries
    assert Brake.objects.get().decision == "open"


def test_up_to_the_limits_nobody_is_asked(entries, control, sync, settings):
    take_logs_away(control, 20)  # more than nothing, not more than 20
    sync()
    assert TimeEntry.objects.count() == len(entries) - 20
    settings.SYNC_BRAKE_PERCENT = 30
    take_logs_away(control, len(entries) // 4)
    sync()
    assert not Brake.objects.exists()


def test_other_modules_go_on_and_own_settings_are_no_reason_to_ask(entries, control, sync, connection):
    connection.invoiced_before = max(TimeEntry.objects.values_list("date", flat=True))
    connection.save()
    assert sync().message == ""
    assert TimeEntry.objects.filter(billing_status="invoiced").count() > len(entries) // 2
    tasks = SyncedRecord.objects.filter(module="tasks", outcome="synced").values_list("zoho_id", flat=True)
    change = {"action": "change", "set": {"name": "All the same"}}
    control.change("tasks", *({**change, "id": key} for key in tasks))
    bug = SyncedRecord.objects.filter(module="bugs", outcome="synced")[0]
    control.change("issues", {"action": "change", "id": bug.zoho_id, "set": {"name": "New name"}})
    run = sync()
    assert run.module_runs.get(module="tasks").status == "failed"
    assert not Task.objects.filter(name="All the same").exists()
    bug.refresh_from_db()
    assert bug.name == "New name"


def test_a_foreign_question_is_404(entries, control, sync, admin, client, connection):
    take_logs_away(control, len(entries) // 5)
    sync()
    asked = Brake.objects.get()
    other = type(connection).objects.get(pk=connection.pk)
    other.pk, other.is_deleted, other.portal_id = None, True, "1"
    other.save()
    Brake.objects.update(connection=other)
    answer = client.post(reverse("integrations:brake", args=[asked.pk]), {"decision": "go_on"})
    assert answer.status_code == 404


@pytest.mark.parametrize("meanwhile", [False, True], ids=["before the run", "while it is on"])
@pytest.mark.parametrize("entity", ["projects", "tasks"])
def test_hours_count_when_the_one_thing_they_hang_on_goes(entries, control, sync, entity, meanwhile):
    hours = Counter(TimeEntry.objects.exclude(task=None).values_list("project_id", "task_id"))
    project, task = hours.most_common(1)[0][0]
    row = SyncedRecord.objects.get(module=entity, object_id=project if entity == "projects" else task)
    log = SyncedRecord.objects.filter(module="timesheets", outcome="synced").first()
    owner = SyncedRecord.objects.get(
        module="users", object_id=TimeEntry.objects.get(pk=log.object_id).staff_user_id
    )
    task = SyncedRecord.objects.get(module="tasks", object_id=task)
    record = {
        "item_id": task.zoho_id,
        "project_id": task.project_zoho_id,
        "owner_id": owner.zoho_id,
        "hours": "01:00",
        "billing_status": "Billable",
        "approval": {"status": "Approved"},
    }
    control.change("logs", *({"action": "add", "record": record} for _ in range(40)))
    sync()
    before = standing()
    trash = {"action": "trash", "id": row.zoho_id}
    if meanwhile:  # once everything was read, as the second look begins
        control.change("logs", {"action": "delete", "id": log.zoho_id})
        body = {"control": [{"path": f"/control/records/1/{entity}", "body": [trash]}]}
        control.post("faults", [{"match": {"path": rf"/logs/{log.zoho_id}"}, "act": body}])
        before = [entry for entry in before if entry[0] != log.object_id]
    else:
        control.change(entity, trash)
    run = sync()
    if meanwhile and entity == "tasks":  # the next run sees to it
        run = sync()
    row.refresh_from_db()
    assert row.outcome == "deleted"
    assert "unusually much" in run.module_runs.get(module="timesheets").message, run.message
    assert standing() == before
    assert Brake.objects.get(module="timesheets").kind == "remove"


def test_stop_ends_the_run_at_its_next_page_and_the_next_one_goes_on(
    connection, admin, client, sync, control
):
    from integrations.sync.queue import request_run
    from integrations.sync.runner import run_slice

    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    while not SyncedRecord.objects.filter(module="tasks").exists():
        run_slice(run.pk, seconds=0)
    written = SyncedRecord.objects.count()
    page = client.get(reverse("integrations:details")).content.decode()
    assert reverse("integrations:stop") in page
    client.post(reverse("integrations:stop"))
    assert run_slice(run.pk) == ""
    run.refresh_from_db()
    assert run.status == SyncRun.Status.CANCELLED and f"Stopped by {admin}" in run.message
    assert SyncedRecord.objects.count() == written
    assert reverse("integrations:stop") not in client.get(reverse("integrations:details")).content.decode()
    client.post(reverse("integrations:stop"))
    run.refresh_from_db()
    assert run.status == SyncRun.Status.CANCELLED
    assert sync().status == SyncRun.Status.SUCCEEDED and TimeEntry.objects.exists()
