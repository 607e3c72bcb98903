"""Customers and people of the first portal, every odd case among them."""

from .defaults import ABSENT, complete

#: zpuid numbers of people other files refer to.
ADA, INES, OLA, YUSUF, MEI, SAM, GONE, NOMAIL, LENA, PORT_JO, PORT_KIM, NORD_EVA = (
    f"219300000000{n}"
    for n in (
        "012001",
        "012002",
        "012003",
        "012004",
        "012005",
        "012006",
        "012007",
        "012008",
        "012009",
        "012044",
        "012045",
        "012046",
    )
)
#: A person who was removed from the portal: named by old logs, in no listing.
REMOVED = {
    "zuid": 610012099,
    "zpuid": "219300000000012099",
    "name": "Viktor Sandberg",
    "email": "viktor.sandberg@lindenwerk.example.test",
}


def client_id(number):
    """Id of a client of the first portal by its number."""
    return f"219300000000{50_000 + number:06d}"


(SOUND, NORDKAI, TWIN_A, TWIN_B, ALMA, BLANK, UNUSED, DOLLAR, SHALOM, OVERSIZE) = (
    client_id(n) for n in range(1, 11)
)

CLIENTS = (
    {
        "id": SOUND,
        "name": "Port of Silver Sound",
        "email": "office@silversound.example.test",
        "phone": "+45 5550 0100",
        "website": "https://silversound.example.test",
        "address": "Quay 4",
        "city": "Sølvhavn",
        "state": "Sjælland",
        "country": "Denmark",
        "zip_code": "1050",
        "currency_code": "EUR",
        "crm_account": {"id": "5480000000451190", "name": "Port of Silver Sound"},
    },
    {
        "id": NORDKAI,
        "name": "Nordkai Insurance &amp; Partners",
        "email": "billing@nordkai.example.test",
        "city": "Hamburg",
        "country": "Germany",
        "zip_code": "20457",
        "currency_code": "EUR",
    },
    {
        "id": TWIN_A,
        "name": "Meridian Foods",
        "email": "north@meridian.example.test",
        "country": "Ireland",
        "currency_code": "EUR",
    },
    {
        "id": TWIN_B,
        "name": "Meridian Foods",
        "email": "south@meridian.example.test",
        "country": "Spain",
        "currency_code": "EUR",
    },
    {
        "id": ALMA,
        "name": 'Café "Alma" 🌻',
        "email": "hola@alma.example.test",
        "country": "Spain",
        "currency_code": "EUR",
    },
    {"id": BLANK, "name": "", "email": "nobody@blank.example.test"},
    {"id": UNUSED, "name": "Quiet Holdings", "country": "Austria", "currency_code": "EUR"},
    {
        "id": DOLLAR,
        "name": "Prairie Rail Co.",
        "email": "ap@prairierail.example.test",
        "country": "United States",
        "city": "Lincoln",
        "state": "Nebraska",
        "zip_code": "68501",
        "currency_code": "USD",
    },
    {
        "id": SHALOM,
        "name": "אלון מערכות",
        "email": "info@alon.example.test",
        "country": "Israel",
        "currency_code": "ILS",
    },
    {
        "id": OVERSIZE,
        "name": "The Honourable Company of Harbour Pilots, Lighthouse Keepers, Rope Makers and Others "
        "of the Northern Estuary (Cooperative with Limited Liability)",
        "currency_code": "EUR",
    },
)

STAFF = (
    (ADA, "Ada", "Winter", {"email": "ada.winter@lindenwerk.example.test", "zuid": 610012001}),
    (INES, "Ines", "Roth", {"role_name": "Administrator"}),
    (OLA, "Ola", "Berg", {}),
    (YUSUF, "Yusuf", "Demir", {}),
    (MEI, "Mei", "O&#39;Hara-Lin", {"email": "mei.lin@lindenwerk.example.test"}),
    (SAM, "Sam", "Novák 🚲", {"email": "sam.novak@lindenwerk.example.test"}),
    (GONE, "Petra", "Holm", {"is_active": False, "status": "inactive"}),
    (NOMAIL, "Field", "Crew", {"email": ABSENT, "zuid": ABSENT}),
    (LENA, "Lena", "Falk", {"email": "LENA.FALK@lindenwerk.example.test"}),
)

CLIENT_USERS = (
    (PORT_JO, "Jo", "Hale", SOUND, "jo.hale@silversound.example.test"),
    (PORT_KIM, "Kim", "Aas", SOUND, "kim.aas@silversound.example.test"),
    (NORD_EVA, "Eva", "Kranz", NORDKAI, "eva.kranz@nordkai.example.test"),
)

CONTACTS = (
    (
        1,
        "Rune",
        "Dahl",
        SOUND,
        {
            "email": "rune.dahl@silversound.example.test",
            "phone": "+45 5550 0111",
            "mobile": "+45 5550 0112",
            "designation": "Harbour master",
        },
    ),
    (2, "Jo", "Hale", SOUND, {"email": "jo.hale@silversound.example.test"}),
    (3, "Bea", "Moreno", ALMA, {"email": "bea@alma.example.test", "mobile": "+34 555 010 203"}),
    (4, "דנה", "כהן", SHALOM, {"email": "dana@alon.example.test"}),
    (5, "Walter", "Pike", DOLLAR, {}),
)


def fill(portal, days, accounts, cases):
    """Customers, staff, client users and contacts; without `cases` only the owner."""
    tables, when = portal.tables, days.stamp(400)
    portal.groups = [
        {"id": f"{portal.prefix}000301", "name": "Ports", "type": "public"},
        {"id": f"{portal.prefix}000302", "name": "Internal", "type": "private"},
    ]
    for client in CLIENTS if cases else ():
        tables["clients"].add(complete(portal, "clients", client, when))
    for number, (zpuid, first, last, more) in enumerate(STAFF if cases else STAFF[:1]):
        given = {
            "zpuid": zpuid,
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}@lindenwerk.example.test".lower(),
            **more,
        }
        given.pop("role_name", None)
        if number < 2:
            given["role"] = {"id": f"{portal.prefix}008021", "name": "Administrator"}
            given["portal_profile"] = {
                "id": f"{portal.prefix}0080{12 - number}",
                "name": ("Portal Owner", "Administrator")[number],
            }
        given["budget"] = {"cost_rate_per_hour": {"amount": f"{48 + 3 * number}.00", "currency_code": "EUR"}}
        tables["users"].add(complete(portal, "users", given, when))
    for zpuid, first, last, client, email in CLIENT_USERS if cases else ():
        tables["users"].add(
            complete(
                portal,
                "users",
                {"zpuid": zpuid, "first_name": first, "last_name": last, "client_id": client, "email": email},
                when,
            )
        )
    for number, first, last, client, more in CONTACTS if cases else ():
        key = f"{portal.prefix}{55_000 + number:06d}"
        tables["contacts"].add(
            complete(
                portal,
                "contacts",
                {"id": key, "first_name": first, "last_name": last, "client_id": client, **more},
                when,
            )
        )
