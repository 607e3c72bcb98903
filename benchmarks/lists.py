"""Lists over a million rows: milliseconds on the server and queries of first, next and deep pages, on screen and API.

    .venv/bin/python benchmarks/lists.py --entries 1000000
    python3 tests/with_postgres.py .venv/bin/python benchmarks/lists.py --entries 1000000

Through Django's test client: middleware, view and template, without network and web server. The least of five
requests after one to warm up: CPU of this process and of PostgreSQL's beside it, the database's part of that, wall
time, and the median of that. On a busy machine only the CPU says something. Deep: from the middle of what the filter
finds. A `!` marks what needs more than 50 ms of CPU; `--plans` prints how the database found those rows.
"""

import argparse
import html
import os
import re
import statistics
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import common, lists_data

TIMES, AIM = 5, 50  # requests per page; milliseconds
WALKED = 100  # pages of the API walked in a row


def main():
    """Fill the database, then print a line per page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--only", default="", help="a pattern: only screens whose words fit it, and no API")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        more = (["--plans"] if options.plans else []) + (["--only", options.only] if options.only else [])
        common.each_in_its_own_process(
            ["--work", "--entries", options.entries, "--invoices", options.invoices, *more]
        )
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["API_REQUESTS_PER_MINUTE"] = "1000000"
    os.environ["ALLOWED_HOSTS"] = "testserver"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    home, known = lists_data.fill(options.entries, options.invoices)
    print(
        f"\n{options.entries:,} time entries and {options.invoices:,} invoices on {connection.vendor}, "
        f"filled in {time.perf_counter() - began:.0f} s"
    )
    pages = Pages(home, options.plans)
    pages.screens(known, options.only)
    pages.own_hours()
    if not options.only:
        pages.api(options.entries, options.invoices, known)
    print(f"{pages.slow} of {pages.count} pages took more than {AIM} ms")


def queries_of(known):
    """[(words, query string)] of the time-entry list: each filter alone, with and without matches, and mixtures."""
    found = [("no filter", ""), ("oldest first", "sort=date")]
    found += [(f"billing={name}", f"billing={name}") for name in ("unbilled", "invoiced", "non_billable")]
    found += [(f"kind={name}", f"kind={name}") for name in ("task", "bug", "general")]
    found += [(f"period={name}", f"period={name}") for name in ("this_week", "last_month", "this_year")]
    found += [("two days a year ago", "from=2025-11-20&to=2025-11-21"), ("a day to come", "from=2099-01-01")]
    for name, pk in known.items():
        found.append((name, f"{name.split()[-1] if name != 'person without bugs' else 'person'}={pk}"))
    found += [
        ("search: many names", "q=Person 1"),
        ("search: one project", "q=Project 101"),
        ("search: nothing", "q=nobody"),
        ("big project, unbilled", f"project={known['big project']}&billing=unbilled"),
        ("big project, bugs, oldest first", f"project={known['big project']}&kind=bug&sort=date"),
        (
            "big customer, unbilled, oldest first",
            f"customer={known['big customer']}&billing=unbilled&sort=date",
        ),
        ("big customer, one person", f"customer={known['big customer']}&person={known['person']}"),
        ("small customer, non-billable", f"customer={known['small customer']}&billing=non_billable"),
        ("person without bugs, bugs", f"person={known['person without bugs']}&kind=bug"),
        ("person, empty project", f"person={known['person']}&project={known['empty project']}"),
        ("bugs, unbilled, last year", "kind=bug&billing=unbilled&from=2025-01-01&to=2025-06-30"),
        ("search, unbilled", "q=Project 10&billing=unbilled"),
    ]
    return found


class Pages:
    """Requests as an administrator, their times, and how many were too slow."""

    def __init__(self, home, plans):
        from django.contrib.auth import get_user_model
        from django.test import Client

        from api import tokens
        from organizations.models import Membership

        self.home, self.plans, self.count, self.slow = home, plans, 0, 0
        user = get_user_model().objects.create_user(email="bench@example.test", password=None)
        self.membership = Membership.objects.create(organization=home, user=user, role=Membership.Role.ADMIN)
        self.client = Client()
        self.client.force_login(user)
        self.secret = tokens.make_token(
            self.membership, "Benchmark", ["ERP.projects.READ", "ERP.invoices.READ"], 1
        )[1]

    def screens(self, known, only=""):
        """First, next and deep page of the time entries with every filter."""
        from django.urls import reverse

        print("Timesheets on screen, page of 50")
        for words, query in queries_of(known):
            if not re.search(only, words):
                continue
            address = f"{reverse('timesheets')}?{query}"
            following = _next_query(self.timed(f"{words}, first", address))
            if following:
                self.timed(f"{words}, next", f"{reverse('timesheets')}?{following}")
                self.timed(f"{words}, deep", f"{reverse('timesheets')}?{self._deep(query)}")

    def _deep(self, query):
        """The query string of the page that begins in the middle of what the filter finds."""
        from urllib.parse import parse_qsl, urlencode

        from organizations import paging
        from timetracking import selectors

        params = dict(parse_qsl(query))
        order = selectors.ENTRY_ORDERS.get(params.get("sort"), selectors.ENTRY_ORDERS["-date"])
        rows = selectors.filtered_entries(self.membership, params)
        middle = rows.order_by(*order)[rows.count() // 2]
        return urlencode({**params, "after": paging.cursor_at(middle, order)})

    def own_hours(self):
        """The same list for somebody who sees their own hours only."""
        from django.contrib.auth import get_user_model
        from django.test import Client
        from django.urls import reverse

        from organizations.models import Membership
        from timetracking.models import StaffUser

        user = get_user_model().objects.create_user(email="own@example.test", password=None)
        role = Membership.Role.TIMESHEET_STAFF
        membership = Membership.objects.create(organization=self.home, user=user, role=role)
        StaffUser.objects.filter(name="Person 5").update(membership=membership)
        admin, self.client = self.client, Client()
        self.client.force_login(user)
        for words, query in (
            ("own hours", ""),
            ("own hours, unbilled", "billing=unbilled"),
            ("own bugs", "kind=bug"),
        ):
            following = _next_query(self.timed(words, f"{reverse('timesheets')}?{query}"))
            if following:
                self.timed(f"{words}, next", f"{reverse('timesheets')}?{following}")
        self.client = admin

    def api(self, entries, invoices, known):
        """Lists of the API, 200 a page: the first page, one far behind asked for at once, and walked to."""
        print("API, page of 200")
        lists = [("projects/timeentries", "", entries), ("projects/timeentries", "sort_order=A", entries)]
        lists += [
            ("projects/timeentries", f"sort_column={name}", entries) for name in ("project_name", "user_name")
        ]
        lists += [
            ("projects/timeentries", "filter_by=Status.Unbilled", entries // 4),
            ("projects/timeentries", f"project_id={known['big project']}", entries // 80),
            ("projects/timeentries", f"customer_id={known['big customer']}", entries // 8),
        ]
        columns = ("created_time", "date", "due_date", "invoice_number", "customer_name", "total", "balance")
        lists += [("invoices", f"sort_column={name}", invoices) for name in columns]
        lists += [
            ("invoices", f"filter_by=Status.{name}", invoices // 5)
            for name in ("OverDue", "Unpaid", "Viewed")
        ]
        for path, query, rows in lists:
            words, last = f"{path} {query}", max(2, rows // 200 - 1)
            address = f"/erp/v3/{path}?organization_id={self.home.pk}&{query}&page="
            self.timed(f"{words}, page 1", f"{address}1")
            self._once(f"{words}, page {last:,} at once", f"{address}{last}")
            self.timed(f"{words}, page {last + 1:,} after it", f"{address}{last + 1}")
        self._walk(f"/erp/v3/projects/timeentries?organization_id={self.home.pk}&page=", entries // 200)

    def _walk(self, address, last):
        """A hundred pages one after the other, at the beginning and at the end: time and memory of a page."""
        for begin in (1, max(2, last - WALKED)):
            times = []
            self.get(f"{address}{begin}")
            for number in range(begin + 1, min(begin + WALKED, last) + 1):
                cpu = time.process_time()
                response = self.get(f"{address}{number}")
                times.append((time.process_time() - cpu) * 1000)
                assert response.json()["page_context"]["has_more_page"] == (number < last), number
            tracemalloc.start()
            self.get(f"{address}{number}")
            peak = tracemalloc.get_traced_memory()[1] / 1024
            tracemalloc.stop()
            print(
                f"  pages {begin + 1:,} to {number:,}: CPU here {statistics.median(times):.1f} ms each (median), "
                f"peak of a page {peak:,.0f} KiB"
            )

    def _once(self, words, address):
        began = time.perf_counter()
        self.get(address)
        print(f"  {words:>62}: {(time.perf_counter() - began) * 1000:7.1f} ms, once")

    def get(self, address):
        """The answer of a GET, as signed in and with the token."""
        response = self.client.get(address, headers={"Authorization": f"Zoho-oauthtoken {self.secret}"})
        assert response.status_code == 200, (response.status_code, response.content[:300])
        return response

    def database_cpu(self):
        """CPU seconds that PostgreSQL's process for us has used; 0 with SQLite. The server must be on this machine."""
        from django.db import connection

        if connection.vendor == "sqlite":
            return 0.0
        connection.ensure_connection()
        process = connection.connection.info.backend_pid
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9

    def timed(self, words, address):
        """Ask some times, print one line; the last answer."""
        from django.db import connection

        self.get(address)
        walls, cpus, theirs = [], [], []
        for _ in range(TIMES):
            timer = Timer()
            wall, cpu, database = time.perf_counter(), time.process_time(), self.database_cpu()
            with connection.execute_wrapper(timer):
                response = self.get(address)
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            theirs.append((self.database_cpu() - database) * 1000)
        if connection.vendor == "sqlite":  # it works within this process: its part is known as wall time only
            theirs, beside = [timer.seconds * 1000], 0
        else:
            beside = min(theirs)
        slow = min(cpus) + beside > AIM
        print(
            f"{'!' if slow else ' '} {words:>62}: CPU {min(cpus) + beside:6.1f} ms, database {min(theirs):6.1f}, "
            f"wall {min(walls):6.1f}, median {statistics.median(walls):6.1f}, {len(timer.statements)} queries",
            flush=True,
        )
        self.count, self.slow = self.count + 1, self.slow + slow
        if slow and self.plans:
            _explain(max(timer.statements, key=lambda item: item[0]))
        return response


def _next_query(response):
    """The query string behind the page's link to what follows; '' on the last page."""
    found = re.search(r'href="[^"]*\?([^"]*\bafter=[^"]*)"', response.content.decode())
    return html.unescape(found.group(1)) if found else ""


class Timer:
    """Seconds that the database took, and for each statement (seconds, SQL, parameters)."""

    def __init__(self):
        self.seconds, self.statements = 0.0, []

    def __call__(self, execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            self.seconds += seconds
            self.statements.append((seconds, sql, params))


def _explain(statement):
    from django.db import connection

    seconds, sql, params = statement
    words = "EXPLAIN (ANALYZE, BUFFERS)" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{words} {sql}", params)
        lines = cursor.fetchall()
    print(f"      {seconds * 1000:.0f} ms: {sql[-500:]}")
    for line in lines:
        print(f"      {line[-1] if connection.vendor == 'sqlite' else line[0]}")


if __name__ == "__main__":
    main()
