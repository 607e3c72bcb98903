"""The spine of the product in a real browser: sign in, connect, choose, sync, and find the work on screen."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from integrations.models import SyncRun
from integrations.sync.runner import run_to_end
from organizations.models import Membership, Organization, User
from practice_portal import server
from timetracking.models import Project, TimeEntry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough phrase"


@pytest.fixture
def portal(settings, live_server):
    """A practice portal that asks for consent, and settings that point to it."""
    with server.start(port=0, throttle_limit=0) as running:
        settings.ZOHO_ACCOUNTS_URL = settings.ZOHO_API_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = "practice-client", "practice-secret"
        settings.SITE_URL = live_server.url
        settings.ZOHO_REQUESTS_PER_WINDOW = 0
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["form-action"] = ["'self'", settings.SITE_URL, running.url]
        settings.CONTENT_SECURITY_POLICY = policy
        yield running


@pytest.fixture
def organization() -> Organization:
    made = Organization.objects.create(name="Harbour Works", base_currency="EUR", time_zone="Europe/Berlin")
    user = User.objects.create_user("olga@harbour.example.test", PASSWORD)
    Membership.objects.create(organization=made, user=user, role="admin")
    return made


def picture(page: Page, name: str) -> None:
    """Check accessibility and width of a screen; keep screenshots where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert not found.response["violations"], f"{name}: {found.generate_report()}"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True, caret="initial")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_sign_in_to_a_timesheet_on_screen(page: Page, live_server, portal, organization):
    """Sign in, Connect, Connect Now, Accept, wizard, Save and Sync; then projects and timesheets are there."""
    complaints: list[str] = []

    def listen(message):
        """Only our own pages count; the consent page is another server's."""
        if message.type == "error" and not message.location["url"].startswith(portal.url):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{live_server.url}/login/")
    page.locator("[name=username]").fill("olga@harbour.example.test")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Works")

    page.goto(f"{live_server.url}/settings/")
    page.get_by_role("link", name="Zoho Apps").click()
    picture(page, "apps")
    page.get_by_role("link", name="Connect").click()
    picture(page, "connect")
    page.get_by_role("button", name="Connect Now").click()
    page.get_by_role("button", name="Accept").click()

    expect(page.get_by_label("Portal Name")).not_to_have_value("")
    expect(page.locator("#portal-counts")).to_contain_text("projects")
    expect(page.get_by_label("Projects", exact=True)).to_be_disabled()
    picture(page, "setup")
    page.get_by_label("Import all timesheets as Unbilled").check()
    page.get_by_label("Clone", exact=True).check()
    page.get_by_label("Enable Automatic Users Sync").check()
    page.get_by_label("Sync without portal access").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Map Field")
    picture(page, "fields")
    page.get_by_role("button", name="Save and Sync").click()

    expect(
        page.get_by_role("heading", name="The modules have been synced with Zoho Projects")
    ).to_be_visible()
    expect(page.get_by_text("Sync in Progress", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Instant Sync")).to_have_count(0)
    picture(page, "running")
    page.goto("about:blank")  # test server and run share one database connection
    run = run_to_end(SyncRun.objects.get().pk)
    assert run.status == "succeeded", run.message

    page.goto(f"{live_server.url}/settings/zoho-apps/projects/")
    expect(page.locator("[data-status]")).to_contain_text("Active")
    expect(page.get_by_role("button", name="Instant Sync")).to_be_visible()
    picture(page, "details")
    expect(page.locator("dialog").first).to_be_hidden()
    page.get_by_role("link", name="Disable Integration").click()
    expect(page.get_by_role("button", name="Disable", exact=True)).to_be_visible()
    picture(page, "dialog")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Show Sync History").click()
    picture(page, "history")
    page.goto(f"{live_server.url}/settings/zoho-apps/projects/errors/")
    expect(page.get_by_role("heading", name="Projects could not be fetched.")).to_be_visible()
    picture(page, "errors")
    page.goto(f"{live_server.url}/settings/zoho-apps/projects/errors/timesheets/")
    picture(page, "error-details")

    project = Project.objects.filter(time_entries__isnull=False).order_by("name").first()
    page.goto(f"{live_server.url}/time-tracking/projects/")
    page.get_by_role("link", name=project.name, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(project.name)
    page.goto(f"{live_server.url}/time-tracking/timesheets/")
    assert TimeEntry.objects.exists()
    expect(page.get_by_role("row").filter(has_text=re.compile(r"\d"))).not_to_have_count(0)
    assert complaints == []
