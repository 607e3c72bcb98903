"""People of customers in Zoho Projects → contact persons, followed through changes and removals without doubles.

Which contact person a person became stands in the customer's ledger row, under `contacts`:
{Zoho id: [our id, whether the sync made it, "contact" or "user"]}. A contact person made here by hand is joined
by e-mail and stays when the person is gone at the source; one that the sync made goes with its person.
"""

from customers.models import ContactPerson
from integrations.sync.entities.directory import save
from integrations.sync.ledger import SYNCED

DETAILS = ("first_name", "last_name", "phone", "mobile")
AT_ONCE = 50


def settle(context, people, complete):
    """Write the contact persons of synced customers.

    `people`: dicts with client_id, id, first_name, last_name, email, phone, mobile, kind. `complete`: the
    kinds of which Zoho showed all; of others somebody missing proves nothing. One contact person per e-mail and
    customer; the first by id is primary unless the customer has a primary one already.
    """
    by_client = {}
    for person in people:
        by_client.setdefault(person["client_id"], []).append(person)
    rows = context.ledger("customers").filter(outcome=SYNCED, object_id__isnull=False).order_by("pk")
    rows = [row for row in rows if row.zoho_id in by_client or (row.source or {}).get("contacts")]
    for start in range(0, len(rows), AT_ONCE):
        with context.page("customers"):
            _write(context, rows[start : start + AT_ONCE], by_client, complete)


def _write(context, rows, by_client, complete):
    stored = {}
    for contact in ContactPerson.objects.filter(customer_id__in=[row.object_id for row in rows]).order_by(
        "pk"
    ):
        stored.setdefault(contact.customer_id, []).append(contact)
    changed, shared = [], {}
    for row in rows:
        # two customers of the portal may be one here; what the first one claimed is not the second one's
        claimed = shared.setdefault(row.object_id, set())
        persons = sorted(by_client.get(row.zoho_id, ()), key=lambda person: (len(person["id"]), person["id"]))
        customer = _Customer(row.object_id, stored.setdefault(row.object_id, []), claimed)
        before = (row.source or {}).get("contacts", {})
        links = customer.follow(persons, before, complete)
        if links != before:
            row.source = {**(row.source or {}), "contacts": links}
            changed.append(row)
    save(context, changed)


class _Customer:
    """The contact persons of one customer, and who of the portal's people each of them is."""

    def __init__(self, pk, present, claimed):
        self.pk, self.present, self.claimed = pk, present, claimed

    def follow(self, persons, before, complete):
        """Create, change and remove; the links afterwards."""
        links, known = {}, {contact.pk: contact for contact in self.present}
        ours = {link[0] for link in before.values() if link[1]}
        for person in persons:
            linked = before.get(person["id"])
            contact = known.get(linked[0]) if linked else None
            if contact is None or contact.pk in self.claimed:
                contact = self._match(person)
            if contact is None and self._taken(person["email"]):
                continue  # a second person with one e-mail address: the first by id is the contact person
            if contact is None:
                contact = self._create(person)
                known[contact.pk] = contact
                ours.add(contact.pk)
            else:
                self._change(contact, person)
            self.claimed.add(contact.pk)
            links[person["id"]] = [contact.pk, contact.pk in ours, person["kind"]]
        listed = {person["id"] for person in persons}
        gone = {key: link for key, link in before.items() if key not in links}
        kept = {key: link for key, link in gone.items() if key not in listed and link[2] not in complete}
        for pk, made, _ in (link for key, link in gone.items() if key not in kept):
            if made and pk in known and pk not in self.claimed:
                self.present.remove(known[pk])
                known.pop(pk).delete()
        self._have_a_primary()
        return {**kept, **links}

    def _match(self, person):
        email, names = person["email"].lower(), (person["first_name"], person["last_name"])
        for contact in self.present:
            if contact.pk in self.claimed:
                continue
            if email and contact.email.lower() == email:
                return contact
            if not email and not contact.email and (contact.first_name, contact.last_name) == names:
                return contact
        return None

    def _taken(self, email, by=None):
        return bool(email) and any(
            contact.email.lower() == email.lower() and contact is not by for contact in self.present
        )

    def _create(self, person):
        contact = ContactPerson(
            customer_id=self.pk,
            email=person["email"],
            is_primary=not any(contact.is_primary for contact in self.present),
            **{name: person[name] for name in DETAILS},
        )
        contact.save()
        self.present.append(contact)
        return contact

    def _change(self, contact, person):
        """Take the person's details; an empty one never erases."""
        wanted = {name: person[name] for name in DETAILS if person[name]}
        email = person["email"]
        if email and email != contact.email and not self._taken(email, by=contact):
            wanted["email"] = email
        changed = [name for name, value in wanted.items() if getattr(contact, name) != value]
        for name in changed:
            setattr(contact, name, wanted[name])
        if changed:
            contact.save(update_fields=changed)

    def _have_a_primary(self):
        if self.present and not any(contact.is_primary for contact in self.present):
            first = self.present[0]
            first.is_primary = True
            first.save(update_fields=["is_primary"])
