"""Timesheets: filters, totals, many at once, Log Time, the weekly grid, import and export."""

import datetime
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from organizations import panels
from tests.factories import (
    BugFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
)
from tests.timetracking.linked import link
from timetracking.durations import minutes_of
from timetracking.models import TimeEntry
from timetracking.saved_filters import SavedFilter

pytestmark = pytest.mark.django_db
DAY = "2026-03-02"


class Desk:
    """A member with a staff user on one project of their own, signed in."""

    def __init__(self, client, role):
        self.client = client
        self.membership = MembershipFactory(role=role)
        self.organization = self.membership.organization
        self.me = StaffUserFactory(
            organization=self.organization, membership=self.membership, name="Me Invented"
        )
        self.project = ProjectFactory(organization=self.organization, name="Roof", rate="60")
        ProjectStaffFactory(project=self.project, staff_user=self.me)
        client.force_login(self.membership.user)

    def log(self, project=None, **changes):
        values = {"item": "general", "title": "Planning", "date": DAY, "minutes": "1:30", "is_billable": "on"}
        if self.membership.role == "admin":
            values["staff_user"] = self.me.pk
        address = f"{reverse('entry_new')}?project={(project or self.project).pk}"
        return self.client.post(address, {**values, **changes})


@pytest.fixture(params=["admin", "timesheet_staff"])
def desk(request, client):
    return Desk(client, request.param)


@pytest.fixture
def admin(client):
    return Desk(client, "admin")


def text_of(answer):
    return answer.content.decode()


def test_durations_are_typed_in_many_ways():
    typed = ["1:30", "1.5", "1,5", "90m", "1h 30m", "1h30", "1.5h", "90 min"]
    assert [minutes_of(text) for text in typed[:5] + typed[6:]] == [90] * 7
    assert [minutes_of(text) for text in ("0.33", "24:00", "1m", ".5")] == [20, 1440, 1, 30]
    for wrong in (
        "",
        "0",
        "0:00",
        "-1",
        "25",
        "24:01",
        "1:75",
        "NaN",
        "1e3",
        "inf",
        "9" * 30,
        "١",
        "1:30:00",
        "x",
    ):
        with pytest.raises(ValueError, match=r"duration|hours|minutes"):
            minutes_of(wrong)


def test_time_is_logged_changed_and_deleted(desk):
    assert "Roof" in text_of(desk.client.get(reverse("entry_new")))
    task, bug = TaskFactory(project=desk.project), BugFactory(project=desk.project)
    assert desk.log(item=f"task:{task.pk}").status_code == 302
    entry = TimeEntry.objects.get()
    assert (entry.minutes, entry.task, entry.staff_user, entry.billing_status) == (
        90,
        task,
        desk.me,
        "unbilled",
    )
    edit = reverse("entry_edit", args=[entry.pk])
    values = {"item": f"bug:{bug.pk}", "date": DAY, "minutes": "45m", "staff_user": desk.me.pk}
    desk.client.post(edit, values)
    entry.refresh_from_db()
    assert (entry.minutes, entry.bug, entry.kind, entry.billing_status) == (45, bug, "bug", "non_billable")
    desk.client.post(reverse("entry_delete", args=[entry.pk]))
    assert not TimeEntry.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"minutes": "25h"}, "more than 24 hours"),
        ({"minutes": "-1"}, "no duration"),
        ({"minutes": "0"}, "at least one minute"),
        ({"minutes": "NaN"}, "no duration"),
        ({"minutes": ""}, "required"),
        ({"date": "1899-01-01"}, "has to be between"),
        ({"date": "9999-12-31"}, "has to be between"),
        ({"date": "2026-02-30"}, "valid date"),
        ({"item": "task:999999"}, "valid choice"),
        ({"notes": "x" * 10_001}, "at most 10000"),
    ],
)
def test_bad_entries_are_refused_with_a_sentence(desk, values, words):
    answer = desk.log(**values)
    assert answer.status_code == 200 and words in text_of(answer)
    assert not TimeEntry.objects.exists()


def test_a_day_has_twenty_four_hours(desk):
    TimeEntryFactory(project=desk.project, staff_user=desk.me, minutes=23 * 60, date=DAY)
    answer = desk.log(minutes="1:01")
    assert "At most 1:00 can be added" in text_of(answer)
    assert desk.log(minutes="1:00").status_code == 302


def test_a_double_click_logs_once(desk):
    once = desk.client.get(f"{reverse('entry_new')}?project={desk.project.pk}").context["once"]
    for _ in range(2):
        desk.log(once=once)
    assert TimeEntry.objects.count() == 1


def test_a_project_from_zoho_is_logged_there(desk):
    link(desk.project, "projects")
    answer = desk.log()
    assert answer.status_code == 403 and "Log its hours there" in text_of(answer)
    desk.project.status = "inactive"
    desk.project.save()
    assert not TimeEntry.objects.exists()


def test_timesheet_staff_log_for_themselves_where_they_work_only(client):
    desk = Desk(client, "timesheet_staff")
    other = ProjectStaffFactory(project=desk.project).staff_user
    desk.log(staff_user=other.pk)
    assert TimeEntry.objects.get().staff_user == desk.me
    elsewhere = ProjectFactory(organization=desk.organization)
    assert desk.log(project=elsewhere).status_code == 404
    theirs = TimeEntryFactory(project=desk.project, staff_user=other)
    for name in ("entry_edit", "entry_delete"):
        assert client.post(reverse(name, args=[theirs.pk])).status_code == 404
    text = text_of(client.get(reverse("timesheets"))) + text_of(client.get(reverse("entry_totals")))
    assert other.name not in text and "60.00" not in text and "EUR" not in text


def test_an_employee_logs_nothing(client):
    desk = Desk(client, "employee")
    assert "does not log time" in text_of(client.get(reverse("entry_new")))
    desk.log()
    client.post(reverse("timesheet_week"), {})
    client.post(reverse("entries_import"), {"store": "1", "text": f"date,project,hours\n{DAY},Roof,1\n"})
    assert not TimeEntry.objects.exists()


def test_an_administrator_logs_for_people_of_the_project(admin):
    colleague = StaffUserFactory(organization=admin.organization)
    assert "valid choice" in text_of(admin.log(staff_user=colleague.pk))
    ProjectStaffFactory(project=admin.project, staff_user=colleague)
    admin.log(staff_user=colleague.pk)
    assert TimeEntry.objects.get().staff_user == colleague


def test_fixed_entries_are_neither_changed_nor_deleted(desk):
    invoiced = TimeEntryFactory(project=desk.project, staff_user=desk.me, billing_status="invoiced")
    synced = TimeEntryFactory(project=desk.project, staff_user=desk.me)
    link(synced, "timesheets")
    drafted = TimeEntryFactory(project=desk.project, staff_user=desk.me)

    def lock(ids):
        return [{drafted.pk: "It stands on a draft."}]

    panels.register("entry.locks", lock)
    try:
        for entry, why in ((invoiced, "invoiced"), (synced, "Change it there"), (drafted, "on a draft")):
            assert why in text_of(desk.client.get(reverse("entry_edit", args=[entry.pk])))
            desk.client.post(reverse("entry_delete", args=[entry.pk]))
        if desk.membership.role == "admin":
            ids = [invoiced.pk, synced.pk, drafted.pk]
            desk.client.post(reverse("entries_mark"), {"entry": ids, "mark": "non_billable"})
    finally:
        panels._providers["entry.locks"].remove(lock)
    stored = dict(TimeEntry.objects.values_list("pk", "billing_status"))
    synced_now = "non_billable" if desk.membership.role == "admin" else "unbilled"
    assert stored == {invoiced.pk: "invoiced", synced.pk: synced_now, drafted.pk: "unbilled"}


def test_hours_are_marked_and_marked_back_never_those_invoiced_or_foreign(admin):
    mine = [TimeEntryFactory(project=admin.project) for _ in range(3)]
    given = TimeEntryFactory(project=admin.project, is_billable=False, billing_status="non_billable")
    billed = TimeEntryFactory(project=admin.project, billing_status="invoiced")
    foreign = TimeEntryFactory()
    mark = reverse("entries_mark")
    ids = [row.pk for row in (*mine[:2], billed, foreign)]
    answer = admin.client.post(mark, {"entry": [*ids, "x", "9" * 30], "mark": "non_billable"}, follow=True)
    assert "2 entries were marked non-billable" in text_of(answer) and "1 entry was left alone" in text_of(
        answer
    )
    admin.client.post(mark, {"scope": "all", "project": admin.project.pk, "mark": "billable"})
    states = dict(TimeEntry.objects.values_list("pk", "billing_status"))
    assert states == {
        **dict.fromkeys([row.pk for row in (*mine, given, foreign)], "unbilled"),
        billed.pk: "invoiced",
    }
    assert TimeEntry.objects.get(pk=given.pk).is_billable  # else nobody would ever be offered it for billing
    events = text_of(admin.client.get(reverse("project", args=[admin.project.pk]), {"tab": "activity"}))
    assert "Marked 2 entries (3:00 hours) non-billable" in events


def test_filters_totals_and_saved_filters(admin):
    dollars = ProjectFactory(organization=admin.organization, currency="USD", rate="10")
    TimeEntryFactory(project=admin.project, minutes=90)
    TimeEntryFactory(project=dollars, minutes=60, billing_status="unbilled")
    TimeEntryFactory(project=dollars, minutes=30, billing_status="invoiced", staff_user=admin.me)

    def found(**params):
        return len(admin.client.get(reverse("timesheets"), params).context["page"].rows)

    assert found() == 3
    assert found(project=dollars.pk) == found(customer=dollars.customer_id) == 2
    assert found(person=admin.me.pk) == found(billing="invoiced") == 1
    assert found(period="last_month") == 0 and found(project="x" * 30) == 3
    assert found(customer=ProjectFactory().customer_id) == 0
    totals = admin.client.get(reverse("entry_totals"))
    assert totals.context["worth"] == [("EUR", 90), ("USD", 10)] and totals.context["total"] == 180
    save = reverse("filter_save")
    for query in ("billing=unbilled&nonsense=1", "billing=invoiced"):
        admin.client.post(save, {"name": "Open ones", "query": query})
    assert SavedFilter.objects.get().query == "billing=invoiced"
    admin.client.post(save, {"name": "", "query": "billing=invoiced"})
    admin.client.post(save, {"name": "Empty", "query": ""})
    kept = SavedFilter.objects.get()
    assert "Open ones" in text_of(admin.client.get(reverse("timesheets")))
    other = MembershipFactory(organization=admin.organization)
    admin.client.force_login(other.user)
    assert admin.client.post(reverse("filter_delete", args=[kept.pk])).status_code == 404
    admin.client.force_login(admin.membership.user)
    admin.client.post(reverse("filter_delete", args=[kept.pk]))
    assert not SavedFilter.objects.exists()


def week(desk, **cells):
    address = f"{reverse('timesheet_week')}?day={DAY}&person={desk.me.pk}"
    return desk.client.post(address, cells, follow=True)


def test_the_week_is_saved_as_a_whole_or_not_at_all(desk):
    task = TaskFactory(project=desk.project)
    key = f"{desk.project.pk}/task:{task.pk}"
    answer = week(desk, **{"new-0": key, "new-0 0": "2", "new-0 1": "1:15", "new-1": "", "new-1 3": "4"})
    assert "Nothing was saved" in text_of(answer) and "Choose the project" in text_of(answer)
    assert not TimeEntry.objects.exists()
    week(desk, **{"new-0": key, "new-0 0": "2", "new-0 1": "1:15"})
    days = {entry.date.day: entry.minutes for entry in TimeEntry.objects.all()}
    assert days == {2: 120, 3: 75}
    monday, tuesday = f"{key} 2026-03-02", f"{key} 2026-03-03"
    answer = week(desk, **{monday: "25h", tuesday: ""})
    assert "more than 24 hours" in text_of(answer) and TimeEntry.objects.count() == 2
    week(desk, **{monday: "3", tuesday: ""})
    assert [entry.minutes for entry in TimeEntry.objects.all()] == [180]
    TimeEntry.objects.update(billing_status="invoiced")
    week(desk, **{monday: "4"})
    assert TimeEntry.objects.get().minutes == 180
    week(desk, **{"new-0": f"{ProjectFactory().pk}/general", "new-0 2": "1"})
    assert TimeEntry.objects.count() == 1


HEAD = "Date,Project,Task or bug,Hours,Billing,Notes\n"


def send(desk, text, name="hours.csv"):
    data = text.encode() if isinstance(text, str) else text
    return desk.client.post(reverse("entries_import"), {"file": SimpleUploadedFile(name, data)})


def test_hours_come_in_from_a_file_after_a_preview(desk):
    TaskFactory(project=desk.project, name="Paint")
    answer = send(desk, HEAD + f"{DAY},roof,Paint,1:30,yes,first\n2026-03-03,Roof,,0.5,no,'=second\n")
    assert answer.context["wrong"] == 0 and not TimeEntry.objects.exists()
    once, text = answer.context["once"], answer.context["text"]
    for _ in range(2):
        desk.client.post(reverse("entries_import"), {"text": text, "store": "1", "once": once})
    rows = TimeEntry.objects.order_by("date").values_list("kind", "minutes", "billing_status", "notes")
    assert list(rows) == [("task", 90, "unbilled", "first"), ("general", 30, "non_billable", "=second")]
    assert "Imported 2 entries (2:00 hours)" in text_of(
        desk.client.get(reverse("project", args=[desk.project.pk]), {"tab": "activity"})
    )


def test_one_wrong_row_keeps_the_whole_file_out(desk):
    theirs = ProjectFactory(organization=desk.organization, name="Theirs")
    ProjectStaffFactory(project=theirs, staff_user=desk.me)
    link(theirs, "projects")
    rows = [
        f"{DAY},Roof,,1,yes,good",
        "31.12.2026,Roof,,1,yes,",
        f"{DAY},Unknown,,1,yes,",
        f"{DAY},Roof,Nothing,1,yes,",
        f"{DAY},Roof,,25:00,yes,",
        f"{DAY},Roof,,NaN,perhaps,",
        f"{DAY},Theirs,,1,yes,",
        f"{DAY},Roof,,23:30,yes,too much for one day",
    ]
    text = HEAD + "\n".join(rows) + "\n"
    answer = send(desk, text)
    page = text_of(answer)
    assert answer.context["wrong"] == 7
    for words in (
        "is no day",
        "There is no project",
        "No task or bug is called",
        "more than 24 hours",
        "write yes or no",
        "logged in Zoho Projects",
        "can be added",
    ):
        assert words in page
    desk.client.post(reverse("entries_import"), {"text": text, "store": "1"})
    assert not TimeEntry.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04\x00\x00", "no CSV file"),
        ("Datum;Proj\n1;2\n", "no column for"),
        ("", "no rows"),
        (HEAD, "no rows"),
        ("D\xe4te".encode("latin-1"), "not in UTF-8"),
        (HEAD + '"open', "quotation mark"),
        (f"Date,Project,Task,Kind,Hours\n{DAY},Roof,{'x' * 1001},general,1\n", "at most 1,000 characters"),
        (HEAD + f"{DAY},Roof,,1,,\n" * 2001, "At most 2,000 rows"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_files_that_are_none_are_refused_in_plain_words(admin, data, words):
    assert words in text_of(send(admin, data))
    text = f"Date,Project,Hours,Notes\n{DAY},Roof,1:00,a\0b\n"
    assert "no CSV file" in text_of(
        admin.client.post(reverse("entries_import"), {"text": text, "store": "1"})
    )
    assert "Choose a file" in text_of(admin.client.post(reverse("entries_import")))


def test_the_export_is_what_the_import_takes_with_formulas_neutralised(desk):
    TimeEntryFactory(project=desk.project, staff_user=desk.me, notes="=HYPERLINK(1)", minutes=65)
    TimeEntryFactory(project=desk.project, notes="of a colleague")
    answer = desk.client.get(reverse("entries_export"), {"person": desk.me.pk})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text and "1:05" in text and "colleague" not in text
    TimeEntry.objects.all().delete()
    preview = send(desk, io.BytesIO(text.encode()).read())
    assert preview.context["wrong"] == 0
    line = preview.context["lines"][0]
    assert (line.entry.minutes, line.entry.notes) == (65, "=HYPERLINK(1)")
    assert line.entry.date == datetime.date(2026, 3, 2)
