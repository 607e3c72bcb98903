"""The screens of time tracking and customers in a real browser: light and dark, narrow and wide, by keyboard."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.factories import (
    PASSWORD,
    ContactPersonFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TaskListFactory,
    TimeEntryFactory,
    day_here,
)
from tests.timetracking.linked import link
from timetracking.models import TimeEntry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DARK = ("overview", "tasks", "timesheets", "week", "unbilled", "customer")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "rules": {"region": {"enabled": True}},  # everything stands in a landmark
}
LONG = "A very long invented project name about the restoration of the old harbour crane " * 3


@pytest.fixture
def world():
    """An administrator who works on a project of their own; another project comes from Zoho Projects."""
    membership = MembershipFactory(organization__name="Harbour Works")
    organization = membership.organization
    me = StaffUserFactory(organization=organization, membership=membership, name="Olga Invented")
    own = ProjectFactory(organization=organization, name=LONG[:200], rate="80", budget_hours="10")
    row = ProjectStaffFactory(project=own, staff_user=me, cost_rate="40")
    task = TaskFactory(project=own, name="Paint")
    TaskFactory(project=own, parent=task, name="Second coat")
    TaskListFactory(project=own)
    ContactPersonFactory(customer=own.customer, is_primary=True)
    today = day_here()
    for days, status in ((0, "unbilled"), (9, "unbilled"), (40, "invoiced"), (100, "non_billable")):
        day = today - timedelta(days=days)
        TimeEntryFactory(project=own, staff_user=me, date=day, billing_status=status, kind="task", task=task)
    theirs = ProjectFactory(organization=organization, customer=own.customer, name="Crane")
    link(theirs, "projects")
    TimeEntryFactory(project=theirs, date=today)
    return {"membership": membership, "own": own, "theirs": theirs, "row": row, "task": task}


def look(page: Page, name: str, wrong: list[str]) -> None:
    """Note what is not accessible in light or dark, or wider than 360 px; keep pictures where SCREENSHOTS says."""
    folder = os.environ.get("SCREENSHOTS")
    for scheme in ("light", "dark") if name in DARK or folder else ("light",):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES)
        if found.response["violations"]:
            wrong.append(f"{name}, {scheme}: {found.generate_report()}")
        for width in (1280, 360) if folder else (360,):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{name} is {wide} wide at {width}")
            if folder:
                page.screenshot(
                    path=str(Path(folder) / f"{name}-{scheme}-{width}.png"), full_page=True, caret="initial"
                )
        page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def test_the_screens_of_time_tracking(page: Page, live_server, world):
    complaints: list[str] = []
    wrong: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/login/")
    page.locator("[name=username]").fill(world["membership"].user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Works")

    projects, timesheets = (
        f"{live_server.url}/time-tracking/projects/",
        f"{live_server.url}/time-tracking/timesheets/",
    )
    own = f"{projects}{world['own'].pk}/"
    for name, address in {
        "projects": projects,
        "theirs": f"{projects}{world['theirs'].pk}/",
        "overview": own,
        "tasks": f"{own}?tab=tasks",
        "milestones": f"{own}?tab=milestones",
        "hours": f"{own}?tab=timesheets",
        "people": f"{own}?tab=people",
        "activity": f"{own}?tab=activity",
        "edit-theirs": f"{projects}{world['theirs'].pk}/edit/",
        "clone": f"{own}clone/",
        "delete": f"{own}delete/",
        "rates": f"{own}people/{world['row'].pk}/",
        "task": f"{own}tasks/{world['task'].pk}/",
        "timesheets": f"{timesheets}?period=this_year",
        "week": f"{timesheets}week/",
        "import": f"{timesheets}import/",
        "unbilled": f"{live_server.url}/time-tracking/unbilled/",
        "customers": f"{live_server.url}/customers/",
        "customer": f"{live_server.url}/customers/{world['own'].customer_id}/",
        "customer-new": f"{live_server.url}/customers/new/",
    }.items():
        page.goto(address)
        look(page, name, wrong)

    # the menu opens by keyboard, and its entry leads on
    page.goto(own)
    page.get_by_text("More", exact=True).last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Clone")).to_be_visible()
    look(page, "menu", wrong)

    page.get_by_role("link", name="Log Time").click()
    look(page, "log", wrong)
    page.get_by_label("Duration").fill("25h")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("more than 24 hours")).to_be_visible()
    look(page, "log-refused", wrong)
    page.get_by_label("Duration").fill("0:45")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("0:45 on")).to_be_visible()
    page.goto("about:blank")
    assert TimeEntry.objects.filter(minutes=45).count() == 1

    page.goto(timesheets)
    page.get_by_role("link", name="Show totals").click()
    expect(page.get_by_text("Worth of unbilled, in EUR")).to_be_visible()
    page.get_by_label("This page").check()
    expect(page.get_by_text("5 ticked")).to_be_visible()
    page.get_by_role("button", name="Mark non-billable").click()
    expect(page.get_by_text("marked non-billable")).to_be_visible()
    look(page, "marked", wrong)
    assert wrong == [] and complaints == []
