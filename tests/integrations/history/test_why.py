"""Why isn't this here? By link, id or title, for every module, and also when the record is here."""

import pytest
from django.utils.html import escape

from integrations.dashboard.links import named_by
from integrations.models import Module, SyncedRecord
from tests.integrations.history.conftest import PAGE

WHY = PAGE + "errors/why/"


def ask(admin, question, **more):
    answer = admin.get(WHY, {"q": question, **more})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("address", "module", "zoho_id"),
    [
        ("https://projects.zoho.com/portal/acme#zp/projects/123/", "projects", "123"),
        ("https://projects.zoho.eu/portal/acme#zp/projects/123/tasks/task-detail/456?x=1", "tasks", "456"),
        ("https://projects.zoho.eu/portal/acme#zp/task-detail/456/", "tasks", "456"),
        ("projects.zoho.in/portal/7#zp/projects/123/bug-detail/9", "bugs", "9"),
        ("https://projects.zoho.com/portal/acme#zp%2Fprojects%2F123", "projects", "123"),
        ("https://projectsapi.zoho.com/api/v3/portal/1/projects/2/logs/33", "timesheets", "33"),
        ("https://projects.zoho.com/portal/1#zp/projects/2/milestone-detail/5", "milestones", "5"),
        ("  219300000000089998 ", "", "219300000000089998"),
        ("A title / with a slash", "", ""),
        ("12 apples", "", ""),
    ],
)
def test_what_a_pasted_address_means(address, module, zoho_id):
    assert named_by(address) == (module, zoho_id)


def test_every_module_is_found_by_id_and_the_answer_names_rule_or_place(admin, sync):
    run = sync.first()
    for module in Module.values:
        for outcome in ("synced", "failed", "excluded"):
            row = SyncedRecord.objects.filter(module=module, outcome=outcome).order_by("pk").last()
            if row is None:
                continue
            page = ask(admin, row.zoho_id)
            assert f'data-record="{row.zoho_id}"' in page, (module, outcome)
            words = {
                "synced": "It is here.",
                "failed": "It could not be fetched",
                "excluded": "It is left out",
            }
            assert words[outcome] in page, (module, outcome)
            assert f"{PAGE}history/{run.pk}/" in page
            if outcome == "synced":
                assert ">Open it<" in page, module


def test_a_child_is_explained_by_its_failed_parent(admin, sync):
    sync.first()
    parent = SyncedRecord.objects.filter(
        module="projects", zoho_id__in=SyncedRecord.objects.filter(module="timesheets").values("blocked_by")
    ).first()
    child = SyncedRecord.objects.filter(module="timesheets", blocked_by=parent.zoho_id).first()
    page = ask(admin, f"https://projects.zoho.com/portal/x#zp/projects/{parent.zoho_id}/logs/{child.zoho_id}")
    assert "Its project could not be fetched" in page and escape(parent.name) in page
    assert f"{PAGE}errors/blocked/{parent.pk}/" in page


def test_several_of_one_title_are_listed_exact_ones_first(admin, sync):
    sync.first()
    rows = list(SyncedRecord.objects.filter(module="tasks").order_by("pk")[:3])
    for number, row in enumerate(rows):
        SyncedRecord.objects.filter(pk=row.pk).update(
            name="Paint the pier" + (" again" if number < 2 else "")
        )
    page = ask(admin, "paint the PIER")
    places = [page.index(f'data-record="{row.zoho_id}"') for row in rows]
    assert places[2] < places[0] < places[1]
    log = SyncedRecord.objects.filter(module="timesheets").first()
    SyncedRecord.objects.filter(pk=log.pk).update(name="Paint the pier in the rain")
    assert f'data-record="{log.zoho_id}"' not in page and "Look through the time logs, too" in page
    assert f'data-record="{log.zoho_id}"' in ask(admin, "paint the pier", logs="1")
    assert f'data-record="{log.zoho_id}"' in ask(admin, "pier in the rain"), "nothing else has that title"


def test_what_the_portal_never_showed(admin, sync, connection):
    page = ask(admin, "99887766554433")
    assert "The portal never showed it to us" in page and "No sync has ended yet" in page
    run = sync()
    part = run.module_runs.get(module="bugs")
    part.status, part.message = "failed", "Bugs could not be read: forbidden."
    part.save()
    page = ask(admin, "99887766554433")
    assert f"{PAGE}history/{run.pk}/" in page and "Bugs could not be read" in page
    assert "99887766554433" in page
    assert "&lt;script&gt;" in ask(admin, "<script>alert(1)</script>")
    assert "at least two characters" in ask(admin, "x")
    assert ask(admin, "\0" * 5000 + "%_'\"\\" * 1000)


def test_a_record_gone_at_the_source_says_so(admin, sync, control):
    sync.first()
    row = SyncedRecord.objects.filter(module="timesheets", outcome="synced").first()
    control.change("timelogs", {"action": "delete", "id": row.zoho_id})
    sync()
    assert "It is gone in Zoho Projects" in ask(admin, row.zoho_id)


def test_another_organization_finds_nothing(stranger, sync):
    sync.first()
    assert stranger.get(WHY, {"q": SyncedRecord.objects.first().zoho_id}).status_code == 302
