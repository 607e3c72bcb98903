"""Connecting and the wizard, against a practice portal over HTTP."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations import lifecycle
from integrations.models import Connection, FieldMapping, SyncRun
from organizations.models import CustomField

from .conftest import choices, consent, foreign_portal, member, own_portal

SETUP = "/settings/zoho-apps/projects/setup/"
FIELDS = "/settings/zoho-apps/projects/setup/fields/"
DETAILS = "/settings/zoho-apps/projects/"


def test_the_card_leads_to_connect_now(admin, portal):
    """Before: Zoho Apps shows Connect, the next page Connect Now."""
    assert ">Connect<" in admin.get("/settings/zoho-apps/").content.decode()
    assert "Connect Now" in admin.get(DETAILS).content.decode()


def test_save_and_sync_ends_in_an_active_connection_with_a_first_run(admin, portal, active, organization):
    """The whole way: consent, preferences, Map Field, Save and Sync."""
    assert active.status == "active"
    assert active.refresh_token and active.portal_id == own_portal(portal)
    run = SyncRun.objects.get()
    assert (run.trigger, run.status, run.connection) == ("initial", "queued", active)
    assert active.next_run_at is not None
    page = admin.get(DETAILS).content.decode()
    assert "The modules have been synced with Zoho Projects" in page
    assert "Sync in Progress" in page
    assert "Instant Sync" not in page
    assert "Show Details" in admin.get("/settings/zoho-apps/").content.decode()


def test_all_preferences_are_kept(admin, portal, connecting, organization):
    """Every choice of the wizard lands in the connection, and restricting in the organization."""
    given = choices(
        own_portal(portal),
        timesheet_status="invoiced_before",
        invoiced_before="2026-01-31",
        customer_duplication="overwrite",
        sync_users="on",
        users_portal_access="with",
        restrict_project_creation="on",
    )
    assert admin.post(SETUP, given).status_code == 302
    connecting.refresh_from_db()
    assert connecting.status == "connecting"
    assert connecting.invoiced_before == date(2026, 1, 31)
    assert connecting.customer_duplication == "overwrite"
    assert connecting.sync_users and connecting.users_portal_access and connecting.restrict_project_creation
    assert 'value="2026-01-31"' in admin.get(SETUP).content.decode()
    assert admin.post(FIELDS).status_code == 302
    organization.refresh_from_db()
    assert organization.project_creation_restricted


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"timesheet_status": "invoiced_before"}, "Choose the date before which"),
        ({"timesheet_status": "invoiced_before", "invoiced_before": "soon"}, "Enter a date such as"),
        ({"customer_duplication": "merge"}, "Choose Clone or Overwrite"),
        ({"portal_id": ""}, "Choose a portal."),
        ({"portal_id": "12345"}, "not among the portals"),
    ],
)
def test_a_wrong_choice_gets_a_sentence_and_keeps_the_rest(admin, portal, connecting, more, sentence):
    """Errors stand beside the field and in the summary; nothing is stored."""
    answer = admin.post(SETUP, choices(own_portal(portal), **more))
    assert answer.status_code == 400
    assert answer.content.decode().count(sentence) == 2
    connecting.refresh_from_db()
    assert connecting.portal_id == ""


def test_a_portal_one_does_not_own_is_listed_disabled_and_refused_by_the_server(admin, portal, connecting):
    """The list says why; a forged choice is refused as well."""
    page = admin.get(SETUP).content.decode()
    assert "(you are not the owner)" in page
    answer = admin.post(SETUP, choices(foreign_portal(portal)))
    assert answer.status_code == 400
    assert "not the owner of this portal" in answer.content.decode()


def test_ownership_is_checked_again_at_save_and_sync(admin, portal, connecting):
    """A portal chosen by other means than the form still needs its owner."""
    Connection.objects.update(portal_id=foreign_portal(portal), portal_name="Elsewhere")
    answer = admin.post(FIELDS)
    assert answer.status_code == 400
    assert "not the owner" in answer.content.decode()
    assert not SyncRun.objects.exists()


def test_counts_found_in_the_portal_are_shown(admin, portal, connecting):
    """Projects, customers and users stand beside Portal Name."""
    page = admin.get(f"{SETUP}counts/", {"portal_id": own_portal(portal)}).content.decode()
    assert "projects" in page and "customers" in page and "users" in page


def test_an_answer_with_a_wrong_state_is_not_used(admin, portal, db):
    """Also one whose state was used already."""
    address = consent(admin)
    wrong = admin.get(address.replace("state=", "state=x"))
    assert wrong.status_code == 400
    assert "does not belong to your session" in wrong.content.decode()
    assert not Connection.objects.exists()
    assert admin.get(address).status_code == 302
    assert admin.get(address).status_code == 400


def test_a_state_belongs_to_one_session(admin, portal, organization):
    """The answer to one administrator is of no use to another."""
    other = member(organization, "admin", "otto@harbour.example.test")
    assert other.get(consent(admin)).status_code == 400
    assert not Connection.objects.exists()


def test_a_state_older_than_ten_minutes_is_not_used(admin, portal, monkeypatch):
    """Ten minutes after Connect Now the way is closed."""
    address = consent(admin)
    monkeypatch.setattr("integrations.setup.oauth_state.GOOD_FOR_SECONDS", -1)
    assert admin.get(address).status_code == 400


def test_refused_consent_gets_a_page_with_a_next_step(admin, portal):
    """Reject at Zoho stores nothing and says how to go on."""
    asked = admin.post("/settings/zoho-apps/projects/connect/")
    state = parse_qs(urlsplit(asked["Location"]).query)["state"][0]
    page = admin.get("/settings/zoho-apps/projects/callback/", {"error": "access_denied", "state": state})
    assert page.status_code == 400
    assert "Consent was refused" in page.content.decode()
    assert not Connection.objects.exists()


def test_an_expired_code_gets_a_page_with_a_next_step(admin, portal):
    """The code is good for two minutes."""
    portal.state.settings.code_seconds = -1
    page = admin.get(consent(admin))
    assert page.status_code == 502
    assert "The permission has expired" in page.content.decode()


def test_killed_between_the_code_and_its_tokens_one_connects_again(admin, portal, organization, monkeypatch):
    """The code is used up and no token was stored: nothing half-made stays, and connecting again works."""

    class KilledError(BaseException):
        """The process ends here."""

    def die(*arguments):
        raise KilledError

    address = consent(admin)
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "new_connection", die)
        with pytest.raises(KilledError):
            admin.get(address)
    assert not Connection.objects.exists()
    assert "Connect Now" in admin.get(DETAILS).content.decode()
    assert "The permission has expired" in admin.get(address).content.decode()
    assert not Connection.objects.exists()
    assert admin.get(consent(admin)).status_code == 302
    assert Connection.objects.get().refresh_token


def test_a_foreign_accounts_server_gets_nothing(admin, portal):
    """Another host in the callback is refused before anything is sent to it."""
    portal.state.settings.accounts_server = "https://accounts.zoho.example.test"
    page = admin.get(consent(admin))
    assert "Wrong data centre" in page.content.decode()
    assert not Connection.objects.exists()


def test_an_unreachable_network_gets_a_page_with_a_next_step(admin, portal):
    """The accounts server went away between consent and return."""
    address = consent(admin)
    portal.stop()
    page = admin.get(address)
    assert page.status_code == 502
    assert "Zoho could not be reached" in page.content.decode()


def test_only_administrators_see_the_integration(portal, organization):
    """Staff get a refusal at every address, by GET and by POST."""
    staff = member(organization, "staff", "sven@harbour.example.test")
    for address in ("", "setup/", "setup/fields/", "history/", "errors/", "status/", "disable/", "delete/"):
        assert staff.get(DETAILS + address).status_code == 403, address
    for address in ("connect/", "sync/", "disable/", "enable/", "delete/", "duplication/"):
        assert staff.post(DETAILS + address).status_code == 403, address


def _custom_fields(connecting, portal):
    from integrations.setup.portals import custom_fields_of

    connecting.portal_id = own_portal(portal)
    return custom_fields_of(connecting)


def test_custom_fields_of_one_type_are_paired_and_others_refused(admin, portal, connecting, organization):
    """The server refuses a type mismatch with the reason, and a target taken twice."""
    fields = _custom_fields(connecting, portal)
    module, group = next((module, group) for module, group in fields.items() if group)
    source = group[0]
    other = "date" if source.data_type != "date" else "number"
    CustomField.objects.create(
        organization=organization, module=module, key="fits", label="Fits", data_type=source.data_type
    )
    CustomField.objects.create(
        organization=organization, module=module, key="other", label="Other", data_type=other
    )
    admin.post(SETUP, choices(own_portal(portal)))
    assert source.label in admin.get(FIELDS).content.decode()
    refused = admin.post(FIELDS, {f"map-{module}-{source.api_name}": "other"})
    assert refused.status_code == 400
    assert "Only fields of the same data type" in refused.content.decode()
    assert not FieldMapping.objects.exists() and not SyncRun.objects.exists()
    assert admin.post(FIELDS, {f"map-{module}-{source.api_name}": "fits"}).status_code == 302
    mapping = FieldMapping.objects.get()
    assert (mapping.module, mapping.source_field, mapping.target_field) == (module, source.api_name, "fits")
    assert mapping.data_type == source.data_type


def test_two_fields_of_one_label_are_told_apart(admin, portal, connecting, organization):
    """Each has a row of its own, by the name that Zoho's API has for it."""
    fields = next(one for one in portal.state.portals.values() if one.number == 1).fields
    module, group = next(
        (module, group) for module, group in _custom_fields(connecting, portal).items() if len(group) > 1
    )
    names = [field.api_name for field in group[:2]]
    for field in fields[{"bugs": "issues", "timesheets": "timelogs"}.get(module, module)]:
        if field["api_name"] in names:
            field["display_name"] = "Twin"
    for field in group[:2]:
        CustomField.objects.create(
            organization=organization,
            module=module,
            key=f"x_{field.api_name}"[:50],
            label=field.api_name,
            data_type=field.data_type,
        )
    admin.post(SETUP, choices(own_portal(portal)))
    page = admin.get(FIELDS).content.decode()
    assert page.count("Twin") >= 2 and all(f'name="map-{module}-{name}"' in page for name in names)
    chosen = {f"map-{module}-{name}": f"x_{name}"[:50] for name in names}
    assert admin.post(FIELDS, chosen).status_code == 302
    pairs = dict(FieldMapping.objects.values_list("source_field", "target_field"))
    assert pairs == {name: f"x_{name}"[:50] for name in names}


def test_connecting_the_same_portal_again_revives_its_row(admin, portal, active):
    """After Delete the links are found again instead of doubled."""
    first = active.pk
    lifecycle.delete(active)
    assert admin.get(consent(admin)).status_code == 302
    assert Connection.objects.count() == 2
    assert admin.post(SETUP, choices(own_portal(portal))).status_code == 302
    revived = Connection.objects.get()
    assert (revived.pk, revived.is_deleted, revived.status) == (first, False, "connecting")
    assert revived.refresh_token
    assert admin.post(FIELDS).status_code == 302


def test_consent_again_belongs_to_the_same_portal(admin, portal, active):
    """A connection that needs it becomes active again and a run of its own begins."""
    SyncRun.objects.update(status="failed")
    Connection.objects.update(status="needs_reconnect")
    assert "Reconnect needed" in admin.get(DETAILS).content.decode()
    assert admin.get(consent(admin)).status_code == 302
    active.refresh_from_db()
    assert active.status == "active"
    assert SyncRun.objects.filter(trigger="resume").exists()


def test_another_account_cannot_take_over_the_connection(admin, portal, active):
    """Whoever consents must own the connected portal."""
    former = active.refresh_token
    portal.state.settings.auto_account = "tomas.okoro@ferrygate.example.test"
    page = admin.get(consent(admin))
    assert page.status_code == 400
    active.refresh_from_db()
    assert active.refresh_token == former


def test_the_consent_asks_with_state_and_pkce(admin, portal):
    """Both are there, and differ each time."""
    one, two = (
        parse_qs(urlsplit(admin.post("/settings/zoho-apps/projects/connect/")["Location"]).query)
        for _ in "12"
    )
    assert one["code_challenge_method"] == ["S256"]
    assert one["state"] != two["state"] and one["code_challenge"] != two["code_challenge"]
    assert requests.get(portal.url, timeout=10).ok


def test_an_account_without_portals_gets_a_page_with_a_next_step(admin, portal, connecting):
    """Nothing to choose from: the page says so and offers another account."""
    portal.state.portals.clear()
    page = admin.get(SETUP)
    assert page.status_code == 400
    assert "No portal found" in page.content.decode()


def test_the_wizard_is_kept_while_zoho_is_away(admin, portal, connecting):
    """The page says what to do; the connection stays half-finished and leads back to the wizard."""
    portal.stop()
    page = admin.get(SETUP)
    assert page.status_code == 502
    assert f'href="{SETUP}"' in page.content.decode()
    assert "Continue set-up" in admin.get("/settings/zoho-apps/").content.decode()
