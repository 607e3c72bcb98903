"""What each listing holds, in which container, and what a wrong call is told."""

import pytest

from tests.practice_portal.helpers import SECOND, project_id

PROJECT = project_id(1)


def error(answer):
    body = answer.json()["error"]
    return answer.status_code, body["title"]


def test_portals_tell_owner_and_own_profile(api):
    first, second = api.json("/api/v3/portals")
    assert first["profile"]["name"] == "Portal Owner" and second["profile"]["name"] == "Employee"
    assert isinstance(first["id"], str) and isinstance(first["profile"]["id"], int)
    details = api.json("")["portal_details"]
    assert details["id"] == 60012345 and details["name"] == "lindenwerk"


def test_the_older_portal_list(api):
    old = api.json("/restapi/portals/")
    assert old["login_id"] == "610012001" and [p["role"] for p in old["portals"]] == ["admin", "employee"]


def test_projects_are_a_bare_array_without_templates(api):
    projects = api.json("/projects")
    kinds = {p["project_type"] for p in projects}
    assert kinds == {"active", "archived"} and len(projects) == 16
    assert [p["name"] for p in api.json("/projects", status="template")] == ["Template: inspection"]
    assert [p["name"] for p in api.json("/projects", status="archived")] == ["Old ferry terminal"]
    assert not any(key.startswith("client") for p in projects for key in p)


def test_single_records_are_plain_objects(api):
    assert api.json(f"/projects/{PROJECT}")["cost_centre"] == "CC-7100 R&amp;D"
    task = api.json("/tasks", per_page=1)["tasks"][0]
    assert api.json(f"/projects/{task['project']['id']}/tasks/{task['id']}") == task
    client = api.json("/clients")["clients"][0]
    assert api.json(f"/clients/{client['id']}")["clients"][0]["users"][0]["zpuid"]


def test_users_leave_out_inactive_ones_and_can_be_narrowed(api):
    users = api.json("/users")
    assert users["page_info"] == {"page": 1, "per_page": 100, "count": 11, "has_next_page": False}
    assert {u["user_type"] for u in users["users"]} == {"portal", "client"}
    assert [u["first_name"] for u in api.json("/users", view_type="inactive")["users"]] == ["Petra"]
    clients = api.json("/users", type=2, company_ids="219300000000050001")["users"]
    assert {u["client_company_name"] for u in clients} == {"Port of Silver Sound"} and len(clients) == 2
    assert api.json("/users/me")["email"] == "ada.winter@lindenwerk.example.test"
    assert any("email" not in u for u in users["users"])


def test_members_of_a_project(api):
    names = [u["full_name"] for u in api.json(f"/projects/{PROJECT}/users")["users"]]
    assert "Ada Winter" in names and "Jo Hale" in names


def test_a_projects_clients_name_one_primary(api):
    clients = api.json(f"/projects/{PROJECT}/clients")["clients"]
    assert [c["is_primary"] for c in clients] == [True, False] and clients[0]["crm_account"]["id"]
    assert api.get(f"/projects/{project_id(8)}/clients").status_code == 204
    assert all(
        "is_primary" not in c and "added_time" not in c
        for c in api.json(f"/projects/{project_id(10)}/clients")["clients"]
    )


def test_the_older_client_paths(api):
    old = api.json(f"/restapi/portal/60012345/projects/{PROJECT}/clients/")["clients"]
    assert old[0]["id_string"] == str(old[0]["id"]) and old[0]["is_primary"] is True
    assert len(api.json("/restapi/portal/60012345/clients/", index=1, range=3)["clients"]) == 3
    assert api.json(f"/restapi/portal/60012345/clients/{old[0]['id_string']}/")["clients"][0]["users"]
    assert api.json(f"/restapi/portal/60012345/clients/{old[0]['id_string']}/projects/")["projects"]
    assert api.json(f"/restapi/portal/60012345/projects/{PROJECT}/clientusers/")["users"]


def test_tasks_are_flat_with_a_chain_two_deep(api):
    tasks = api.pages("/tasks", "tasks")
    assert max(t["depth"] for t in tasks) == 2
    assert any(t["owners_and_work"]["owners"] == [{"name": "Unassigned User"}] for t in tasks)
    assert len(tasks) == len({t.get("id") for t in tasks})
    one = api.json("/tasks", per_page=1, page=2)["page_info"]
    assert one == {"page": 2, "per_page": 1, "page_count": 1, "has_next_page": True}


def test_phases_come_with_page_info_as_array(api):
    phases = api.json("/phases")
    assert phases["page_info"][0]["page"] == "1"
    none = [p for p in phases["milestones"] if p["name"] == "None"]
    assert none[0]["id"].endswith("000000000073")
    assert any(p["isTrashed"] == "1" for p in phases["milestones"])
    assert api.json(f"/projects/{PROJECT}/milestones")["milestones"][0]["status"]["statusName"]


def test_issues_and_their_older_name(api):
    issues = api.json("/issues")["issues"]
    assert any("zpuid" not in i["assignee"] for i in issues) and not any("description" in i for i in issues)
    key = api.json(f"/projects/{PROJECT}/bugs")["bugs"][-1]["id"]
    assert api.json(f"/projects/{PROJECT}/issues/{key}/description")["description"].startswith("<p>")
    assert "description" in api.json(f"/projects/{PROJECT}/bugs/{key}", is_desc_needed="true")["bugs"][0]


def test_task_lists_contacts_groups_profiles_roles(api):
    assert all(t["project"]["name"] is not None for t in api.json("/all-tasklists")["tasklists"])
    assert api.json(f"/projects/{PROJECT}/tasklists")["tasklists"]
    assert api.json("/contacts")["contacts"][0]["client_name"]
    assert api.json("/project-groups")["project_groups"][0]["type"] == "public"
    assert api.json("/profiles")["profiles"] and api.json("/roles")["roles"]


def test_fields_in_both_forms_hold_every_type(api):
    fields = api.json("/modules/projects/fields")["fields"]
    custom = {f["api_name"]: f["data_type"] for f in fields if f["is_custom_field"]}
    assert len(set(custom.values())) == 17
    project = api.json(f"/projects/{PROJECT}")
    assert set(custom) <= set(project)
    other = api.json("/settings/fields", module="projects")["fields"]
    assert {f["field_name"]: f["field_type"] for f in other if f["is_custom_field"]} == custom
    assert api.json("/modules/bugs/fields") == api.json("/modules/issues/fields")


def test_the_bin_and_restoring(api):
    trash = api.json("/bin")["trash"]
    assert {t["module"] for t in trash} == {"projects", "tasks"}
    task = next(t for t in trash if t["module"] == "tasks")
    address = f"/projects/{PROJECT}/tasks/{task['id']}"
    logs = len(api.logs(project=PROJECT))
    assert api.get(address).status_code == 404
    api.records("tasks", {"action": "restore", "id": task["id"]})
    assert api.get(address).status_code == 200 and len(api.logs(project=PROJECT)) == logs + 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nonsense", (400, "URL_RULE_NOT_CONFIGURED")),
        ("/projects/", (400, "URL_RULE_NOT_CONFIGURED")),
        ("/api/v3/portals/60012345/projects", (400, "URL_RULE_NOT_CONFIGURED")),
        (f"/projects/{PROJECT}/tasks/1/subtasks", (400, "URL_RULE_NOT_CONFIGURED")),
        ("/projects/1", (404, "RESOURCE_NOT_FOUND")),
        (f"/projects/{project_id(17)}", (404, "RESOURCE_NOT_FOUND")),
        ("/api/v3/portal/999/projects", (403, "FORBIDDEN")),
        ("/tasks?page=none", (400, "INVALID_PARAMETER_VALUE")),
    ],
)
def test_errors(api, path, expected):
    assert error(api.get(path)) == expected


def test_wrong_method_missing_token_and_missing_scope(api):
    address = f"{api.url}/api/v3/portal/60012345/tasks"
    assert error(api.session.put(address, timeout=10)) == (400, "INVALID_METHOD")
    api.connect(scopes=["ZohoProjects.portals.READ"])
    assert error(api.get("/tasks")) == (401, "INVALID_OAUTHSCOPE")
    api.session.headers.pop("Authorization")
    assert error(api.get("/tasks")) == (401, "INVALID_OAUTHTOKEN")


def test_the_second_portal_is_its_own(api):
    assert [p["name"] for p in api.json("/projects", portal=SECOND)] == ["Jingles"]
    assert len(api.json("/tasks", portal=SECOND)["tasks"]) == 2


def test_sorting(api):
    names = [t["name"] for t in api.json("/tasks", sort_by="ASC(name)", per_page=200)["tasks"]]
    assert names == sorted(names)
    stamps = [
        t["last_modified_time"] for t in api.json("/tasks", sort_by="DESC(last_modified_time)")["tasks"]
    ]
    assert stamps == sorted(stamps, reverse=True)


LISTINGS = (
    "/projects",
    "/users",
    "/users?sort=alphabetical:asc",
    "/clients",
    "/contacts",
    "/all-tasklists",
    "/tasks",
    "/tasks?sort_by=ASC(name)",
    "/mytasks",
    "/phases",
    "/issues",
    "/bin",
    f"/projects/{PROJECT}/users",
    f"/projects/{PROJECT}/clients",
    f"/projects/{PROJECT}/tasks",
    f"/projects/{PROJECT}/timelogs?module=%7B%22type%22:%22task%22%7D&view_type=projectspan",
    '/timelogs?module={"type":"general"}&start_date=2026-11-11',
    "/restapi/portal/60012345/clients/",
    "/restapi/portal/60012345/projects/219300000000041001/clientusers/",
)


@pytest.mark.parametrize(
    "record", [{}, {"id": "7", "project": {"id": PROJECT}, "type": "task", "name": None}]
)
def test_whatever_is_stored_the_listings_answer(api, record):
    for entity in (
        "projects",
        "users",
        "clients",
        "contacts",
        "tasklists",
        "tasks",
        "milestones",
        "issues",
        "logs",
    ):
        api.records(entity, {"action": "add", "raw": True, "key": "7", "record": record})
    links = [{"id": "7", "is_primary": True}]
    api.records("project_clients", {"project_id": PROJECT, "clients": links})
    api.records("project_users", {"project_id": PROJECT, "users": ["7"]})
    assert {api.get(path, per_page=200).status_code for path in LISTINGS} <= {200, 204}
