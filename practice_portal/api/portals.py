"""Portals, the caller's profile in them, profiles, roles and project groups."""

from ..messages import json_answer, wrong_method
from .paging import empty
from .shape import integer_ids


def profile_of(call, portal):
    """Name of the caller's permission profile in the portal."""
    return "Employee" if call.switches.demoted else portal.profiles[call.account]


def _profile(call, portal):
    name = profile_of(call, portal)
    return {"id": int(f"{portal.prefix}{PROFILE_NUMBERS.get(name, 8014):06d}"), "name": name}


PROFILE_NUMBERS = {
    "Portal Owner": 8012,
    "Employee": 8013,
    "Administrator": 8011,
    "Manager": 8014,
    "Contractor": 8015,
    "Client": 8019,
}
ROLE_NUMBERS = {"Administrator": 8021, "Employee": 8022, "Manager": 8023, "Client": 8030}


def _owner(call, portal):
    """The portal owner; a demoted account no longer owns anything, so another person stands there."""
    owner = portal.card["owner"]
    if call.switches.demoted and owner["email"].lower() == call.account.lower():
        for record in portal.tables["users"].records.values():
            user = record.data
            if user.get("email", owner["email"]) != owner["email"] and user.get("is_active"):
                return {
                    "id": str(user["zuid"]),
                    "zpuid": user["zpuid"],
                    "name": user["name"],
                    "email": user["email"],
                }
    return owner


def list_portals(call):
    """GET /api/v3/portals: a bare array without paging."""
    if call.switches.v3_portal_list_unavailable:
        raise wrong_method(call.request)
    portals = [
        portal.card | {"owner": _owner(call, portal), "profile": _profile(call, portal)}
        for portal in call.state.portals_of(call.account)
    ]
    if not portals:
        return empty(call)
    return json_answer(integer_ids(portals) if call.switches.integer_ids else portals, headers=call.headers)


def get_portal(call):
    """GET /portal/{p}: `portal_details`, with `name` in place of `portal_name` and the id as a number."""
    card = dict(call.portal.card)
    name = card.pop("portal_name")
    details = {
        **card,
        "id": int(card["id"]),
        "name": name,
        "owner": _owner(call, call.portal),
        "profile": _profile(call, call.portal),
        "integrations": {"crm": call.portal.number == 1},
    }
    return json_answer({"portal_details": details}, headers=call.headers)


def list_profiles(call):
    """GET /profiles."""
    return json_answer(
        {
            "profiles": [
                {"id": f"{call.portal.prefix}{n:06d}", "name": name} for name, n in PROFILE_NUMBERS.items()
            ]
        },
        headers=call.headers,
    )


def list_roles(call):
    """GET /roles."""
    return json_answer(
        {"roles": [{"id": f"{call.portal.prefix}{n:06d}", "name": name} for name, n in ROLE_NUMBERS.items()]},
        headers=call.headers,
    )


def list_groups(call):
    """GET /project-groups."""
    return (
        json_answer({"project_groups": call.portal.groups}, headers=call.headers)
        if call.portal.groups
        else empty(call)
    )


def list_portals_legacy(call):
    """GET /restapi/portals/: the older list; `role` is the caller's."""
    out = []
    for portal in call.state.portals_of(call.account):
        card, profile = portal.card, profile_of(call, portal)
        role = "admin" if profile in {"Portal Owner", "Administrator"} else profile.lower()
        out.append(
            {
                "id": int(card["id"]),
                "id_string": card["id"],
                "name": card["portal_name"],
                "default": portal.number == 1,
                "role": role,
                "gmt_time_zone": card.get("timezone", ""),
                "plan": card.get("project_plan", "Free"),
                "is_crm_partner": portal.number == 1,
                "locale": {"code": "en", "country": "DE"},
                "settings": {
                    "company_name": card["org_name"],
                    "time_zone": card.get("timezone", ""),
                    "date_format": "MM-dd-yyyy",
                },
                "project_count": {"active": len(portal.tables["projects"].records)},
                "link": {"project": {"url": f"{call.state.url}/restapi/portal/{card['id']}/projects/"}},
            }
        )
    who = call.state.accounts[call.account]
    return json_answer({"login_id": str(who["zuid"]), "portals": out}, headers=call.headers)
