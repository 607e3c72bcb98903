"""The first pages of coming steps are asked for early, once each, and nothing that a run does not read."""

from collections import Counter

from integrations.models import SyncRun


def calls(portal):
    """(path below the portal, its parameters) of every call of the API, in order."""
    return [
        (entry["path"].rpartition("/60012345/")[2], tuple(sorted(entry["params"].items())))
        for entry in portal.state.log
        if entry["path"].startswith("/api/v3/portal/60012345/")
    ]


def test_steps_begin_early_with_what_they_read_in_any_case(sync, portal, control):
    """The bin is read anew at the end all the same; nothing else is asked for twice."""
    for is_whole in (True, False):
        control.post("log/clear")
        run = sync(is_whole=is_whole)
        assert run.status == SyncRun.Status.SUCCEEDED, run.message
        found = calls(portal)
        assert {call: count for call, count in Counter(found).items() if count > 1} == {found[-1]: 2}
        paths = [path for path, _ in found]
        assert paths[-1] == "bin"
        # phases are read first; what comes after them was asked for with the contacts, before their turn
        contacts = paths.index("contacts")
        early = paths[contacts - 5 : contacts + 6]  # they go out together and arrive in any order
        assert {"bin", "phases", "all-tasklists", "tasks", "issues"} <= set(early)
        # nobody knows which projects there are before all were read
        assert max(place for place, path in enumerate(paths) if path == "projects") < paths.index("contacts")


def test_a_run_of_few_modules_asks_for_nothing_of_the_others(sync, portal, control, connection):
    connection.sync_timesheets = False
    connection.save()
    control.post("log/clear")
    run = sync()
    assert run.status == SyncRun.Status.SUCCEEDED, run.message
    assert not [path for path, _ in calls(portal) if path.endswith("timelogs")]
