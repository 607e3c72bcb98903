"""Custom pairs in runs: other values are kept, pairs pause and resume, a changed map holds for new or all records."""

import pytest

from integrations import pairs
from integrations.models import FieldMapping, SettingsChange, SyncedRecord
from organizations.models import CustomField
from timetracking.models import Project, Task

FIELD = "cost_centre"


def meta(portal, module="projects"):
    """The practice portal's own list of fields of a module; changing it changes what the portal tells."""
    owned = next(found for found in portal.state.portals.values() if found.number == 1)
    return owned.fields[module]


def field(portal, name, module="projects"):
    """One entry of that list."""
    return next(entry for entry in meta(portal, module) if entry["api_name"] == name)


def valued():
    """Projects with a value under `mapped`, as {pk: value}."""
    rows = Project.objects.order_by("pk").values_list("pk", "custom_fields")
    return {pk: values["mapped"] for pk, values in rows if "mapped" in values}


def mapping(target="mapped", source=FIELD, data_type="singleline", module="projects"):
    """An unsaved mapping, as `check_pairs` makes it."""
    return FieldMapping(
        module=module, source_field=source, source_label=source, target_field=target, data_type=data_type
    )


def writes(connection):
    """What would change if a run wrote something."""
    return list(SyncedRecord.objects.order_by("pk").values_list("pk", "last_changed_run", "fingerprint"))


def test_values_of_other_fields_stay_when_a_record_changes(connection, control, sync, pair):
    """A value that no pair brings (made by hand, or by a former pair) is not the sync's to erase."""
    pair("projects", FIELD, "singleline")
    sync()
    project = Project.objects.exclude(custom_fields={}).first()
    project.custom_fields["by_hand"] = "kept"
    project.save()
    task_row = SyncedRecord.objects.filter(module="tasks", outcome="synced", object_id__isnull=False).first()
    Task.objects.filter(pk=task_row.object_id).update(custom_fields={"by_hand": 7})
    project_row = SyncedRecord.objects.get(module="projects", object_id=project.pk)
    control.change("projects", {"id": project_row.zoho_id, "set": {"name": "Renamed quay"}})
    control.change("tasks", {"id": task_row.zoho_id, "set": {"name": "Renamed task"}})
    sync()
    project.refresh_from_db()
    task = Task.objects.get(pk=task_row.object_id)
    assert (project.name, task.name) == ("Renamed quay", "Renamed task")
    assert project.custom_fields["by_hand"] == "kept" and "mapped" in project.custom_fields
    assert task.custom_fields == {"by_hand": 7}


def test_a_pair_is_paused_while_its_field_is_gone_or_of_another_type(portal, connection, control, sync, pair):
    """Its values are left alone, the timeline and the run say so; it resumes when the field fits again."""
    pair("projects", FIELD, "singleline")
    sync()
    before = valued()
    assert before
    row = SyncedRecord.objects.get(module="projects", object_id=next(iter(before)))
    source = field(portal, FIELD)
    source["data_type"] = "number"
    control.change("projects", {"id": row.zoho_id, "set": {FIELD: 4711, "name": "Other name"}})
    run = sync()
    live = FieldMapping.objects.get()
    assert "changed its type in Zoho Projects from Single line to Number" in live.paused
    assert valued() == before
    kept = run.module_runs.get(module="projects").field_map
    assert [(p["source_field"], bool(p["paused"])) for p in kept if p["is_custom"]] == [(FIELD, True)]
    meta(portal).remove(source)
    control.change("projects", {"id": row.zoho_id, "unset": [FIELD]})
    sync()
    live.refresh_from_db()
    assert "no longer exists in Zoho Projects" in live.paused
    assert valued() == before
    source["data_type"] = "singleline"
    meta(portal).append(source)
    control.change("projects", {"id": row.zoho_id, "set": {FIELD: "CC-9"}})
    sync()
    live.refresh_from_db()
    assert live.paused == ""
    assert valued() == before | {row.object_id: "CC-9"}
    told = SettingsChange.objects.order_by("id").values_list("what", "user_name")
    assert [(what.split(" (")[0], who) for what, who in told] == [
        ("Field pair paused", "the system"),
        ("Field pair resumed", "the system"),
    ]


def test_a_pair_is_paused_when_its_field_here_is_gone(connection, sync, pair):
    """Nothing is written under a name that means nothing here any more."""
    pair("projects", FIELD, "singleline")
    sync()
    CustomField.objects.all().delete()
    sync()
    assert "no longer exists here" in FieldMapping.objects.get().paused


def test_a_new_map_for_new_records_leaves_the_others_unwritten(connection, control, sync, pair):
    """Records here keep the map they came in with, later changes of theirs included; new ones follow the new map."""
    pair("projects", FIELD, "singleline")
    CustomField.objects.create(
        organization=connection.organization,
        module="projects",
        key="other",
        label="O",
        data_type="singleline",
    )
    sync()
    sync()
    before, rows = valued(), writes(connection)
    saved = pairs.change_map(connection, None, [mapping("other")], only_new=True)
    assert (saved.modules, saved.records) == (["projects"], 0)
    sync()
    assert writes(connection) == rows
    old = SyncedRecord.objects.get(module="projects", object_id=next(iter(before)))
    control.change("projects", {"id": old.zoho_id, "set": {FIELD: "changed"}})
    client = old.source["primary"]
    made = control.change(
        "projects",
        {
            "action": "add",
            "record": {"name": "New quay", FIELD: "CC-NEW"},
            "clients": [{"id": client, "is_primary": True}],
        },
    )
    sync()
    project = Project.objects.get(name="New quay")
    assert project.custom_fields == {"other": "CC-NEW"}, made
    assert valued() == before | {old.object_id: "changed"}
    rows = writes(connection)
    sync()
    assert writes(connection) == rows
    # and again for all: everybody follows the present map, what stood here before is not erased
    connection.refresh_from_db()
    saved = pairs.change_map(connection, None, [mapping("other")], only_new=False)
    assert saved.records == pairs.existing(connection)["projects"] > 1
    connection.refresh_from_db()
    assert connection.full_pass_modules == ["projects"]
    assert FieldMapping.objects.count() == 1
    sync()
    assert all("other" in Project.objects.get(pk=pk).custom_fields for pk in before)
    rows = writes(connection)
    sync()
    assert writes(connection) == rows


def test_new_choices_of_a_pick_list_are_noticed_and_can_be_added(portal, connection, sync, pair):
    """They are shown until they are added to the custom field here, or known there already."""
    pair("projects", "risk", "picklist", key="risk")
    here = CustomField.objects.get()
    here.options = ["Low", "Medium", "High"]
    here.save()
    sync()
    assert pairs.new_options(connection) == []
    field(portal, "risk")["pick_list_values"].append({"id": "1", "value": "Extreme", "sequence": 4})
    sync()
    (found,) = pairs.new_options(connection)
    assert found["values"] == ["Extreme"]
    assert pairs.add_options(connection, None, found["mapping"]) == ["Extreme"]
    here.refresh_from_db()
    assert here.options == ["Low", "Medium", "High", "Extreme"]
    assert pairs.new_options(connection) == [] == pairs.add_options(connection, None, found["mapping"])
    assert SettingsChange.objects.get().after.endswith("High, Extreme")


@pytest.mark.parametrize("bounds", [(None, None), (4, None), (None, 4)])
def test_a_pair_holds_for_objects_within_its_bounds(bounds):
    """Above the one, up to the other; a record still to be made counts as the newest."""
    row = mapping()
    row.from_object_id, row.until_object_id = bounds
    found = pairs.ModulePairs([row])
    expected = {
        (None, None): [True, True, True],
        (4, None): [False, True, True],
        (None, 4): [True, False, False],
    }
    assert [FIELD in found.of(pk) for pk in (4, 5, None)] == expected[bounds]


def test_touched_records_and_a_new_map_are_no_reason_to_brake(connection, control, sync, pair, settings):
    """A record that only carries a new stamp, or only follows our own new map, changes nothing unusual."""
    settings.SYNC_BRAKE_RECORDS = settings.SYNC_BRAKE_PERCENT = 0
    pair("tasks", "tasks_cf_0001", "singleline")
    sync()
    valued = [pk for pk, values in Task.objects.values_list("pk", "custom_fields") if values]
    assert valued
    Task.objects.filter(pk=valued[0]).update(custom_fields={"mapped": "CC-7100 R&D", "by_hand": 1})
    row = SyncedRecord.objects.get(module="tasks", object_id=valued[0])
    control.change("tasks", {"id": row.zoho_id, "set": {}})
    run = sync()
    assert (run.status, run.message) == ("succeeded", "")
    CustomField.objects.create(
        organization=connection.organization, module="tasks", key="other", label="O", data_type="singleline"
    )
    new = mapping("other", "tasks_cf_0001", module="tasks")
    pairs.change_map(connection, None, [new], only_new=False)
    run = sync()
    assert (run.status, run.message) == ("succeeded", "")
    assert "other" in Task.objects.get(pk=valued[0]).custom_fields


def test_a_new_map_for_all_reaches_records_that_an_incremental_run_would_not_read(connection, sync, pair):
    """The modules concerned are read whole once, then the request is gone and the next run writes nothing."""
    pair("tasks", "tasks_cf_0001", "singleline")
    sync()
    sync(is_whole=False)
    CustomField.objects.create(
        organization=connection.organization, module="tasks", key="other", label="O", data_type="singleline"
    )
    pairs.change_map(connection, None, [mapping("other", "tasks_cf_0001", module="tasks")], only_new=False)
    sync(is_whole=False)
    assert [values for values in Task.objects.values_list("custom_fields", flat=True) if "other" in values]
    connection.refresh_from_db()
    assert connection.full_pass_modules == []
    rows = writes(connection)
    sync(is_whole=False)
    assert writes(connection) == rows
