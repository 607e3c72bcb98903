"""What is served of the older API: portals, clients, approval of single logs."""

import msgspec

from ..messages import Answer, json_answer, legacy_error
from .paging import Plain
from .people import client_users, project_clients
from .shape import integer_ids


def _page(call, name, values):
    """`index` (first record, from 1) and `range` (at most 200); nothing is 204."""
    try:
        index, size = int(call.params.get("index", 1)), min(int(call.params.get("range", 100)), 200)
    except ValueError:
        raise legacy_error(400, 6832, "Input Parameter Does not Match the Pattern Specified") from None
    rows = Plain(values).slice(max(index, 1) - 1, max(index, 1) - 1 + size)
    if not rows:
        return Answer(204, headers=call.headers)
    return Answer(200, b'{"' + name.encode() + b'":[' + b",".join(rows) + b"]}", headers=call.headers)


def _old(data):
    """A record in the older dress: `id` a number, `id_string` a text."""
    key = str(data["id"])
    return {"id": int(key), "id_string": key, **{k: v for k, v in data.items() if k != "id"}}


def _client(call, key):
    record = call.table("clients").get(key)
    if not record:
        raise legacy_error(404, 6404, "Resource Not Found")
    return record


def list_clients(call):
    """GET /clients/: with the same details as V3."""
    hidden = call.switches.demoted
    rows = [] if hidden else [r.data for r in call.table("clients").stored()]
    return _page(call, "clients", [_old(d) for d in rows if str(d.get("id", "")).isdigit()])


def get_client(call, key):
    """GET /clients/{id}/."""
    return json_answer(
        {"clients": [_old(_client(call, key).data) | {"users": client_users(call, key)}]},
        headers=call.headers,
    )


def list_client_projects(call, key):
    """GET /clients/{id}/projects/."""
    _client(call, key)
    ids = [p for p, clients in call.portal.project_clients.items() if any(c["id"] == key for c in clients)]
    records = [call.table("projects").get(p) for p in ids]
    return _page(
        call, "projects", [_old({"id": r.key, "name": r.data.get("name", "")}) for r in records if r]
    )


def list_project_clients(call, project_id):
    """GET /projects/{pid}/clients/: `is_primary` stands here only."""
    return _page(call, "clients", [_old(c) for c in project_clients(call, project_id)])


def get_project_client(call, project_id, key):
    """GET /projects/{pid}/clients/{id}/."""
    for client in project_clients(call, project_id):
        if client["id"] == key:
            return json_answer(
                {"clients": [_old(client) | {"users": client_users(call, key)}]}, headers=call.headers
            )
    raise legacy_error(404, 6404, "Resource Not Found")


def list_project_client_users(call, project_id):
    """GET /projects/{pid}/clientusers/: the people of the project's clients."""
    users = [
        integer_ids(user) | {"client_id": client["id"]}
        for client in project_clients(call, project_id)
        for user in client_users(call, client["id"])
    ]
    return _page(call, "users", [u | {"zpuid": str(u["zpuid"])} for u in users])


# approval

WORDS = {"approve": "Approved", "pending": "Pending", "reject": "Rejected"}


def approve_log(call, *args):
    """POST …/logs/{log}/approval (no trailing slash), form `approval=approve|pending|reject`."""
    project_id, key = args[0], args[-1]
    word = WORDS.get(call.request.form.get("approval", ""))
    record = call.table("logs").get(key)
    if record is None or record.project_id != project_id:
        raise legacy_error(404, 6404, "Resource Not Found")
    if not word:
        raise legacy_error(400, 6831, "Input Parameter Missing")
    set_approval(call, key, word)
    return json_answer({"response": "success"}, headers=call.headers)


def set_approval(call, key, word):
    """Give a log another approval status; moves its change stamp."""
    record = call.table("logs").take(key)
    me = call.portal.person_of(call.account) or {}
    record.data["approval"] = {"status": word} | (
        {} if word == "Pending" else {"name": me.get("name", ""), "email": me.get("email", "")}
    )
    record.data["last_modified_time"] = call.state.clock.stamp()
    record.touched()


def approve_logs(call):
    """PATCH /logs (V3): a JSON list of {id, module, approval_status}, at most 100."""
    try:
        raw = call.request.json()
    except msgspec.DecodeError:
        raw = None
    if not isinstance(raw, list) or not raw or len(raw) > 100:
        raise legacy_error(400, 6831, "Input Parameter Missing")
    for entry in raw:
        word = {"unapproved": "Pending"}.get(
            str(entry.get("approval_status")).lower(), entry.get("approval_status")
        )
        if call.table("logs").get(str(entry.get("id"))) is None or word not in WORDS.values():
            raise legacy_error(400, 6832, "Input Parameter Does not Match the Pattern Specified")
        set_approval(call, str(entry["id"]), word)
    return json_answer({"time_logs": [{"id": e["id"]} for e in raw]}, headers=call.headers)
