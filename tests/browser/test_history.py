"""History, run, errors, Why and details in a real browser: light, dark, narrow; keyboard; live progress."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import expect

from integrations.models import SyncedRecord, SyncRun
from integrations.sync.queue import request_run
from operations.heartbeat import WORKER, beat
from tests.browser.accessibility import RULES
from tests.integrations.history.conftest import PAGE, admin, connection, control, first_run, portal, sync
from timetracking.models import Task

__all__ = ["admin", "connection", "control", "first_run", "portal", "sync"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "A very long name " * 12 + "مرحبا 🚀 <b>bold</b>"


def looked_at(page, name):
    """Accessibility in light and dark, and the width of a phone; screenshots where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES[scheme])
        assert not found.response["violations"], f"{name}, {scheme}: {found.generate_report()}"
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{scheme}.png"), full_page=True, caret="initial")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{name} is wider than a phone"
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}-390.png"), full_page=True, caret="initial")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_the_integrations_pages_as_people_use_them(page, live_server, admin, connection, sync, control):
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    connection.web_url = "https://projects.zoho.eu"
    connection.save()
    sync()
    task = Task.objects.first()
    row = SyncedRecord.objects.get(module="tasks", object_id=task.pk)
    control.change("tasks", {"id": row.zoho_id, "set": {"name": LONG}})
    run = sync()
    beat(WORKER)
    page.context.add_cookies(
        [
            {
                "name": django_settings.SESSION_COOKIE_NAME,
                "value": admin.cookies[django_settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    home = live_server.url + PAGE

    page.goto(home)
    expect(page.locator("[data-status]")).to_have_text("Active")
    looked_at(page, "details")
    # what a row offers is there for the keyboard, too
    mapped = page.get_by_role("link", name="View Mapped Fields of Tasks")
    expect(mapped).to_have_css("opacity", "0")
    mapped.focus()
    expect(mapped).to_have_css("opacity", "1")
    page.get_by_role("row", name="Bugs").hover()
    expect(page.get_by_role("link", name="View Mapped Fields of Bugs")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mapped Fields: Tasks")
    looked_at(page, "mapped-fields")

    page.goto(home + "history/")
    looked_at(page, "history")
    page.locator(".bar-link").last.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}history/{run.pk}/")
    expect(page.locator(f'[data-change="{row.zoho_id}"]')).to_contain_text("→ A very long name")
    looked_at(page, "run")

    page.goto(home + "errors/")
    expect(page.get_by_role("heading", name="Projects could not be fetched.")).to_be_visible()
    looked_at(page, "errors")
    page.get_by_role("link", name="No primary customer").click()
    looked_at(page, "error-details")
    page.get_by_label("All on this page").check()
    expect(page.locator("[data-checked-count]")).to_contain_text("selected")
    page.get_by_role("button", name="Ignore selected…").click()
    looked_at(page, "ignore")
    page.get_by_label("Why can it be ignored?").fill("Internal work, never billed")
    page.get_by_role("button", name="Ignore", exact=True).click()
    page.goto(home + "errors/ignored/")
    looked_at(page, "ignored")
    page.get_by_role("button", name="Undo").first.click()
    page.goto(home + "errors/projects/")
    page.get_by_role("link", name="Keeps out").first.click()
    looked_at(page, "blocked")
    page.goto(home + "errors/")
    page.get_by_role("searchbox").fill(SyncedRecord.objects.filter(reason="task_not_fetched")[0].zoho_id)
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_text("It could not be fetched:")).to_be_visible()
    looked_at(page, "why")
    page.goto(home + "errors/why/?q=4711")
    expect(page.get_by_text("The portal never showed it to us.")).to_be_visible()

    # live: the button comes back by itself when the run ends, and what changed is said once
    request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    page.goto(home)
    expect(page.locator("[data-status]")).to_have_text("Sync in Progress")
    expect(page.get_by_role("button", name="Instant Sync")).to_have_count(0)
    looked_at(page, "details-queued")
    page.get_by_role("link", name="Refresh").focus()
    SyncRun.objects.filter(status="queued").update(status="succeeded", finished_at=timezone.now())
    expect(page.get_by_role("button", name="Instant Sync")).to_be_visible()
    expect(page.locator("#announce")).to_contain_text("The latest run succeeded")
    assert page.evaluate("document.activeElement.id") == "refresh", "the focus stays where it was"
    assert complaints == []
