"""Answers that look fine and are not, over a portal that is here already: nothing is lost, and the page says so."""

from integrations.models import SyncedRecord, SyncRun
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing

LISTS = r"/60012345/(projects|users|clients|contacts|milestones|phases|all-tasklists|tasks|issues)(\?|$)"
LIES = {
    "a page of the web server": {"html": True, "status": 200},
    "an error inside 200": {"body": '{"error": {"title": "JSON_PARSE_ERROR"}}', "status": 200},
    "nothing at all": {"status": 204, "body": ""},
    "an empty list": {"body": "[]", "status": 200},
    "a shape nobody knows": {"body": '{"surprise": [{"id": "1"}]}', "status": 200},
    "forbidden": {"status": 403, "body": '{"error": {"title": "FORBIDDEN"}}'},
    "not found": {"status": 404, "body": '{"error": {"title": "RESOURCE_NOT_FOUND"}}'},
    "a redirect": {"redirect": "http://127.0.0.1:9/elsewhere"},
    "half a body": {"cut": 40},
}


def kept():
    """What people work with: every table but the ledger's remarks and the counts."""
    dump = _dump()
    ledger = SyncedRecord.objects.exclude(outcome="deleted").filter(object_id__isnull=False)
    dump["SyncedRecord"] = [repr(row) for row in ledger.values_list("module", "zoho_id", "object_id")]
    return {table: rows for table, rows in dump.items() if table != "counts"}


def test_lying_lists_lose_nothing_and_say_so(sync, control, patiently):
    sync.first()
    before = kept()
    for lie, act in LIES.items():
        control.post("faults", [{"match": {"path": LISTS}, "act": act, "times": "forever"}])
        run = patiently()
        assert differing(kept(), before) == {}, lie
        assert run.message or lie in ("nothing at all", "an empty list"), lie
    control.post("faults", [])
    run = sync()
    assert (run.status, run.message) == (SyncRun.Status.SUCCEEDED, "")
    assert differing(kept(), before) == {}
