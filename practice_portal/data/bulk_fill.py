"""Fills a portal with generated data; projects, people and customers are stored, the rest is arithmetic."""

import random

from .bulk import Issues, Phases, Shape, TaskLists, Tasks, bulk_id
from .bulk_logs import LogBase
from .defaults import complete

SIZES = {"small": (20, 200, 1_000), "medium": (60, 3_000, 16_000), "large": (500, 50_000, 1_000_000)}
PLACES = [
    "Alder",
    "Birch",
    "Cedar",
    "Dune",
    "Elm",
    "Fjord",
    "Grove",
    "Heath",
    "Inlet",
    "Juniper",
    "Knoll",
    "Larch",
    "Moor",
    "Needle",
    "Oak",
    "Pine",
    "Quarry",
    "Reed",
    "Spruce",
    "Thorn",
]
TRADES = [
    "Bakery",
    "Chandlery",
    "Dairy",
    "Foundry",
    "Glassworks",
    "Joinery",
    "Laundry",
    "Mill",
    "Nursery",
    "Pottery",
    "Quarry Works",
    "Rail",
    "Shipyard",
    "Tannery",
    "Winery",
]
WORKS = [
    "Roof renewal",
    "Control room",
    "Web shop",
    "Line upgrade",
    "Safety review",
    "Cold store",
    "Loading ramp",
    "Energy audit",
    "Data move",
    "Fleet tracking",
]
FIRST = [
    "Asta",
    "Bruno",
    "Celia",
    "Dario",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Iris",
    "Jonas",
    "Kaja",
    "Luca",
    "Mina",
    "Nils",
    "Olga",
    "Pau",
]
LAST = [
    "Adler",
    "Baum",
    "Castell",
    "Duarte",
    "Eriksen",
    "Fischer",
    "Gallo",
    "Hansen",
    "Ibsen",
    "Jansen",
    "Keller",
]


def fill(portal, days, settings):
    """Add the generated data that the settings ask for."""
    usual = SIZES[settings.size]
    projects, tasks, logs = (
        usual[i] if v is None else v for i, v in enumerate((settings.projects, settings.tasks, settings.logs))
    )
    projects = max(1, projects)
    dice = random.Random(settings.seed)
    places, trades, works = PLACES[:], TRADES[:], WORKS[:]
    for names in (places, trades, works):
        dice.shuffle(names)
    users, clients = min(120, 10 + projects // 4), min(300, 5 + projects // 2)
    when = days.stamp(700)
    for i in range(users):
        first, last = FIRST[i % len(FIRST)], LAST[i * 3 % len(LAST)]
        portal.tables["users"].add(
            complete(
                portal,
                "users",
                {
                    "zpuid": bulk_id("users", i),
                    "first_name": first,
                    "last_name": f"{last} {i + 1}",
                    "zuid": 620_000_000 + i,
                    "email": f"{first}.{last}{i + 1}@lindenwerk.example.test".lower(),
                },
                when,
            )
        )
    for i in range(clients):
        name = f"{places[i % 20]} {trades[i // 20 % 15]}"
        domain = f"{name}.example.test".lower().replace(" ", "-")
        key = bulk_id("clients", i)
        portal.tables["clients"].add(
            complete(
                portal,
                "clients",
                {
                    "id": key,
                    "name": name,
                    "email": f"office@{domain}",
                    "city": places[i * 7 % 20] + "ton",
                    "country": "Ireland",
                    "currency_code": "EUR",
                },
                when,
            )
        )
        portal.tables["contacts"].add(
            complete(
                portal,
                "contacts",
                {
                    "id": bulk_id("contacts", i),
                    "first_name": FIRST[i * 5 % 16],
                    "last_name": LAST[i * 2 % 11],
                    "client_id": key,
                    "email": f"contact{i}@{domain}",
                },
                when,
            )
        )
    shape = Shape(portal, days, projects, tasks, logs, users)
    for i, key in enumerate(shape.project_ids):
        owner = bulk_id("users", i * 7 % users)
        project = complete(
            portal,
            "projects",
            {
                "id": key,
                "key": f"G-{i + 1}",
                "name": f"{works[i % 10]} {places[i // 10 % 20]} {i + 1}",
                "owner_id": owner,
                "start_date": days.ago(700),
                "end_date": days.ago(-90),
                "budget_info": {"currency": "EUR", "tracking_method": "project_hours"},
            },
            days.stamp(700, 9, i % 60),
        )
        portal.tables["projects"].add(project)
        first = bulk_id("clients", i % clients)
        links = [] if i % 25 == 24 else [{"id": first, "is_primary": True, "added_time": when}]
        if i % 20 == 7 and clients > 1:
            links.append(
                {
                    "id": bulk_id("clients", (i + 1) % clients),
                    "is_primary": False,
                    "added_time": days.stamp(300),
                }
            )
        portal.project_clients[key] = links
        portal.project_users[key] = [bulk_id("users", m) for m in shape.members(i)]
    shape.refresh_names()
    for base in (TaskLists, Phases, Tasks, Issues):
        portal.tables[base.entity].base = base(shape)
    portal.tables["logs"].base = LogBase(shape)
