"""Users, clients (customers) and contacts; a project's users and clients."""

from collections import Counter

import msgspec

from ..messages import Answer, json_answer, not_found, wrong_url
from . import sorting
from .paging import Plain, listing
from .projects import one
from .shape import reshape

# users


def _user_fits(call):
    kind, params = call.params.get("type", "0"), call.params
    inactive = params.get("view_type") == "inactive"
    ids = set(filter(None, params.get("ids", "").split(",")))
    companies = set(filter(None, params.get("company_ids", "").split(",")))

    def fits(user):
        is_client = user.get("user_type") == "client"
        if user.get("is_active", True) == inactive:
            return False
        if (kind == "1" and is_client) or (kind == "2" and not is_client):
            return False
        if companies and user.get("client_company_id") not in companies:
            return False
        return not ids or user.get("zpuid") in ids or str(user.get("zuid")) in ids

    return fits


def list_users(call):
    """GET /users: active people unless `view_type=inactive`; `type` 0 all, 1 portal users, 2 client users."""
    rows = sorting.ordered(call, call.table("users").rows(None, _user_fits(call)), "users")
    if call.params.get("sort", "").startswith("alphabetical"):
        values = sorted(
            (msgspec.json.decode(r) for r in rows.slice(0, len(rows))),
            key=lambda d: str(d.get("name") or ""),
            reverse=call.params["sort"].endswith("desc"),
        )
        rows = Plain(values)
    return listing(call, "users", rows, form="users", bare=bool(call.switches.users_as_array))


def get_user(call, key):
    """GET /users/{zpuid or e-mail}, GET /users/me."""
    if key == "me":
        user = call.portal.person_of(call.account)
    elif "@" in key:
        user = call.portal.person_of(key)
    else:
        user = call.record("users", key).data
    if not user:
        raise not_found(call.request)
    return one(call, "users", call.record("users", user["zpuid"]))


def list_project_users(call, project_id):
    """GET /projects/{id}/users: the active members; they may carry only `full_name`."""
    call.project(project_id)
    out, inactive = [], call.params.get("view_type") == "inactive"
    for zpuid in call.portal.project_users.get(project_id, ()):
        record = call.table("users").get(zpuid)
        if record and bool(record.data.get("is_active", True)) != inactive:
            member = {k: v for k, v in record.data.items() if k not in {"name", "added_time"}}
            out.append(member | {"role": record.data.get("role", {})})
    return listing(call, "users", Plain(out), "users", form="users", bare=bool(call.switches.users_as_array))


# clients and contacts


def _v3_clients(call):
    if call.switches.v3_clients_unavailable:
        raise wrong_url(call.request)


def _counts(call):
    """A function that adds the numbers of projects and contacts to a client's data."""
    projects = Counter(c["id"] for clients in call.portal.project_clients.values() for c in clients)
    contacts = Counter(r.data.get("client_id") for r in call.table("contacts").records.values())
    return lambda data: (
        data | {"projects_count": projects[data.get("id")], "contacts_count": contacts[data.get("id")]}
    )


def client_users(call, client_id):
    """`{id, zpuid, name, email}` of the people of a client who can log in."""
    return [
        {
            "id": str(r.data.get("zuid", "")),
            "zpuid": r.key,
            "name": r.data.get("name", ""),
            "email": r.data.get("email", ""),
        }
        for r in call.table("users").records.values()
        if r.data.get("client_company_id") == client_id and r.data.get("is_active", True)
    ]


def list_clients(call):
    """GET /clients; a demoted account sees none."""
    _v3_clients(call)
    rows = call.table("clients").rows(None, (lambda d: False) if call.switches.demoted else None)
    counted = _counts(call)
    return listing(call, "clients", Plain([counted(record.data) for record in rows.stored]))


def get_client(call, key):
    """GET /clients/{id}: `{"clients": […]}` with its users."""
    _v3_clients(call)
    data = call.record("clients", key).data
    raw = msgspec.json.encode(_counts(call)(data) | {"users": client_users(call, key)})
    return Answer(200, b'{"clients":[' + reshape(call, "clients", [raw])[0] + b"]}", headers=call.headers)


def list_contacts(call):
    """GET /contacts."""
    _v3_clients(call)
    return listing(
        call,
        "contacts",
        call.table("contacts").rows(None, (lambda d: False) if call.switches.demoted else None),
    )


def get_contact(call, key):
    """GET /contacts/{id}: `{"contacts": […]}`."""
    _v3_clients(call)
    raw = reshape(call, "contacts", [call.record("contacts", key).raw])[0]
    return Answer(200, b'{"contacts":[' + raw + b"]}", headers=call.headers)


def project_clients(call, project_id):
    """The clients of a project in the order of adding, with `is_primary` and `added_time`."""
    call.project(project_id)
    out = []
    for link in call.portal.project_clients.get(project_id, ()):
        record = call.table("clients").get(link["id"])
        if not record:
            continue
        client = {"id": link["id"], "name": record.data.get("name", "")}
        if "is_primary" in link and not call.switches.no_is_primary:
            client["is_primary"] = link["is_primary"]
        if link.get("added_time"):
            client["added_time"] = link["added_time"]
        if record.data.get("crm_account"):
            client["crm_account"] = record.data["crm_account"]
        out.append(client)
    return out


def list_project_clients(call, project_id):
    """GET /projects/{id}/clients."""
    _v3_clients(call)
    return listing(call, "clients", Plain(project_clients(call, project_id)), "clients")


def me(call):
    """GET /users/me."""
    return get_user(call, "me")


def not_offered(call, *args):
    """Paths known from other portals that this one refuses."""
    raise wrong_url(call.request)


def plain(call, value):
    """A JSON value with the headers of the call."""
    return json_answer(value, headers=call.headers)
