"""The list of time entries over a million rows: milliseconds on the server and queries, first and later pages.

    .venv/bin/python benchmarks/lists.py --entries 1000000
    python3 tests/with_postgres.py .venv/bin/python benchmarks/lists.py --entries 1000000

Through Django's test client: middleware, view and template, without network and web server. The best and the median
of ten requests after one to warm up.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import common

PROJECTS, PEOPLE, AT_ONCE, TIMES = 500, 120, 20_000, 10


def main():
    """Fill the database, then print a line per page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        common.each_in_its_own_process(["--work", "--entries", options.entries])
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    project, person, customer = _fill(options.entries)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"\n{options.entries:,} time entries on {connection.vendor}")
    filters = [
        "",
        "q=Project 7",
        "billing=invoiced",
        "billing=unbilled",
        "kind=task",
        "kind=bug",
        "period=this_month",
    ]
    filters += [f"project={project}", f"person={person}", f"customer={customer}", "sort=date"]
    filters += [f"project={project}&billing=unbilled&period=this_month", f"person={person}&kind=general"]
    client = _signed_in()
    for query in filters:
        _walk(client, query)


def _fill(count):
    """Plainly invented entries over three years; ids of one project, person and customer."""
    from customers.models import Customer
    from integrations.sync import bulk
    from organizations.models import Organization
    from timetracking.models import Project, StaffUser, TimeEntry

    home = Organization.objects.create(name="Benchmark", base_currency="EUR")
    customer = Customer.objects.create(organization=home, display_name="Customer", currency="EUR")
    projects = [
        Project.objects.create(organization=home, customer=customer, name=f"Project {n}", currency="EUR")
        for n in range(PROJECTS)
    ]
    people = [StaffUser.objects.create(organization=home, name=f"Person {n}") for n in range(PEOPLE)]
    columns = ("id", "organization_id", "project_id", "staff_user_id", "kind", "title", "date", "minutes")
    columns += ("is_billable", "billing_status", "notes", "custom_fields")
    today = date.today()
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        ids = bulk.next_ids(TimeEntry, len(numbers))
        rows = [
            (
                pk,
                home.pk,
                projects[n * 7 % PROJECTS].pk,
                people[n * 11 % PEOPLE].pk,
                "general",
                f"Work {n}",
                today - timedelta(days=n % 1095),
                15 + n % 400,
                True,
                "invoiced" if n % 3 else "unbilled",
                "",
                {},
            )
            for pk, n in zip(ids, numbers, strict=True)
        ]
        bulk.insert(TimeEntry, columns, rows)
    return projects[7].pk, people[11].pk, customer.pk


def _signed_in():
    from django.contrib.auth import get_user_model
    from django.test import Client

    from organizations.models import Membership, Organization

    user = get_user_model().objects.create_user(email="bench@example.test", password=None)
    home = Organization.objects.get(name="Benchmark")
    Membership.objects.create(organization=home, user=user, role=Membership.Role.ADMIN)
    client = Client()
    client.force_login(user)
    return client


def _walk(client, query):
    """The first page, then the one that its link to older rows leads to."""
    from django.urls import reverse

    address = f"{reverse('timesheets')}?{query}"
    for label in ("first page", "next page"):
        response, best, median, queries = _timed(client, address)
        print(
            f"{query or 'no filter':>55} {label}: best {best:.0f} ms, median {median:.0f} ms, {queries} queries",
            flush=True,
        )
        address = f"{reverse('timesheets')}?{response.context['page'].next_query}"


def _timed(client, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, response.status_code
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        response = client.get(address)
        taken.append((time.perf_counter() - began) * 1000)
    return response, min(taken), statistics.median(taken), len(queries)


if __name__ == "__main__":
    main()
