"""Customers through their life: Zoho CRM's priority, a new name, a deletion there; and a second connection."""

import pytest

from customers.models import ContactPerson, Customer
from integrations import lifecycle
from integrations.gateway import portals_for
from integrations.models import Connection, SyncedRecord
from integrations.panels import origins
from integrations.sync import tasks
from integrations.sync.entities import customers
from integrations.sync.queue import request_run
from integrations.sync.runner import run_to_end
from integrations.zoho.oauth import SCOPES
from organizations.models import Membership, User
from timetracking.models import Project, StaffUser, Task, TimeEntry


def synced(name=""):
    """Ledger rows of customers that came in, one of that name if given."""
    rows = SyncedRecord.objects.filter(module="customers", outcome="synced", object_id__isnull=False)
    return rows.filter(name=name) if name else rows.order_by("id")


def clients(portal):
    """The records of the portal's customers."""
    owned = next(found for found in portal.state.portals.values() if found.number == 1)
    return {key: record.data for key, record in owned.tables["clients"].records.items()}


def test_details_from_zoho_crm_win_even_under_clone(portal, connection, control, sync):
    """The customer of CRM's overwrites its namesake; the others are cloned."""
    client_id, client = next(
        (key, data)
        for key, data in clients(portal).items()
        if data.get("crm_account") and data.get("currency_code", "EUR") == "EUR"
    )
    plain = next(
        data
        for key, data in clients(portal).items()
        if not data.get("crm_account") and data.get("currency_code", "EUR") == "EUR" and key != client_id
    )
    namesake = Customer.objects.create(
        organization=connection.organization,
        display_name=client["name"].upper(),
        currency="EUR",
        notes="ours",
    )
    Customer.objects.create(organization=connection.organization, display_name=plain["name"], currency="EUR")
    sync()
    row = SyncedRecord.objects.get(module="customers", zoho_id=client_id)
    if row.outcome != "synced":
        pytest.fail("the practice portal's customer from CRM should be the primary customer of a project")
    namesake.refresh_from_db()
    assert row.object_id == namesake.pk
    assert (namesake.company_name, namesake.notes) == (client["name"], "ours")


def test_a_new_name_follows_and_a_taken_one_does_not(connection, control, sync):
    """A linked customer takes the new name; when another customer here has it, with a number."""
    sync.first()
    row = synced().first()
    control.change("clients", {"id": row.zoho_id, "set": {"name": "Silver Sound Harbour Authority"}})
    sync()
    customer = Customer.objects.get(pk=row.object_id)
    assert customer.display_name == customer.company_name == "Silver Sound Harbour Authority"
    Customer.objects.create(organization=connection.organization, display_name="taken name", currency="EUR")
    control.change("clients", {"id": row.zoho_id, "set": {"name": "Taken Name"}})
    sync()
    customer.refresh_from_db()
    assert (customer.display_name, customer.company_name) == ("Taken Name (2)", "Taken Name")


def test_a_customer_deleted_there_stays_here_and_says_so(client, connection, control, sync):
    """With projects, contact persons and documents; its page says that it is updated no more."""
    sync.first()
    row = next(r for r in synced() if Project.objects.filter(customer_id=r.object_id).exists())
    customer = Customer.objects.get(pk=row.object_id)
    control.change("clients", {"action": "delete", "id": row.zoho_id})
    sync()
    row.refresh_from_db()
    assert (row.outcome, row.object_id) == ("deleted", customer.pk)
    assert Customer.objects.filter(pk=customer.pk).exists()
    assert origins("customers", [customer.pk])[0][customer.pk].locked == {}
    user = User.objects.create_user("olga@works.example.test", "a long enough phrase")
    Membership.objects.create(organization=connection.organization, user=user, role="admin")
    client.force_login(user)
    page = client.get(f"/customers/{customer.pk}/").content.decode()
    assert "Deleted in Zoho Projects. The customer stays here" in page
    other = Customer.objects.get(pk=synced().exclude(pk=row.pk).first().object_id)
    page = client.get(f"/customers/{other.pk}/").content.decode()
    assert "From Zoho Projects" in page and "Deleted in Zoho Projects" not in page


TABLES = (Customer, ContactPerson, Project, Task, StaffUser, TimeEntry)


def test_connecting_the_same_portal_again_doubles_nothing(portal, connection, control, sync, settings):
    """Delete, connect, sync: the records of before are found again; what was restricted by hand stays so."""
    settings.ZOHO_ACCOUNTS_URL = portal.url
    sync()
    before = [sorted(model.objects.values_list("pk", flat=True)) for model in TABLES]
    ledger = SyncedRecord.objects.count()
    assert lifecycle.delete(connection)
    assert Project.objects.count() and not origins("projects", before[2])[0], "standalone: nobody's but ours"
    connection.refresh_from_db()
    tokens = control.post("tokens/grant", {"scopes": SCOPES})
    second = Connection.objects.create(
        organization=connection.organization,
        accounts_url=portal.url,
        api_url=portal.url,
        refresh_token=tokens["refresh_token"],
    )
    portals = [found for found in portals_for(second) if found.id == "60012345"]
    second = lifecycle.choose_portal(second, portals[0])
    assert second.pk == connection.pk
    user = User.objects.create_user("olga@works.example.test", "a long enough phrase")
    run = lifecycle.activate(second, user, portals, [])
    run = run_to_end(run.pk, sleep=lambda seconds: pytest.fail("no waiting here"))
    assert run.status == "succeeded", run.message
    assert [sorted(model.objects.values_list("pk", flat=True)) for model in TABLES] == before
    assert SyncedRecord.objects.count() == ledger
    assert origins("projects", before[2])[0]


def test_a_refused_refresh_token_is_told_by_the_worker_once(portal, connection, control, mailoutbox):
    """The worker's own task: the run fails, the connection needs a reconnect, one e-mail goes out."""
    user = User.objects.create_user("olga@works.example.test", "a long enough phrase")
    Membership.objects.create(organization=connection.organization, user=user, role="admin")
    control.switch(refresh_tokens_revoked=True)
    run = request_run(connection, "scheduled", ring=False)
    tasks.work(run.pk)
    tasks.work(run.pk)
    connection.refresh_from_db()
    assert connection.status == "needs_reconnect"
    (message,) = mailoutbox
    assert message.to == ["olga@works.example.test"] and "press Reconnect" in message.body


def test_a_name_that_somebody_takes_while_customers_are_written_is_looked_up_again(
    connection, sync, monkeypatch
):
    """The batch is undone and judged anew, now knowing the name; the run does not end for it."""
    taken, write = [], customers.Here.write

    def taking(here):
        if here.new and not taken:
            taken.append(here.new[0].display_name)
            Customer.objects.create(
                organization=connection.organization, display_name=taken[0].upper(), currency="EUR"
            )
        write(here)

    monkeypatch.setattr(customers.Here, "write", taking)
    sync()
    assert taken and Customer.objects.filter(display_name=taken[0]).count() == 1
    row = synced(taken[0]).get()
    assert Customer.objects.get(pk=row.object_id).company_name == taken[0]
