"""Rows for benchmarks/lists.py, plainly invented: a million time entries and 100,000 invoices, by plain SQL.

Skewed as portals are: the first 25 of 500 projects hold half of the hours, each 20th project none; old hours are
mostly invoiced. The statements use what PostgreSQL and SQLite share; only the counting series differs.
"""

from datetime import date

DAYS, PROJECTS, BIG, PEOPLE, CUSTOMERS = 1095, 500, 25, 120, 60
TASKS, BUGS = 100, 10  # per project
OTHERS = 50  # entries of another organization are one in so many

PROJECT = f"(CASE WHEN n % 2 = 0 THEN n / 2 % {BIG} ELSE n / 2 * 7 % {PROJECTS} END)"
# No hours on each 20th project; customers with a number from 56 on have only such projects.
BUSY = f"(CASE WHEN {PROJECT} % 20 = 19 THEN 0 ELSE {PROJECT} END)"
AGE = f"(n * 37 % {DAYS})"
KIND = (
    "(CASE WHEN n % 25 < 20 THEN 'task' WHEN n % 25 < 22 AND n % {people} <> 0 THEN 'bug' ELSE 'general' END)"
)
STATE = f"""(CASE WHEN n % 11 = 0 THEN 'non_billable' WHEN {AGE} > 60 AND n % 7 < 6 THEN 'invoiced'
              ELSE 'unbilled' END)"""


def fill(entries, invoices):
    """Fill an empty, migrated database; returns (organization, {name: id or name} of what to look for)."""
    from django.db import connection, transaction

    from customers.models import Customer
    from operations import statistics
    from organizations.models import Organization
    from timetracking.models import Bug, Project, StaffUser, Task

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -400000")
    with transaction.atomic():
        home = Organization.objects.create(name="Benchmark", base_currency="EUR")
        other = Organization.objects.create(name="Another", base_currency="EUR")
        customers = Customer.objects.bulk_create(
            [
                Customer(organization=home, display_name=f"Customer {n}", currency="EUR")
                for n in range(CUSTOMERS)
            ]
        )
        projects = Project.objects.bulk_create(
            [
                Project(
                    organization=home, customer=_customer(customers, n), name=f"Project {n}", currency="EUR"
                )
                for n in range(PROJECTS)
            ]
        )
        people = StaffUser.objects.bulk_create(
            [StaffUser(organization=home, name=f"Person {n}") for n in range(PEOPLE)]
        )
        tasks = Task.objects.bulk_create(
            [Task(project=project, name=f"Task {n}") for project in projects for n in range(TASKS)]
        )
        bugs = Bug.objects.bulk_create(
            [Bug(project=project, name=f"Bug {n}") for project in projects for n in range(BUGS)]
        )
        away = Project.objects.create(
            organization=other,
            customer=Customer.objects.create(organization=other, display_name="Away", currency="EUR"),
            name="Away",
            currency="EUR",
        )
        stranger = StaffUser.objects.create(organization=other, name="Stranger")
        first = {"project": projects[0].pk, "person": people[0].pk, "task": tasks[0].pk, "bug": bugs[0].pk}
        _entries(home.pk, entries, first)
        _entries_of_another(other.pk, entries // OTHERS, away.pk, stranger.pk)
        _invoices(home, invoices, customers[0].pk)
    statistics.refresh()
    if connection.vendor == "postgresql":  # as its autovacuum does after a while
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return home, {
        "big project": projects[0].pk,
        "small project": projects[101].pk,
        "empty project": projects[19].pk,
        "big customer": customers[0].pk,
        "small customer": _customer(customers, 101).pk,
        "empty customer": customers[-1].pk,
        "person": people[11].pk,
        "person without bugs": people[0].pk,
    }


def _customer(customers, number):
    """The big projects belong to the first three customers, those without hours to the last four."""
    if number % 20 == 19:
        return customers[56 + number // 20 % 4]
    return customers[number % 3] if number < BIG else customers[3 + number % 53]


def _series(last):
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"generate_series(0, {last - 1}) AS series(n)"
    return f"""(WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {last})
               SELECT n FROM series) AS series"""


def _day(age):
    from django.db import connection

    today = date.today().isoformat()
    if connection.vendor == "postgresql":
        return f"DATE '{today}' - CAST({age} AS integer)"
    return f"date('{today}', '-' || {age} || ' days')"


def _entries(home, count, first):
    kind = KIND.format(people=PEOPLE)
    person = f"({first['person']} + n % {PEOPLE})"
    _execute(
        f"""INSERT INTO timetracking_timeentry (organization_id, project_id, staff_user_id, kind, task_id, bug_id,
                title, date, minutes, is_billable, billing_status, notes, custom_fields)
            SELECT {home}, {first["project"]} + {BUSY}, {person}, {kind},
                CASE WHEN {kind} = 'task' THEN {first["task"]} + {BUSY} * {TASKS} + n / 3 % {TASKS} END,
                CASE WHEN {kind} = 'bug' THEN {first["bug"]} + {BUSY} * {BUGS} + n / 3 % {BUGS} END,
                CASE WHEN {kind} = 'general' THEN 'Work ' || n ELSE '' END,
                {_day(AGE)}, 15 + n % 465, {STATE} <> 'non_billable', {STATE},
                CASE WHEN n % 3 = 0 THEN 'Talked with them about part ' || n ELSE '' END, '{{}}'
            FROM {_series(count)}"""
    )


def _entries_of_another(organization, count, project, person):
    _execute(
        f"""INSERT INTO timetracking_timeentry (organization_id, project_id, staff_user_id, kind, title, date, minutes,
                is_billable, billing_status, notes, custom_fields)
            SELECT {organization}, {project}, {person}, 'general', 'Elsewhere', {_day(AGE)}, 60, 1 = 1,
                'unbilled', '', '{{}}' FROM {_series(max(count, 1))}"""
    )


def _invoices(home, count, first_customer):
    """Copies of one invoice that the product made, with numbers, days and totals of their own."""
    from django.db import connection

    from customers.models import Customer
    from transactions import drafts
    from transactions.models import Invoice

    customer = Customer.objects.get(pk=first_customer)
    made = drafts.create_invoice(customer, {"date": date.today()})
    table = Invoice._meta.db_table
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    changed = {
        "id": f"{made.pk} + 1 + n",
        "number": "'INV-' || (1000000 + n)",
        "status": "CASE WHEN n % 20 = 0 THEN 'draft' WHEN n % 20 = 1 THEN 'void' ELSE 'sent' END",
        "date": _day("(n * 7 % 1095)"),
        "due_date": f"CASE WHEN n % 10 < 9 THEN {_day('(n * 7 % 1095)')} END",
        "customer_id": f"{first_customer} + n % {CUSTOMERS}",
        "total": "(10000 + n * 37 % 9000000)",
        "balance": "CASE WHEN n % 10 < 8 THEN 0 ELSE 10000 + n * 37 % 9000000 END",
    }
    values = ", ".join(changed.get(name, name) for name in columns)
    _execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, {_series(count)} "
        f"WHERE id = {made.pk}"
    )


def _execute(statement):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
