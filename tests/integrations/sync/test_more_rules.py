"""Rules that the small portal does not show by itself: templates, Zoho CRM, currencies, people who share or leave."""

import pytest

from customers.models import Customer
from integrations.models import SyncedRecord
from timetracking.models import Project, ProjectStaff, StaffUser, TimeEntry

EUR = {"currency_code": "EUR"}


def rows(module, **where):
    """Ledger rows of a module."""
    return SyncedRecord.objects.filter(module=module, **where)


def add(control, entity, clients=(), users=(), **record):
    """Add a record; its id."""
    body = {"action": "add", "record": record, "clients": list(clients), "users": list(users)}
    return control.change(entity, body)["results"][0]["id"]


def with_project(control, name, crm="", **client):
    """A customer and a project of theirs; their ids. `crm`: where Zoho CRM is named (client or project)."""
    account = {"crm_account": {"id": "548000", "name": name}}
    customer = add(control, "clients", name=name, **client, **(account if crm == "client" else {}))
    link = {"id": customer, "is_primary": True}
    more = account if crm == "project" else {}
    return customer, add(control, "projects", [link], name=f"Project of {name}", **more)


def here(connection, name, currency="EUR", **more):
    """A customer who is here already."""
    return Customer.objects.create(
        organization=connection.organization, display_name=name, currency=currency, **more
    )


def test_template_met_in_a_list_is_excluded_and_its_children_are_unread(sync, control, connection):
    sync.first()
    project = rows("projects", name="Store rollout, north").get()
    # the list of archived projects shows it although it is a template by now
    control.change(
        "projects", {"action": "change", "id": project.zoho_id, "set": {"project_type": "archived"}}
    )
    body = control.post("records/1/projects", {"action": "change", "id": project.zoho_id})["record"]
    import json

    page = json.dumps([body | {"project_type": "template"}])
    control.change(
        "projects", {"action": "change", "id": project.zoho_id, "set": {"project_type": "template"}}
    )
    control.post("log/clear")
    rule = {"match": {"path": "status=archived"}, "act": {"status": 200, "body": page}, "times": "forever"}
    control.post("faults", [rule])
    sync()
    project.refresh_from_db()
    assert (project.outcome, project.reason) == ("excluded", "template")


def test_crm_customers_take_priority_even_where_clone_is_chosen(sync, control, connection):
    mine = {}
    for number, crm in enumerate(("", "client", "project")):
        mine[crm] = here(connection, f"Account {number}", phone="mine")
        with_project(control, f"ACCOUNT {number}", crm, phone="theirs", **EUR)
    other = here(connection, "Account 9", currency="USD")
    with_project(control, "Account 9", "client", phone="theirs", **EUR)
    sync()
    for crm, customer in mine.items():
        customer.refresh_from_db()
        expected = ("mine", "Account 0") if crm == "" else ("theirs", f"ACCOUNT {list(mine).index(crm)}")
        assert (customer.phone, customer.display_name) == expected, crm
        assert customer.projects.exists() is (crm != ""), crm
    assert Customer.objects.get(display_name="ACCOUNT 0 (2)").phone == "theirs"
    assert rows("customers", name="Account 9").get().reason == "currency_mismatch"
    assert rows("projects", name="Project of Account 9").get().reason == "currency_mismatch"
    other.refresh_from_db()
    assert other.phone == "" and not other.projects.exists()
    other.currency = "EUR"
    other.save()
    sync()
    assert rows("projects", name="Project of Account 9").get().outcome == "synced"
    assert other.projects.exists()


def test_currency_of_customer_portal_and_organization_in_this_order(sync, control, connection):
    with_project(control, "With currency", currency_code="CHF")
    with_project(control, "Without currency")
    connection.portal_currency = "SEK"
    connection.save()
    sync()
    found = dict(Project.objects.filter(name__startswith="Project of W").values_list("name", "currency"))
    assert found == {"Project of With currency": "CHF", "Project of Without currency": "SEK"}
    connection.portal_currency = ""
    connection.save()
    with_project(control, "Organization's")
    row = rows("customers", name="With currency").get()
    control.change("clients", {"action": "change", "id": row.zoho_id, "set": {"currency_code": "NOK"}})
    sync()
    assert Customer.objects.get(display_name="Organization's").currency == "EUR"
    row.refresh_from_db()
    assert "NOK" in row.detail and Customer.objects.get(pk=row.object_id).currency == "CHF"


def test_a_clone_keeps_its_number_when_its_name_changes(sync, control, connection):
    here(connection, "Twice")
    customer, _ = with_project(control, "Twice", **EUR)
    sync()
    clone = Customer.objects.get(display_name="Twice (2)")
    control.change("clients", {"action": "change", "id": customer, "set": {"name": "Renamed"}})
    sync()
    clone.refresh_from_db()
    assert (clone.display_name, clone.company_name) == ("Renamed (2)", "Renamed")


def test_customer_custom_values_follow_the_source_and_others_stay(sync, control, connection, pair):
    pair("customers", "rating", "singleline", key="rating")
    customer, _ = with_project(control, "Rated", rating="A", **EUR)
    sync()
    mine = Customer.objects.get(display_name="Rated")
    assert mine.custom_fields == {"rating": "A"}
    mine.custom_fields["own"] = "kept"
    mine.save()
    control.change("clients", {"action": "change", "id": customer, "set": {"rating": "B"}})
    sync()
    mine.refresh_from_db()
    assert mine.custom_fields == {"rating": "B", "own": "kept"}


@pytest.mark.parametrize("users", [False, True])
def test_two_people_with_one_email_are_one_staff_user(sync, control, connection, users):
    connection.sync_users = connection.users_portal_access = users
    connection.save()
    sync()
    project = rows("projects", name="Store rollout, north").get()
    twins = [add(control, "users", name=f"Twin {n}", email="Twin@example.test") for n in (1, 2)]
    members = [*project.source["members"], *twins]
    control.post("records/1/project_users", {"project_id": project.zoho_id, "users": members})
    task = rows("tasks", project_zoho_id=project.zoho_id, outcome="synced")[0].zoho_id
    work = {"item_id": task, "project_id": project.zoho_id, "hours": "02:00", "billing_status": "Billable"}
    for twin in twins:
        add(control, "logs", owner_id=twin, approval={"status": "Approved"}, **work)
    run = sync()
    assert run.status == "succeeded", run.message
    one = StaffUser.objects.get(email__iexact="twin@example.test")
    found = rows("users", zoho_id__in=twins)
    assert list(found.values_list("object_id", "outcome")) == [(one.pk, "synced")] * 2
    assert TimeEntry.objects.filter(staff_user=one).count() == 2
    assert one.has_portal_access is users


def test_people_brought_in_follow_their_name_and_address_and_employees_keep_theirs(sync, control, connection):
    connection.sync_users = True
    connection.save()
    made = add(control, "users", name="Brought In", email="brought.in@example.test")
    here_already = add(control, "users", name="Here Already", email="here@example.test")
    nameless = add(control, "users", name="No Name", email="nameless@example.test")
    names = ["name", "full_name", "first_name", "last_name"]
    control.change("users", {"action": "change", "id": nameless, "unset": names})
    StaffUser.objects.create(organization=connection.organization, name="Own Name", email="here@example.test")
    sync()
    assert list(rows("users", zoho_id=nameless).values_list("outcome", "reason")) == [
        ("failed", "invalid_record")
    ]
    project = rows("projects", name="Store rollout, north").get()
    members = [*project.source["members"], made, here_already, nameless]
    control.post("records/1/project_users", {"project_id": project.zoho_id, "users": members})
    sync()
    assert not StaffUser.objects.filter(email="nameless@example.test").exists()
    new = {"name": "Married Since", "full_name": "Married Since", "email": "since@example.test"}
    control.change("users", {"action": "change", "id": made, "set": new})
    other = {"name": "Renamed There", "full_name": "Renamed There"}
    control.change("users", {"action": "change", "id": here_already, "set": other})
    run = sync()
    row = rows("users", zoho_id=made).get()
    staff = StaffUser.objects.get(pk=row.object_id)
    assert (staff.name, staff.email, staff.role) == (
        "Married Since",
        "since@example.test",
        "employee_submitter",
    )
    assert (row.outcome, row.reason, row.last_changed_run_id) == ("synced", "", run.pk)
    assert run.module_runs.get(module="users").updated == 1
    assert StaffUser.objects.get(email="here@example.test").name == "Own Name"


def test_membership_ended_is_no_synced_work_and_staff_stays(sync, control, connection):
    connection.sync_users = True
    connection.save()
    person = add(control, "users", name="For a while", email="while@example.test")
    sync()
    project = rows("projects", name="Store rollout, north").get()
    members = project.source["members"]
    path = "records/1/project_users"
    control.post(path, {"project_id": project.zoho_id, "users": [*members, person]})
    sync()
    row = rows("users", zoho_id=person).get()
    staff = StaffUser.objects.get(pk=row.object_id)
    assert (row.outcome, staff.role, staff.status) == ("synced", "employee_submitter", "active")
    control.post(path, {"project_id": project.zoho_id, "users": members})
    sync()
    row.refresh_from_db()
    assert (row.outcome, row.reason, row.object_id) == ("excluded", "no_synced_work", staff.pk)
    assert ProjectStaff.objects.filter(staff_user=staff).exists()
    ledger = list(SyncedRecord.objects.order_by("pk").values_list())
    sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list()) == ledger
    control.post(path, {"project_id": project.zoho_id, "users": [*members, person]})
    sync()
    row.refresh_from_db()
    assert (row.outcome, row.reason, row.object_id) == ("synced", "", staff.pk)


def test_automatic_sync_switched_off_leaves_people_where_they_were_joined(sync, control, connection):
    connection.sync_users = True
    connection.save()
    sync()
    joined = set(ProjectStaff.objects.values_list("project_id", "staff_user_id"))
    staff = list(StaffUser.objects.order_by("pk").values_list())
    connection.sync_users = False
    connection.save()
    sync()
    assert set(ProjectStaff.objects.values_list("project_id", "staff_user_id")) == joined
    assert list(StaffUser.objects.order_by("pk").values_list()) == staff


def test_a_removed_person_with_hours_is_known_from_them_until_the_last_is_withdrawn(sync, control):
    sync.first()
    found = rows("users", outcome="synced", source__made="log")
    person = next(row for row in found if "only_log" not in row.source)
    control.change("users", {"action": "delete", "id": person.zoho_id})
    sync()
    person.refresh_from_db()
    assert (person.outcome, person.reason) == ("synced", "")
    entries = TimeEntry.objects.filter(staff_user_id=person.object_id).values("pk")
    logs = rows("timesheets", object_id__in=entries).values_list("zoho_id", flat=True)
    change = {"action": "change", "set": {"approval.status": "Pending"}}
    control.change("logs", *({**change, "id": key} for key in logs))
    from django.test import override_settings

    with override_settings(SYNC_BRAKE_PERCENT=100):
        sync()
    person.refresh_from_db()
    assert (person.outcome, person.reason) == ("excluded", "no_synced_work")
    assert StaffUser.objects.filter(pk=person.object_id).exists()


@pytest.mark.parametrize("is_whole", [True, False])
def test_parents_in_a_circle_or_in_another_project_leave_the_link_empty(sync, control, is_whole):
    from timetracking.models import Task

    sync()
    mine = rows("tasks", outcome="synced", project_zoho_id__endswith="041003").order_by("pk")[:3]
    other = rows("tasks", outcome="synced", project_zoho_id__endswith="041004")[0]
    a, b, c = (row.zoho_id for row in mine)
    for child, parent in ((a, b), (b, a), (c, other.zoho_id)):
        change = {"set": {"parental_info": {"parent_task_id": parent}}, "action": "change", "id": child}
        control.change("tasks", change)
    sync(is_whole=is_whole)
    for row in mine:
        row.refresh_from_db()
        assert Task.objects.get(pk=row.object_id).parent_id is None and "parent" in row.detail
    control.change("tasks", {"action": "change", "id": a, "unset": ["parental_info"]})
    sync(is_whole=is_whole)
    first, second = rows("tasks", zoho_id=a).get(), rows("tasks", zoho_id=b).get()
    assert first.detail == second.detail == ""
    assert Task.objects.get(pk=second.object_id).parent_id == first.object_id
    control.change("tasks", {"action": "trash", "id": a})
    sync(is_whole=is_whole)
    assert Task.objects.get(pk=second.object_id).parent_id is None
    control.change("tasks", {"action": "restore", "id": a})
    sync(is_whole=is_whole)
    first.refresh_from_db()
    assert Task.objects.get(pk=second.object_id).parent_id == first.object_id
