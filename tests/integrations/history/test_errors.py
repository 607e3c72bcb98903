"""Error summary, Error Details, retry, ignore, undo, CSV, over records that the practice portal really refuses."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from customers.models import Customer
from integrations.models import IgnoredProblem, SettingsChange, SyncedRecord, SyncRun
from integrations.sync.reasons import HEADINGS, REASONS
from integrations.sync.runner import run_to_end
from tests.integrations.history.conftest import PAGE

ERRORS = PAGE + "errors/"


def text(client, address=ERRORS):
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def row(module, **where):
    found = SyncedRecord.objects.filter(module=module, **where).order_by("pk").first()
    assert found is not None, (module, where)
    return found


def worked(run):
    return run_to_end(run.pk, sleep=lambda seconds: pytest.fail("a run should not have to wait here"))


def test_the_summary_has_the_specifications_words_and_adds_up(admin, sync):
    run = sync.first()
    page = text(admin)
    for module in ("projects", "timesheets", "tasks"):
        assert HEADINGS[module] in page
    assert "Why did it happen?" in page and "How do you resolve it?" in page
    assert "The projects were not associated with the primary customer." in page
    assert "different currency, and try changing" in page
    assert "Ensure that the timesheets are billable, approved, and associated" in page
    failed = sum(part.failed for part in run.module_runs.all())
    assert f"<strong>{failed}</strong> records could not be fetched" in page
    for reason in SyncedRecord.objects.exclude(outcome="synced").values_list("reason", flat=True).distinct():
        assert escape(REASONS[reason].title) in page, reason
    shown = re.findall(r"section=failed[^>]*>[^<]*: ([\d,]+) record", page)
    assert sum(int(number.replace(",", "")) for number in shown) == failed


def test_a_failed_parent_stands_once_with_the_children_and_hours_it_keeps_out(admin, sync):
    sync.first()
    parent = row(
        "projects",
        reason="no_primary_customer",
        zoho_id__in=SyncedRecord.objects.filter(module="timesheets").values("blocked_by"),
    )
    below = SyncedRecord.objects.filter(blocked_by=parent.zoho_id)
    minutes = sum(below.filter(minutes__isnull=False).values_list("minutes", flat=True))
    hours = f"{minutes // 60}:{minutes % 60:02} h"
    words = f"Keeps out {below.count()} more records with {hours}"
    assert words in text(admin, ERRORS + "projects/?reason=no_primary_customer")
    page = text(admin, f"{ERRORS}blocked/{parent.pk}/")
    assert words in page and "Kept out by it" in page
    child = below.filter(module="timesheets").first()
    assert f'data-record="{child.zoho_id}"' in page
    assert "at stake" in page
    tasks = text(admin, ERRORS + "tasks/?reason=project_not_fetched")
    assert f"{ERRORS}blocked/{parent.pk}/" in tasks, "a child leads to its parent"


def test_a_currency_conflict_leads_to_the_customer_here(admin, sync, connection):
    mine = Customer.objects.create(
        organization=connection.organization, display_name="port of silver sound", currency="USD"
    )
    connection.customer_duplication = "overwrite"
    connection.save()
    sync()
    for module in ("customers", "projects"):
        page = text(admin, f"{ERRORS}{module}/?reason=currency_mismatch")
        assert f'href="/customers/{mine.pk}/"' in page and "Open the customer" in page
        assert "here: USD, Zoho Projects:" in page
    customer = row("customers", reason="currency_mismatch")
    page = text(admin, f"{ERRORS}blocked/{customer.pk}/")
    assert page.count("data-record") == 1 + SyncedRecord.objects.filter(blocked_by=customer.zoho_id).count()


def test_links_lead_to_zohos_page_of_the_data_centre(admin, sync, connection, settings):
    connection.web_url = "https://projects.zoho.eu"
    connection.save()
    sync()
    project = row("projects", reason="no_primary_customer")
    page = text(admin, ERRORS + "projects/")
    assert f"https://projects.zoho.eu/portal/60012345#zp/projects/{project.zoho_id}/" in page
    assert "Open the project in Zoho" in page
    connection.web_url, connection.data_center, settings.USING_PRACTICE_PORTAL = "", "in", False
    connection.save()
    assert "https://projects.zoho.in/portal/60012345#zp" in text(admin, ERRORS + "projects/")
    task = row("tasks", outcome="failed", zoho_id__regex=r"^[0-9]+$")
    assert f"#zp/task-detail/{task.zoho_id}" in text(admin, ERRORS + "tasks/")


def test_retry_reads_the_record_again_and_it_heals(admin, sync, control):
    sync.first()
    broken = row("customers", reason="invalid_record", zoho_id__regex=r"^[0-9]+$")
    control.change("clients", {"id": broken.zoho_id, "set": {"name": "Named at last"}})
    here = ERRORS + "customers/?section=failed"
    answer = admin.post(ERRORS + "retry/", {"one": str(broken.pk), "here": here})
    assert answer["Location"] == here
    run = SyncRun.objects.get(trigger="retry")
    assert "olga@harbour.example.test" in (run.requested_by.email) and run.is_active
    page = text(admin)
    assert "A sync is in progress" in page and re.search(r"disabled>\s*Retry all", page)
    worked(run)
    broken.refresh_from_db()
    assert broken.reason != "invalid_record"
    assert f'data-record="{broken.zoho_id}"' not in text(admin, here)


def test_retry_of_the_ticked_and_of_all_of_a_cause(admin, sync):
    sync.first()
    logs = list(SyncedRecord.objects.filter(reason="not_approved").values_list("pk", flat=True))
    admin.post(ERRORS + "retry/", {"record": [str(pk) for pk in logs[:2]]})
    run = worked(SyncRun.objects.get(trigger="retry"))
    assert run.module_runs.get(module="timesheets").seen == 2
    admin.post(ERRORS + "retry/", {"cause": "timesheets/not_approved"})
    run = worked(SyncRun.objects.filter(trigger="retry").latest("id"))
    assert run.module_runs.get(module="timesheets").seen == len(logs)
    assert f"{PAGE}history/{run.pk}/" in text(admin, PAGE + "history/")


def test_never_two_runs_at_once_and_a_double_click_starts_one(admin, sync):
    sync.first()
    pk = row("projects", reason="no_primary_customer").pk
    for _ in range(2):
        answer = admin.post(ERRORS + "retry/", {"one": str(pk)}, follow=True)
    assert "A sync is already in progress" in answer.content.decode()
    assert SyncRun.objects.filter(status="queued").count() == 1


def test_ignored_with_a_reason_until_a_day_and_taken_back(admin, sync, monkeypatch):
    sync.first()
    failing = row("projects", reason="no_primary_customer")
    before = SyncedRecord.objects.filter(outcome="failed").count()
    form = admin.post(ERRORS + "ignore/", {"record": [str(failing.pk)]}).content.decode()
    assert escape(failing.name) in form and "Why can it be ignored?" in form
    today = timezone.localdate()
    given = {
        "record": [str(failing.pk)],
        "note": "  internal\n project ",
        "until": (today + timedelta(days=3)).isoformat(),
    }
    admin.post(ERRORS + "ignore/", given)
    entry = IgnoredProblem.objects.get()
    assert (entry.note, entry.reason) == ("internal project", "no_primary_customer")
    page = text(admin)
    assert f"<strong>{before - 1}</strong>" in page and "1 more are ignored" in page
    assert f'data-record="{failing.zoho_id}"' not in text(admin, ERRORS + "projects/")
    assert f'data-record="{failing.zoho_id}"' in text(admin, ERRORS + "projects/?section=ignored")
    assert "internal project" in text(admin, ERRORS + "ignored/")
    # when the day is past it is back, and so it is when it fails for another cause
    IgnoredProblem.objects.update(until=today - timedelta(days=1))
    assert f"<strong>{before}</strong>" in text(admin)
    IgnoredProblem.objects.update(until=None)
    SyncedRecord.objects.filter(pk=failing.pk).update(reason="primary_customer_unclear")
    assert f'data-record="{failing.zoho_id}"' in text(admin, ERRORS + "projects/")
    SyncedRecord.objects.filter(pk=failing.pk).update(reason="no_primary_customer")
    admin.post(ERRORS + "ignored/undo/", {"ignored": str(entry.pk)})
    assert f"<strong>{before}</strong>" in text(admin)
    assert "Nothing is ignored" in text(admin, ERRORS + "ignored/")


def test_a_whole_cause_is_ignored_and_the_timeline_says_by_whom(admin, sync):
    sync.first()
    number = SyncedRecord.objects.filter(
        module="tasks", outcome="failed", reason="project_not_fetched"
    ).count()
    admin.post(ERRORS + "ignore/", {"cause": "tasks/project_not_fetched", "note": "known", "until": ""})
    page = text(admin, ERRORS + "tasks/?section=ignored")
    assert page.count("data-record=") == number
    assert "Ignored: Tasks" in SettingsChange.objects.latest("id").what
    admin.post(ERRORS + "ignore/", {"cause": "tasks/project_not_fetched", "note": "said twice", "until": ""})
    entry = IgnoredProblem.objects.get()
    assert entry.note == "said twice"
    admin.post(ERRORS + "ignored/undo/", {"ignored": str(entry.pk)})
    assert "No longer ignored" in SettingsChange.objects.latest("id").what


def test_what_is_wrong_with_the_form_is_said_and_nothing_is_stored(admin, sync):
    sync.first()
    pk = str(row("projects", reason="no_primary_customer").pk)
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    for note, until, words in (
        ("", "", "Say why"),
        ("x" * 501, "", "within 500 characters"),
        ("fine", yesterday, "That day is over"),
        ("fine", "2026-99-99", "cannot be read"),
        ("fine", "soon", "cannot be read"),
    ):
        answer = admin.post(ERRORS + "ignore/", {"record": [pk], "note": note, "until": until})
        assert answer.status_code == 400 and words in answer.content.decode(), words
    assert "Choose at least one" in admin.post(ERRORS + "ignore/", {}, follow=True).content.decode()
    assert "Choose at least one" in admin.post(ERRORS + "retry/", {}, follow=True).content.decode()
    assert not IgnoredProblem.objects.exists()


def test_errors_as_csv(admin, sync):
    sync.first()
    SyncedRecord.objects.filter(reason="no_primary_customer").update(name="=cmd|' /C calc'!A0")
    answer = admin.get(ERRORS + "problems.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == SyncedRecord.objects.filter(outcome="failed").count()
    assert "'=cmd|' /C calc'!A0" in {line["Name"] for line in rows}
    hours = {line["Zoho id"]: line["Hours"] for line in rows}
    log = SyncedRecord.objects.filter(outcome="failed", minutes__isnull=False).first()
    assert float(hours[log.zoho_id]) == pytest.approx(log.minutes / 60, abs=0.01)
    one = admin.get(ERRORS + "problems.csv?module=timesheets&section=excluded&reason=not_approved")
    assert (
        b"".join(one.streaming_content).count(b"Not approved")
        == SyncedRecord.objects.filter(reason="not_approved").count()
    )
    assert admin.get(ERRORS + "problems.csv?module=nothing").status_code == 404


def test_everything_is_synced_says_so_with_a_time(admin, sync):
    sync.first()
    SyncedRecord.objects.filter(outcome="failed").delete()
    page = text(admin)
    assert "Everything is synced" in page and "as of " in page


def test_long_lists_are_paged_and_names_are_text(admin, connection):
    now = timezone.now()
    SyncedRecord.objects.bulk_create(
        SyncedRecord(
            connection=connection, module="tasks", zoho_id=str(number), name="<i>x</i>", outcome="failed",
            reason="invalid_record", first_seen_at=now,
        )
        for number in range(60)
    )  # fmt: skip
    page = text(admin, ERRORS + "tasks/?reason=invalid_record")
    assert page.count("data-record") == 50 and "<i>x" not in page
    following = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "reason=invalid_record" in following
    assert text(admin, ERRORS + "tasks/" + following).count("data-record") == 10


def test_reconnect_is_offered_where_it_is_needed(admin, sync, connection):
    connection.status = "needs_reconnect"
    connection.save()
    for address in (ERRORS, ERRORS + "projects/"):
        page = text(admin, address)
        assert "Reconnect needed" in page and ">Reconnect<" in page
