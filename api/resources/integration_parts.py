"""What the addresses of the integration share: its connection, and its rules' refusals in the API's shape."""

from api import guards
from api.errors import RULE, UNKNOWN_ROW, Refused, no_row
from api.values import path_id
from integrations import lifecycle, preferences, problems

MISSING = {
    "connection": "Connection does not exist",
    "run": "Run does not exist",
    "record": "Record does not exist",
}


def connection_of(call, text=None):
    """The organization's connection; refused (1002) when there is none, or another one is named."""
    guards.admin(call)
    found = lifecycle.live_connection(call.organization)
    if found is None or (text is not None and path_id(text) != found.pk):
        raise no_row(MISSING["connection"])
    return found


def ruled(do, *args):
    """What a rule of the integration says when it refuses, in the API's shape."""
    try:
        return do(*args)
    except (lifecycle.LifecycleRefused, problems.ProblemRefused, preferences.Stale) as refused:
        raise Refused(400, RULE, str(refused)) from None
    except problems.NoSuchRecord:
        raise Refused(400, UNKNOWN_ROW, MISSING["record"]) from None
