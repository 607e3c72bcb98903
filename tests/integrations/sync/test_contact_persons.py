"""Contact persons follow the people of their customer in Zoho Projects."""

from customers.models import ContactPerson, Customer
from integrations.models import SyncedRecord


def shown(customer):
    """The contact persons of a customer as (first name, e-mail, primary), by id."""
    rows = customer.contact_persons.order_by("id")
    return [(row.first_name, row.email, row.is_primary) for row in rows]


def test_people_are_added_changed_and_removed_without_doubles(portal, connection, control, sync):
    """Also an e-mail that changes, two people of one e-mail, and somebody made here by hand."""
    sync.first()
    row = SyncedRecord.objects.filter(module="customers", outcome="synced").order_by("id").first()
    customer = Customer.objects.get(pk=row.object_id)
    ContactPerson.objects.filter(customer=customer, email="hand@example.test").delete()
    by_hand = ContactPerson.objects.create(customer=customer, first_name="Hand", email="hand@example.test")
    before = shown(customer)
    made = control.change(
        "contacts",
        {
            "action": "add",
            "record": {
                "first_name": "Nia",
                "last_name": "North",
                "email": "nia@example.test",
                "client_id": row.zoho_id,
            },
        },
        {
            "action": "add",
            "record": {
                "first_name": "Twin",
                "last_name": "North",
                "email": "NIA@example.test",
                "client_id": row.zoho_id,
            },
        },
        {
            "action": "add",
            "record": {
                "first_name": "Hanna",
                "last_name": "Hand",
                "email": "hand@example.test",
                "client_id": row.zoho_id,
            },
        },
    )["results"]
    sync()
    by_hand.refresh_from_db()
    assert by_hand.first_name == "Hanna"
    assert len(shown(customer)) == len(before) + 1
    nia = ContactPerson.objects.get(customer=customer, first_name="Nia")
    control.change(
        "contacts", {"id": made[0]["id"], "set": {"email": "nia.north@example.test", "mobile": "+4555500100"}}
    )
    control.change("contacts", {"action": "delete", "id": made[1]["id"]})
    sync()
    nia.refresh_from_db()
    assert (nia.email, nia.mobile) == ("nia.north@example.test", "+4555500100")
    assert len(shown(customer)) == len(before) + 1
    rows = list(SyncedRecord.objects.order_by("pk").values_list("pk", "last_changed_run"))
    sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list("pk", "last_changed_run")) == rows
    control.change(
        "contacts", {"action": "delete", "id": made[0]["id"]}, {"action": "delete", "id": made[2]["id"]}
    )
    sync()
    assert not ContactPerson.objects.filter(pk=nia.pk).exists()
    assert ContactPerson.objects.filter(pk=by_hand.pk).exists(), "made here by hand: it stays"


def test_nobody_is_removed_while_zoho_does_not_show_contacts(portal, connection, control, sync):
    """A list that cannot be read proves nothing; the first of those left becomes primary when the primary goes."""
    sync.first()
    count = ContactPerson.objects.count()
    assert count
    control.switch(v3_clients_unavailable=True)
    sync()
    assert ContactPerson.objects.count() == count
    control.switch(v3_clients_unavailable=False)
    row = next(
        row
        for row in SyncedRecord.objects.filter(module="customers", outcome="synced")
        if len([link for link in row.source.get("contacts", {}).values() if link[1]]) > 1
    )
    primary = ContactPerson.objects.get(customer_id=row.object_id, is_primary=True)
    for _ in range(
        2
    ):  # the same person is a contact and a client user; while one of them is there, so is ours
        row.refresh_from_db()
        for key, link in row.source["contacts"].items():
            if link[0] == primary.pk:
                assert ContactPerson.objects.filter(pk=primary.pk).exists()
                control.change(
                    "contacts" if link[2] == "contact" else "users", {"action": "delete", "id": key}
                )
        sync()
    assert not ContactPerson.objects.filter(pk=primary.pk).exists()
    assert ContactPerson.objects.filter(customer_id=row.object_id, is_primary=True).count() == 1
