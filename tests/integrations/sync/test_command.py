"""`sync_zoho_projects`: a run in the foreground, and what it answers."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.models import Connection, SyncRun


def run_command(*arguments):
    """The command's standard output."""
    out = io.StringIO()
    call_command("sync_zoho_projects", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_works_a_run_and_prints_its_counts_as_json(connection):
    report = json.loads(run_command("--format", "json"))
    run = SyncRun.objects.get()
    assert (report["run"], report["status"], run.trigger) == (run.pk, "succeeded", "command")
    for counts in report["modules"].values():
        parts = [counts[name] for name in ("created", "updated", "unchanged", "excluded", "failed")]
        assert counts["seen"] == sum(parts)
    assert report["modules"]["timesheets"]["created"] > 0


def test_a_disabled_integration_is_refused_with_a_sentence(connection):
    Connection.objects.update(status=Connection.Status.DISABLED)
    with pytest.raises(CommandError, match="disabled") as refusal:
        run_command()
    assert refusal.value.returncode == 1


def test_an_unknown_organization_is_wrong_usage(connection):
    with pytest.raises(CommandError, match="no organization") as refusal:
        run_command("--organization", "Nowhere")
    assert refusal.value.returncode == 2


def test_a_run_that_fails_ends_with_status_1_and_its_sentence(connection, control):
    control.switch(refresh_tokens_revoked=True)
    with pytest.raises(CommandError) as failure:
        run_command()
    assert failure.value.returncode == 1
    assert SyncRun.objects.get().message == str(failure.value)


def test_only_the_modules_asked_for_are_read(connection):
    report = json.loads(run_command("--module", "bugs", "--format", "json"))
    assert report["modules"]["bugs"]["seen"] > 0
    assert report["modules"]["tasks"]["seen"] == report["modules"]["timesheets"]["seen"] == 0


class Terminal(io.StringIO):
    """A standard error stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_that_fills_and_anything_else_plain_lines(connection, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    call_command("sync_zoho_projects", stdout=io.StringIO(), stderr=shown)
    steps = shown.getvalue().split("\r")
    assert len(steps) > 1 and "records" in steps[-1]
    assert "#" * 30 in steps[-1] and steps[-1].endswith("\n")
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", io.StringIO())
    call_command("sync_zoho_projects", stdout=io.StringIO(), stderr=lines)
    assert "records" in lines.getvalue() and "\r" not in lines.getvalue() and "#" not in lines.getvalue()


def test_queue_hands_the_run_to_the_worker_and_returns(connection):
    from django_q.models import OrmQ

    report = json.loads(run_command("--queue", "--format", "json"))
    run = SyncRun.objects.get()
    assert (report["run"], report["status"], run.status, run.trigger) == (
        run.pk,
        "queued",
        "queued",
        "command",
    )
    assert OrmQ.objects.count() == 1
    with pytest.raises(CommandError, match="already in progress"):
        run_command()
