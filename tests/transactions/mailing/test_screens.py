"""The screens of sending and of the customer in a real browser: accessible, not wider than a telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.factories import PASSWORD, ContactPersonFactory, CustomerFactory, MembershipFactory
from transactions import drafts, life
from transactions.drafts import LineValues
from transactions.mailing import links

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_sending_and_answering_a_quote_on_a_telephone_and_in_the_dark(live_server, page, settings):
    settings.USING_PRACTICE_PORTAL = False
    settings.SITE_URL = live_server.url
    member = MembershipFactory()
    customer = CustomerFactory(organization=member.organization, display_name="Harbour " + "Longname" * 24)
    ContactPersonFactory(customer=customer, is_primary=True)
    draft = drafts.create_quote(customer, {}, [LineValues("Relaunch " + "x" * 190, rate="250")])
    address = links.address(
        links.make(life.issue(drafts.create_quote(customer, {}, [LineValues("W", rate="1")])))
    )
    page.goto(live_server.url + "/login/")
    page.fill("[name=username]", member.user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    wrong = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            send = live_server.url + reverse("document_send", args=["quote", draft.pk])
            for url in (send, live_server.url + reverse("document_settings"), address, address[:-3] + "/"):
                page.goto(url)
                if url == send:
                    page.click("button[name=preview]")
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                found = [item["id"] for item in Axe().run(page).response["violations"]]
                if wide > 0 or found:
                    wrong.append((scheme, width, url, wide, found))
    assert wrong == []
    page.goto(address)
    page.fill("[name=name]", "Ada Invented")
    page.click("button[value=accept]")
    assert "Accepted by Ada Invented" in page.inner_text("main")
    assert page.locator("button[value=accept]").count() == 0
