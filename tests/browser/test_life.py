"""The settings of a connected integration in a real browser: map with a record, preferences, timeline, dialogs."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from integrations.models import Connection, FieldMapping, SettingsChange, SyncRun
from organizations.models import CustomField

from .accessibility import RULES
from .test_first_sync import PASSWORD, organization, portal

__all__ = ["organization", "portal"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Hafen-Überwachung der nördlichen Kaianlagen " * 5


def look_at(page: Page, name: str) -> None:
    """No finding of axe in light and dark, and no page wider than its screen."""
    folder = os.environ.get("SCREENSHOTS")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES[scheme])
        assert not found.response["violations"], f"{name}, {scheme}: {found.generate_report()}"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name}: wider than {width}"
            )
            if folder:
                page.screenshot(
                    path=str(Path(folder) / f"{name}-{scheme}-{width}.png"), full_page=True, caret="initial"
                )
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def all_cards_have_records(page: Page) -> None:
    """The records come one after the other once the page is open."""
    expect(page.get_by_role("button", name="Show a record")).to_have_count(0)


def test_settings_of_a_connected_integration(page: Page, live_server, portal, organization):
    """From the wizard's records to preferences, a paused pair, the timeline and the dialog that asks."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    CustomField.objects.create(
        organization=organization,
        module="projects",
        key="centre",
        label="Kostenstelle",
        data_type="singleline",
    )
    CustomField.objects.create(
        organization=organization, module="projects", key="long", label=LONG[:200], data_type="singleline"
    )
    page.goto(f"{live_server.url}/login/?next=/settings/zoho-apps/projects/")
    page.locator("[name=username]").fill("olga@harbour.example.test")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.get_by_role("button", name="Connect Now").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("#count-projects")).to_contain_text("found")
    look_at(page, "life-setup")
    page.get_by_role("button", name="Next").click()
    all_cards_have_records(page)
    page.get_by_label("Cost centre of Projects").select_option("centre")
    card = page.locator("#part-projects")
    shown = card.get_by_role("status")
    expect(shown).to_contain_text("of the first")
    first = shown.inner_text()
    card.get_by_role("button", name="Previous record of Projects").click()
    expect(shown).not_to_have_text(first)
    expect(page.get_by_label("Cost centre of Projects")).to_have_value("centre")
    look_at(page, "life-map")
    page.get_by_role("button", name="Save and Sync").click()
    expect(page.locator("[data-status]").first).to_contain_text("Sync in Progress")
    page.goto("about:blank")
    SyncRun.objects.update(status="succeeded")
    assert FieldMapping.objects.get().target_field == "centre"
    FieldMapping.objects.update(paused=f"The field “{LONG[:200]}” no longer exists in Zoho Projects.")
    Connection.objects.update(mail_problem="No mail server answers at mail.example.test:25.")
    details = f"{live_server.url}/settings/zoho-apps/projects/"
    page.goto(details)
    expect(page.get_by_text("1 field pair paused")).to_be_visible()
    look_at(page, "life-details")
    opener = page.get_by_role("link", name="Disable Integration")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Disable the integration?")
    expect(dialog.get_by_role("button", name="Disable", exact=True)).to_be_visible()
    look_at(page, "life-disable")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.get_by_label("How often").select_option("60")
    page.locator("form", has=page.get_by_label("How often")).get_by_role("button", name="Save").click()
    expect(page.get_by_text("Automatic sync: every hour")).to_be_visible()
    page.goto(details + "preferences/")
    page.get_by_label("Overwrite", exact=True).check()
    look_at(page, "life-preferences")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Customer Duplication")).to_be_visible()
    page.goto(details + "map/")
    all_cards_have_records(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose which records follow")
    look_at(page, "life-map-later")
    page.goto(details + "timeline/")
    expect(page.get_by_role("cell", name="Overwrite", exact=True)).to_be_visible()
    SettingsChange.objects.update(portal_name=LONG[:200])
    page.reload()
    look_at(page, "life-timeline")
    page.goto(details + "delete/")
    look_at(page, "life-delete")
    assert complaints == []


def test_under_localhost_one_is_led_to_the_address_zoho_knows(
    page: Page, live_server, portal, organization, settings
):
    """Signed in under one host name, led to the other, signed in there once, and still signed in after consent."""
    settings.SITE_URL = live_server.url.replace("localhost", "127.0.0.1")
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", settings.SITE_URL, portal.url]
    settings.CONTENT_SECURITY_POLICY = policy
    page.goto(f"{live_server.url}/login/?next=/settings/zoho-apps/projects/")
    for host in ("localhost", "127.0.0.1"):
        expect(page).to_have_url(re.compile(f"http://{host}:"))
        page.locator("[name=username]").fill("olga@harbour.example.test")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
    page.get_by_role("button", name="Connect Now").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Set up Zoho Projects")).to_be_visible()
    assert page.url.startswith(settings.SITE_URL)
    expect(page.locator("#count-projects")).to_contain_text("found")
