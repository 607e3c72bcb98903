"""The recycle bin."""

import msgspec

from ..messages import Answer, error
from .paging import Plain, listing
from .portals import profile_of


def _entries(call):
    """Everything for owners and administrators, one's own deletions for others."""
    entries = call.portal.bin()
    if profile_of(call, call.portal) in {"Portal Owner", "Administrator"}:
        return entries
    me = (call.portal.person_of(call.account) or {}).get("zpuid")
    return [e for e in entries if (e.get("deleted_by") or {}).get("zpuid") == me]


def list_bin(call):
    """GET /bin: `{"trash": […], "page_info": …}`."""
    return listing(call, "bin", Plain(_entries(call)), "trash")


def _named(call):
    try:
        raw = call.request.json()
    except msgspec.DecodeError:
        raise error(call.request, 400, "JSON_PARSE_ERROR", "JSON parse error") from None
    raw = raw.get("ids", raw.get("trash", [])) if isinstance(raw, dict) else raw or []
    wanted = {str(r.get("id") if isinstance(r, dict) else r) for r in raw}
    return [e for e in _entries(call) if e["id"] in wanted]


def restore_bin(call):
    """POST /bin/restore with a JSON list of ids or {id, module}."""
    for entry in _named(call):
        call.portal.restore(entry["module"], entry["id"])
    return Answer(204, headers=call.headers)


def delete_bin(call):
    """DELETE /bin with the same list: gone for good."""
    for entry in _named(call):
        call.portal.delete(entry["module"], entry["id"])
    return Answer(204, headers=call.headers)


def empty_bin(call):
    """DELETE /empty-bin."""
    for entry in _entries(call):
        call.portal.delete(entry["module"], entry["id"])
    return Answer(204, headers=call.headers)
