"""What the wizard and the map refuse: forged, doubled and overtaken requests. Nothing changes, in plain words."""

from __future__ import annotations

import pytest
import requests

from customers.models import Customer
from integrations import lifecycle
from integrations.models import Connection, FieldMapping, SyncRun
from integrations.setup import wizard
from organizations.models import CustomField, Organization

from .conftest import choices, consent, foreign_portal, member, own_portal

SETUP = "/settings/zoho-apps/projects/setup/"
FIELDS = "/settings/zoho-apps/projects/setup/fields/"
DETAILS = "/settings/zoho-apps/projects/"


@pytest.fixture
def chosen(admin, portal, connecting) -> Connection:
    """The first page of the wizard is done."""
    assert admin.post(SETUP, choices(own_portal(portal))).status_code == 302
    connecting.refresh_from_db()
    return connecting


def refused(answer, sentence: str) -> None:
    """The page says what is wrong, and nothing was saved or started."""
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert not FieldMapping.objects.exists() and not SyncRun.objects.exists()
    assert Connection.objects.get(is_deleted=False).status == "connecting"


@pytest.mark.parametrize("portal_id", ["1", "999999999999999999999999", "' OR 1=1", "60012345 ", "٦٠٠"])
def test_a_forged_portal_is_refused(admin, portal, connecting, portal_id):
    """Only a portal in Zoho's fresh list of one's own is taken."""
    answer = admin.post(SETUP, choices(portal_id))
    if portal_id.strip() == own_portal(portal):
        assert answer.status_code == 302  # spaces around an id mean nothing
        return
    refused(answer, "not among the portals")
    assert Connection.objects.get().portal_id == ""
    counts = admin.get(SETUP + "counts/", {"portal_id": portal_id})
    assert counts.status_code == 200 and "<html" not in counts.content.decode()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("map-invoices-cost_centre", "mine", "There is no module “invoices” in the field map."),
        ("map-milestones-cost_centre", "mine", "There is no module “milestones”"),
        ("map-", "mine", "There is no module"),
        ("map-projects-nothing", "mine", "Zoho Projects has no such custom field any more."),
        ("map-projects-cost_centre", "theirs", "There is no such custom field here."),
        ("map-projects-cost_centre", "count", "Only fields of the same data type can be mapped."),
        ("map-projects-cost_centre", "hers_task", "There is no such custom field here."),
    ],
)
def test_a_forged_map_is_refused(admin, organization, chosen, name, value, sentence):
    """Unknown module, unknown field, another type, another module's or another organization's custom field."""
    other = Organization.objects.create(name="Elsewhere")
    for owner, module, key, data_type in (
        (organization, "projects", "mine", "singleline"),
        (organization, "projects", "count", "number"),
        (organization, "tasks", "hers_task", "singleline"),
        (other, "projects", "theirs", "singleline"),
    ):
        CustomField.objects.create(organization=owner, module=module, key=key, label=key, data_type=data_type)
    refused(admin.post(FIELDS, {name: value}), sentence)


def test_save_and_sync_pressed_twice_makes_one_run(admin, portal, organization, chosen, monkeypatch):
    """The second request arrives while the first one is asking Zoho; both end on the details page."""
    field = CustomField.objects.create(
        organization=organization, module="projects", key="mine", label="Mine", data_type="singleline"
    )
    real, inner = wizard.portals_of, []

    def meanwhile(connection):
        found = real(connection)
        if not inner:
            inner.append(None)
            inner[0] = admin.post(FIELDS, {"map-projects-cost_centre": field.key})
        return found

    monkeypatch.setattr(wizard, "portals_of", meanwhile)
    outer = admin.post(FIELDS, {}, follow=True)
    assert inner[0].status_code == 302 and outer.status_code == 200
    assert "finished already" in outer.content.decode()
    assert SyncRun.objects.count() == 1
    assert FieldMapping.objects.get().target_field == "mine", "the second press changed nothing"
    with pytest.raises(lifecycle.Finished):
        lifecycle.activate(chosen, None, real(chosen), [])
    assert SyncRun.objects.count() == 1 and FieldMapping.objects.count() == 1


def test_of_two_administrators_in_the_wizard_the_second_is_told(admin, portal, organization, chosen):
    """Choices of a page that was overtaken are not saved, and Save and Sync does not start with them."""
    version = chosen.settings_version
    other = member(organization, "admin", "otto@harbour.example.test")
    given = choices(own_portal(portal), customer_duplication="overwrite", version=str(version))
    assert other.post(SETUP, given).status_code == 302
    answer = admin.post(SETUP, choices(own_portal(portal), sync_users="on", version=str(version)))
    refused(answer, "Somebody else changed these settings")
    refused(admin.post(FIELDS, {"version": str(version)}), "Somebody else changed these settings")
    chosen.refresh_from_db()
    assert chosen.customer_duplication == "overwrite" and not chosen.sync_users


def test_a_portal_that_was_lost_meanwhile_is_refused_at_save_and_sync(admin, portal, chosen):
    """Gone from the list, or owned by somebody else now: the server asks again."""
    Connection.objects.update(portal_id=foreign_portal(portal))
    refused(admin.post(FIELDS), "not the owner")
    Connection.objects.update(portal_id="4711")
    refused(admin.post(FIELDS), "no longer among the portals")


def test_customers_in_another_currency_are_named_before_the_first_sync(
    admin, portal, organization, connecting
):
    """Beside the choice, and again on Map Field under Overwrite; same currency or other names are none."""
    owned = next(found for found in portal.state.portals.values() if found.number == 1)
    clients = [record.data for record in owned.tables["clients"].records.values()]
    name = next(
        one["name"] for one in clients if one.get("currency_code", "EUR") == "EUR" and "&" not in one["name"]
    )
    Customer.objects.create(organization=organization, display_name=f" {name.upper()}", currency="CHF")
    Customer.objects.create(organization=organization, display_name="Nobody there", currency="CHF")
    page = admin.get(SETUP + "counts/", {"portal_id": own_portal(portal)}).content.decode()
    assert "exists here in CHF and in Zoho Projects in EUR" in page and "Nobody there" not in page
    admin.post(SETUP, choices(own_portal(portal)))
    assert "exists here in CHF" not in admin.get(FIELDS).content.decode()
    admin.post(SETUP, choices(own_portal(portal), customer_duplication="overwrite"))
    assert "exists here in CHF" in admin.get(FIELDS).content.decode()
    looked = admin.post(SETUP, {**choices(own_portal(portal)), "look": "1"})
    assert looked.status_code == 200
    assert "projects found" in looked.content.decode() and "exists here in CHF" in looked.content.decode()


def test_a_real_record_is_shown_beside_the_pairs(admin, portal, chosen):
    """Next and previous work without JavaScript and keep the choices; with htmx only the one card comes."""
    page = admin.get(FIELDS).content.decode()
    assert "Show a record" in page and "Value there" not in page
    page = admin.post(FIELDS, {"look": "projects:0", "map-projects-cost_centre": ""}).content.decode()
    assert "Record 1 of the first" in page and "Value there" in page
    assert not SyncRun.objects.exists(), "looking saves nothing"
    part = admin.post(FIELDS, {"look": "tasks:1"}, headers={"HX-Request": "true"}).content.decode()
    assert "Record 2 of the first" in part and "<html" not in part and 'id="part-tasks"' in part
    for module in (
        "customers",
        "users",
        "projects",
        "milestones",
        "task_lists",
        "tasks",
        "bugs",
        "timesheets",
    ):
        part = admin.post(FIELDS, {"look": f"{module}:0"}, headers={"HX-Request": "true"}).content.decode()
        assert "Record 1 of the first" in part, module
    best = admin.post(FIELDS, {"look": "projects:"}, headers={"HX-Request": "true"}).content.decode()
    assert "CC-7100 R&amp;amp;D" in best and "CC-7100 R&amp;D" in best, (
        "as Zoho gives it, and as it would stand here"
    )
    logs = admin.post(FIELDS, {"look": "timesheets:0"}, headers={"HX-Request": "true"}).content.decode()
    assert " min<" in logs
    for forged in ("invoices:0", "tasks:-1", "tasks:99999", "tasks", ":"):
        answer = admin.post(FIELDS, {"look": forged}, headers={"HX-Request": "true"})
        assert answer.status_code in (200, 302), forged
        assert Connection.objects.get().status in ("connecting", "active")
        Connection.objects.update(status="connecting")
        SyncRun.objects.all().delete()


def test_a_record_that_zoho_does_not_give_is_said_and_the_page_stays(admin, portal, chosen, monkeypatch):
    """Trouble with the sample is no trouble for the map."""
    requests.post(f"{portal.url}/control/switches", json={"missing_scope": "bugs"}, timeout=10)
    answer = admin.post(FIELDS, {"look": "bugs:0"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "No record can be shown at this moment" in answer.content.decode()


def test_under_another_host_name_one_is_led_to_the_right_one(admin, portal, settings):
    """Opening localhost instead of 127.0.0.1 must not lose the session on the way back from consent."""
    settings.SITE_URL = "http://127.0.0.1:8000"
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    led = admin.get(DETAILS)
    assert (led.status_code, led["Location"]) == (302, f"http://127.0.0.1:8000{DETAILS}?here=1")
    led = admin.post(DETAILS + "connect/")
    assert led["Location"] == f"http://127.0.0.1:8000{DETAILS}?here=1"
    assert "zoho_consent" not in admin.session
    # behind a proxy that hides the host name nobody is led in circles
    page = admin.get(DETAILS + "?here=1")
    assert page.status_code == 200
    assert "/oauth/v2/auth" in admin.post(DETAILS + "connect/")["Location"]
    right = admin.get(DETAILS, headers={"Host": "127.0.0.1:8000"})
    assert right.status_code == 200


def test_reconnecting_with_another_account_is_refused_and_leaves_no_token(admin, portal, active):
    """The reason names both accounts; what Zoho had just given is taken back; everything stays as it was."""
    SyncRun.objects.update(status="failed")
    Connection.objects.update(status="needs_reconnect")
    former = Connection.objects.get().refresh_token
    known = set(portal.state.tokens.refresh)
    portal.state.settings.auto_account = "tomas.okoro@ferrygate.example.test"
    page = admin.get(consent(admin))
    text = page.content.decode()
    assert page.status_code == 400
    assert "tomas.okoro@ferrygate.example.test" in text and "ada.winter@lindenwerk.example.test" in text
    assert "no access to the connected portal lindenwerk" in text
    active.refresh_from_db()
    assert (active.refresh_token, active.status) == (former, "needs_reconnect")
    fresh = [row for key, row in portal.state.tokens.refresh.items() if key not in known]
    assert fresh and all(row.revoked for row in fresh)
    card = admin.get("/settings/zoho-apps/").content.decode()
    assert ">Reconnect<" in card and "Refused by Zoho" in card and "Show Details" in card
    portal.state.settings.auto_account = "ada.winter@lindenwerk.example.test"
    assert admin.get(consent(admin)).status_code == 302
    active.refresh_from_db()
    assert active.status == "active" and active.refresh_token != former
    assert portal.state.tokens.refresh[former].revoked, "the token that is used no more is taken back, too"
