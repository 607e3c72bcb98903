"""People in a real browser: create, invite, accept, switch access; every screen in light and dark, wide and narrow."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Page, expect

from tests.browser.accessibility import RULES
from tests.factories import PASSWORD, MembershipFactory, StaffUserFactory, TimeEntryFactory
from timetracking.models import StaffUser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = ("Wilhelmina-Ürsula von und zu مثال 🙂 <b>Example</b> " * 6)[:200].strip()


def look(page: Page, name: str) -> None:
    """No serious finding of axe and nothing wider than the screen; pictures where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no fading colours
        found = Axe().run(page, options=RULES[scheme])
        assert not found.response["violations"], f"{name}, {scheme}: {found.generate_report()}"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide on {width}"
            if folder:
                page.screenshot(
                    path=str(Path(folder) / f"{name}-{scheme}-{width}.png"), full_page=True, caret="initial"
                )
        page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def test_people_from_creation_to_their_own_sign_in(page: Page, live_server, settings):
    settings.SITE_URL = live_server.url
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    admin = MembershipFactory(
        organization__name="Harbour Works", organization__employee_portal_limit=1, user__name="Olga Example"
    )
    organization = admin.organization
    long = StaffUserFactory(
        organization=organization, name=LONG, role="timesheet_staff", status="inactive", email="w@x.example"
    )
    TimeEntryFactory(project__organization=organization, staff_user=long)
    taken = StaffUserFactory(organization=organization, name="Has A Seat", has_portal_access=True)

    clerk = StaffUserFactory(
        organization=organization, membership=MembershipFactory(organization=organization, role="staff")
    )

    page.goto(f"{live_server.url}/login/?next=/settings/")
    page.locator("[name=username]").fill(admin.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.get_by_role("link", name="Organization", exact=True).click()
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This field is required")).to_be_visible()
    look(page, "organization-wrong")
    page.goto(f"{live_server.url}/settings/")
    page.get_by_role("link", name="People & Roles").click()
    expect(page.get_by_text("1 of 1 seat used")).to_be_visible()
    look(page, "people")

    page.get_by_role("link", name="New Employee").click()
    page.get_by_label("Name").fill("Ada Invented")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This is no e-mail address")).to_be_visible()
    look(page, "employee-wrong")
    page.get_by_label("E-mail").fill("ada@works.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ada Invented was created.")).to_be_visible()
    switch = page.get_by_role("switch", name="Portal access")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(page.get_by_role("status").first).to_contain_text(
        "No seat with portal access is free: 1 of 1 are taken"
    )
    look(page, "person-refused")

    page.goto(f"{live_server.url}/time-tracking/staff/{clerk.pk}/")
    page.get_by_label("Bill: make and change").uncheck()
    page.get_by_role("button", name="Save permissions").click()
    expect(page.get_by_text(re.compile("Bill: .* Yes → No"))).to_be_visible()
    look(page, "person-staff")

    page.goto(f"{live_server.url}/time-tracking/staff/{long.pk}/")
    assert page.locator("b", has_text="Example").count() == 0
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text(re.compile("Invited on"))).to_be_visible()
    look(page, "person-invited")
    page.get_by_role("button", name="Sign out").click()

    link = re.search(r"https?://\S+/invitation/\S+", mail.outbox[-1].body)[0]
    page.goto(link)
    look(page, "invitation")
    page.get_by_label("New password", exact=True).fill("seven green lanterns")
    page.get_by_label("New password confirmation").fill("seven green lanterns")
    page.get_by_role("button", name="Accept Invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Works")
    expect(page.get_by_role("link", name="Customers")).to_have_count(0)
    page.goto(f"{live_server.url}/time-tracking/staff/{long.pk}/")
    expect(page.get_by_text("Cost per hour")).to_have_count(0)
    look(page, "narrow-self")
    assert complaints == []
    page.goto(link)  # used up: the answer 410 is an error on the console
    expect(page.get_by_role("heading", level=1)).to_have_text("This invitation cannot be used")
    look(page, "invitation-over")
    assert StaffUser.objects.get(pk=long.pk).status == "active" and taken.pk
