"""Settings of the integration as JSON: preferences, interval and field map, out and in, with a look first."""

from typing import Any

from django.db import transaction

from api.building import operation, out
from api.crud import body
from api.errors import BAD_VALUE, NO_SOURCE, RULE, UNKNOWN_NAME, Refused, bad_value
from api.resources.integration_parts import connection_of, ruled
from api.values import day
from integrations import field_map, pairs, preferences
from integrations.dashboard.mapping import NEW, why_not
from integrations.models import Connection
from integrations.preferences import PREFERENCES
from integrations.setup.mapping import stored
from integrations.setup.portals import custom_fields_of
from integrations.zoho.errors import ZohoError

KEPT = (*PREFERENCES, "interval_minutes")
PAIR = {
    "module": str, "source_field": str, "source_label": str, "target_field": str, "data_type": str, "paused": str,
}  # fmt: skip
PAIR_OUT: Any = out("FieldPair", **PAIR)
PAIR_IN: Any = body(
    "FieldPairIn", required=("module", "source_field", "target_field"), with_ids=False, **PAIR
)  # fmt: skip
SETTINGS = out(
    "Settings", preferences=dict[str, Any], field_map=list[PAIR_OUT], version=int, changes=list[dict[str, Any]],
)  # fmt: skip
SETTINGS_IN = body(
    "SettingsIn", with_ids=False, preferences=dict[str, Any], field_map=list[PAIR_IN], scope=str, version=int,
    changes=list[dict[str, Any]],
)  # fmt: skip
NOT_YET = "The set-up is not finished. Finish it with Save and Sync first."


def _plain(value):
    return day(value) if hasattr(value, "isoformat") else value


def _exported(connection, changes=()):
    rows = stored(connection).values()
    return {
        "preferences": {name: _plain(getattr(connection, name)) for name in KEPT},
        "field_map": [{name: getattr(row, name) for name in PAIR} for row in rows],
        "version": connection.settings_version,
        "changes": list(changes),
    }


def _settings(call):
    return "success", _exported(connection_of(call))


def _checked(connection, given):
    """The preferences that came in, of their own types. Refused by name for unknown ones and wrong values."""
    found = {}
    for name, value in given.items():
        place = f"preferences.{name[:100]}"
        if name not in KEPT:
            raise Refused(400, UNKNOWN_NAME, f"There is no preference “{name[:100]}”.", place)
        field: Any = Connection._meta.get_field(name)
        try:
            if field.get_internal_type() == "BooleanField" and not isinstance(value, bool):
                raise ValueError
            found[name] = field.clean(value, connection)
        except Exception:
            raise Refused(400, BAD_VALUE, f"Invalid value passed for {name}", place) from None
    # as the screen has it: a date matters with time logs only, and the access of people with their sync only
    meant = {name: getattr(connection, name) for name in KEPT} | found
    if not meant["sync_timesheets"] and meant["invoiced_before"]:
        found["invoiced_before"] = None
    if not meant["sync_users"] and meant["users_portal_access"]:
        found["users_portal_access"] = False
    return found


def _chosen(rows):
    """{(module, field of Zoho): field here} of a map that came in; it stands for the whole custom map."""
    found = {}
    for number, row in enumerate(rows):
        place = (row["module"], row["source_field"])
        if place in found:
            raise bad_value(f"field_map.{number}.source_field", "This field is mapped twice.")
        found[place] = row["target_field"]
    return found


def _map_changes(present, chosen):
    """What would change, as {name, from, to}; a target of '' is none."""
    return [
        {
            "name": f"field_map.{module}.{source}",
            "from": present[module, source].target_field if (module, source) in present else "",
            "to": chosen.get((module, source), ""),
        }
        for module, source in sorted({*present, *chosen})
        if chosen.get((module, source), "")
        != (present[module, source].target_field if (module, source) in present else "")
    ]


def _checked_map(connection, rows, present, scope):
    """The new map's rows, judged as on the screen; asks Zoho for its fields. Raises Refused."""
    chosen = _chosen(rows)
    modules = {module for module, _ in chosen} & set(field_map.CUSTOM_MODULES)
    try:
        fields = custom_fields_of(connection, modules) if modules else {}
    except ZohoError as error:
        raise Refused(
            503, NO_SOURCE, f"Zoho Projects could not be asked for its fields. {error.message}"
        ) from None
    found, refusals = field_map.check_pairs(connection.organization, fields, chosen, present)
    for number, row in enumerate(rows):
        if sentence := refusals.get((row["module"], row["source_field"])):
            raise Refused(400, RULE, sentence, f"field_map.{number}.target_field")
    if problem := why_not(connection, scope):
        raise Refused(400, RULE, problem, "scope")
    return found


def _import(call, values):
    """Change what is given; with dry_run=true only say what would change. The refusals are the same."""
    connection = connection_of(call)
    look = call.request.GET.get("dry_run", "") or "false"
    if look not in ("true", "false"):
        raise bad_value("dry_run", "dry_run is true or false.")
    if connection.status == Connection.Status.CONNECTING:
        raise Refused(400, RULE, NOT_YET)
    found, rows = _checked(connection, values.get("preferences") or {}), values.get("field_map")
    changes = [
        {"name": name, "from": _plain(getattr(connection, name)), "to": _plain(value)}
        for name, value in found.items()
        if getattr(connection, name) != value
    ]
    present, version = stored(connection), values.get("version")
    mappings, moved = None, _map_changes(present, _chosen(rows)) if rows is not None else []
    if moved:
        mappings = _checked_map(connection, rows, present, values.get("scope") or "")
    ruled(preferences.check_version, connection, version)
    if look == "true":
        return "Nothing was changed: this is what would be.", _exported(connection, [*changes, *moved])
    interval = found.pop("interval_minutes", None)
    with transaction.atomic():
        ruled(lambda: preferences.save(connection, call.user, version, **found))
        if interval is not None:
            preferences.set_interval(connection, call.user, interval)
        if mappings is not None:
            pairs.change_map(connection, call.user, mappings, values["scope"] == NEW)
    connection.refresh_from_db()
    return "The settings have been updated.", _exported(connection, [*changes, *moved])


def add_to(router, root, module):
    """GET and PUT of the settings."""
    common = {"node": "settings", "kind": SETTINGS, **module}
    operation(router, "get", f"{root}/settings", _settings, verb="READ", name="export_settings", **common)
    operation(router, "put", f"{root}/settings", _import, verb="UPDATE", name="import_settings", body=SETTINGS_IN,
              query=("dry_run",), **common)  # fmt: skip
