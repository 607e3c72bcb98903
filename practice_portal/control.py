"""The control interface under /control/: look, set switches and faults, change records, move the clock.

For tests and demonstrations; loopback only, no token. Answers are JSON; a wrong call is 400 `{"error": "…"}`.
"""

import msgspec

from .control_records import change_records
from .faults import Faults, Rule
from .messages import json_answer
from .switches import SWITCHES


class WrongCallError(Exception):
    """A call that cannot be carried out; the text says why."""


def answer(state, request):
    """The answer to one call of the control interface."""
    try:
        body = request.json()
    except msgspec.DecodeError:
        return json_answer({"error": "the body is not JSON"}, 400)
    try:
        return json_answer(run(state, request.method, request.path, body, request.params))
    except (WrongCallError, KeyError, ValueError, TypeError) as wrong:
        return json_answer({"error": str(wrong.args[0]) if wrong.args else repr(wrong)}, 400)


def run(state, method, path, body=None, params=None):
    """Carry out one control call and return its JSON value; also used by fault rules."""
    parts = path.strip("/").split("/")[1:]
    with state.lock:
        if method == "POST" and parts[:1] == ["records"] and len(parts) == 3:
            return change_records(state, parts[1], parts[2], body)
        if method == "GET" and parts[:1] == ["records"] and len(parts) in (3, 4):
            return _read(state, *parts[1:])
        handler = _CALLS.get((method, "/".join(parts)))
        if not handler:
            raise WrongCallError(f"unknown control call: {method} {path}")
        return handler(state, body if body is not None else {}, params or {})


def portal_by(state, key):
    """A portal by id, name or number (1, 2). Raises KeyError."""
    for portal in state.portals.values():
        if key in {portal.id, portal.name, str(portal.number)}:
            return portal
    raise KeyError(f"unknown portal: {key}")


def _read(state, portal, entity, key=None):
    from .control_records import entity_name

    table = portal_by(state, portal).tables[entity_name(entity)]
    if key:
        record = table.take(key)
        return {"record": record.data, "in_bin": bool(record.trashed)}
    return {
        "ids": [k for k, r in table.records.items() if not r.trashed],
        "in_bin": [k for k, r in table.records.items() if r.trashed],
        "generated": table.base.count if table.base else 0,
    }


def _state(state, body, params):
    tokens = state.tokens
    return {
        "url": state.url,
        "today": state.today.isoformat(),
        "now": state.clock.stamp(),
        "clock_offset": state.clock.offset,
        "calls": state.calls,
        "switches": state.switches.as_dict(),
        "settings": state.settings.as_dict(),
        "faults": [r.as_dict() for r in state.faults.rules],
        "throttle": state.throttle.state(),
        "accounts": list(state.accounts.values()),
        "tokens": {
            "refresh": sum(not r.revoked for r in tokens.refresh.values()),
            "access": len(tokens.access),
        },
        "portals": [
            {
                "number": p.number,
                "id": p.id,
                "name": p.name,
                "records": {e: len(t.records) + (t.base.count if t.base else 0) for e, t in p.tables.items()},
            }
            for p in state.portals.values()
        ],
    }


def _switches(state, body, params):
    for name in body:
        if name not in SWITCHES:
            raise KeyError(f"unknown switch: {name}")
    for name, value in body.items():
        state.set_switch(name, value)
    return state.switches.as_dict()


def _settings(state, body, params):
    state.settings.update(body)
    return state.settings.as_dict()


def _log(state, body, params):
    after, wanted = int(params.get("after", 0)), params.get("path", "")
    return {"calls": [e for e in state.log if e["number"] > after and wanted in e["path"]]}


def _clear_log(state, body, params):
    state.log.clear()
    return {"calls": []}


def _faults(state, body, params):
    raw = body if isinstance(body, list) else body.get("rules", [body] if body.get("act") else [])
    rules = [Rule.read(r) for r in raw]
    if isinstance(body, dict) and body.get("add"):
        rules = state.faults.rules + rules
    state.faults = Faults()
    state.faults.rules = rules
    return {"rules": [r.as_dict() for r in rules]}


def _clock(state, body, params):
    if "add" in body:
        state.clock.offset += float(body["add"])
    else:
        state.clock.offset = float(body["offset"])
    return {"offset": state.clock.offset, "now": state.clock.stamp()}


def _reset(state, body, params):
    state.reset(keep_tokens=bool(body.get("keep_tokens")))
    return {"today": state.today.isoformat()}


def _throttle_clear(state, body, params):
    state.throttle.clear()
    return state.throttle.state()


def _throttle_lock(state, body, params):
    """Lock a pattern: `{"pattern": "/api/v3/portal/{n}/tasks", "portal": "1", "seconds": 1320}`."""
    portal = portal_by(state, str(body["portal"])).id if body.get("portal") else next(iter(state.portals))
    state.throttle.lock(
        portal,
        body.get("method", "GET"),
        body["pattern"],
        float(body.get("seconds", state.settings.throttle_lock)),
    )
    return state.throttle.state()


def _tokens_expire(state, body, params):
    state.tokens.expire_access()
    return {"access": len(state.tokens.access)}


def _tokens_grant(state, body, params):
    """A refresh and an access token without the consent page, for tests that begin connected."""
    account = body.get("account") or next(iter(state.accounts))
    scopes = tuple(body.get("scopes") or DEFAULT_SCOPES)
    refresh = state.tokens.make_refresh(state.settings.client_id, account, scopes, limited=False)
    access = state.tokens.make_access(scopes, account, refresh)
    refresh.minted.clear()
    state.keep()
    return {
        "access_token": access.token,
        "refresh_token": refresh.token,
        "account": account,
        "expires_in": int(state.settings.access_token_seconds),
    }


DEFAULT_SCOPES = [
    f"ZohoProjects.{m}.READ"
    for m in (
        "portals",
        "projects",
        "users",
        "clients",
        "tasklists",
        "tasks",
        "milestones",
        "bugs",
        "timesheets",
        "custom_fields",
        "tags",
    )
] + ["AaaServer.profile.READ"]

_CALLS = {
    ("GET", "state"): _state,
    ("POST", "switches"): _switches,
    ("POST", "settings"): _settings,
    ("GET", "log"): _log,
    ("POST", "log/clear"): _clear_log,
    ("POST", "faults"): _faults,
    ("POST", "clock"): _clock,
    ("POST", "reset"): _reset,
    ("POST", "throttle/clear"): _throttle_clear,
    ("POST", "throttle/lock"): _throttle_lock,
    ("POST", "tokens/expire"): _tokens_expire,
    ("POST", "tokens/grant"): _tokens_grant,
}
