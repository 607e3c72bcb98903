"""API tokens, the API's pages and the hints in a real browser: light and dark, wide and narrow, empty and full."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from api import tokens
from api.models import ApiToken
from integrations.models import HintAddress
from tests.browser.test_people import LONG, look
from tests.factories import PASSWORD, ConnectionFactory, MembershipFactory, ProjectFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_tokens_documentation_and_hints(page: Page, live_server, settings):
    settings.SITE_URL = live_server.url
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    outside: list[str] = []
    page.on(
        "request", lambda request: outside.append(request.url) if live_server.url not in request.url else None
    )
    admin = MembershipFactory(organization__name="Harbour Works", user__name="Olga Example")
    organization = admin.organization
    page.goto(f"{live_server.url}/login/?next=/settings/api-tokens/")
    page.locator("[name=username]").fill(admin.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")

    # none yet; refused without scopes, keeping the name; made with the keyboard; shown once; revoked
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    look(page, "tokens-empty")
    name = LONG[:95].strip()  # a smiley counts twice in the browser
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make Token").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what the token may do.")
    expect(page.get_by_label("Name")).to_have_value(name)
    look(page, "tokens-refused")
    page.get_by_role("group", name="Customers and contact persons").get_by_label("Read").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Make Token").press("Enter")
    shown = page.get_by_role("status").filter(has_text="was made")
    secret = re.search(r"erp_[\w-]{30,}", shown.inner_text())
    assert secret and tokens.find(secret[0])[1] == ""
    for module in ("invoices", "estimates"):
        tokens.make_token(admin, f"Reports {module}", [f"ERP.{module}.{verb}" for verb in tokens.VERBS], 30)
    ApiToken.objects.filter(name="Reports invoices").update(expires_at=timezone.now() - timedelta(days=1))
    look(page, "tokens-made")
    page.goto(f"{live_server.url}/settings/api-tokens/")
    assert secret[0] not in page.content()
    page.get_by_role("button", name=f"Revoke {name}").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    expect(page.get_by_text("Expired")).to_be_visible()
    look(page, "tokens")

    # every address, readable without the outside network
    page.get_by_role("link", name="Addresses of the API").click()
    expect(page.get_by_role("heading", name="API", exact=True)).to_be_visible()
    look(page, "docs")
    change = page.locator("summary", has_text="PUT").filter(has_text="/erp/v3/contacts/{contact_id}").first
    change.press("Enter")
    expect(page.locator("details[open]").get_by_text("contact_name")).to_be_visible()
    look(page, "docs-open")

    # hints: none, made, one waiting for a project with a long name, inactive
    connection = ConnectionFactory(organization=organization)
    project = ProjectFactory(organization=organization, name=LONG)
    connection.synced_records.create(
        module="projects", zoho_id="4711", name=LONG, outcome="synced", object_id=project.pk,
        first_seen_at=timezone.now(),
    )  # fmt: skip
    page.goto(f"{live_server.url}/settings/zoho-apps/projects/hints/")
    expect(page.get_by_text("None came yet")).to_be_visible()
    look(page, "hints-empty")
    page.get_by_role("button", name="Make the Address").click()
    address = re.search(
        r"http\S+/hints/zoho-projects/[\w-]{40,}/", page.get_by_role("status").first.inner_text()
    )
    assert address
    look(page, "hints-made")
    assert page.request.post(f"{address[0]}?project_id=4711").status == 202
    page.goto(f"{live_server.url}/settings/zoho-apps/projects/hints/")
    expect(page.get_by_text("its sync comes soon")).to_be_visible()
    assert HintAddress.objects.get().pending_projects == ["4711"]
    look(page, "hints")
    connection.status = "disabled"
    connection.save()
    page.reload()
    expect(page.get_by_text("not active at present")).to_be_visible()
    look(page, "hints-disabled")
    assert complaints == [] and outside == []
