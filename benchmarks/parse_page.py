"""What one time log costs on its way from bytes to a record.

Prints microseconds per time log for decoding the JSON of a page, for taking its rows out of the day groups,
and for parsing them, and the ratio of parsing to decoding. Run: python -m benchmarks.parse_page [rounds]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

from integrations.zoho import answers, api
from integrations.zoho.entities import time_logs
from integrations.zoho.listing import Reader
from integrations.zoho.records import parse_page

ROWS = 200
CUSTOM = {"cf_site": "singleline", "cf_travel": "number", "cf_cost": "currency"}


def page(with_custom: bool) -> bytes:
    """A page of 200 time logs of ten days, as Zoho serves it; all of it invented."""
    groups = []
    for number in range(10):
        day = (date(2026, 3, 1) + timedelta(days=number)).isoformat()
        groups.append(
            {"date": day, "log_details": [_row(number * 20 + i, day, with_custom) for i in range(20)]}
        )
    info = {"page": 1, "per_page": ROWS, "page_count": ROWS, "has_next_page": True}
    return json.dumps(
        {"page_info": info, "log_hours": {"total_hours": "850:00"}, "time_logs": groups}
    ).encode()


def _row(number: int, day: str, with_custom: bool) -> dict[str, object]:
    person = f"Person {number % 12}"
    row: dict[str, object] = {
        "id": str(219300000000120000 + number),
        "date": day,
        "type": "task",
        "module_detail": {
            "id": str(219300000000081000 + number % 70),
            "name": f"Size the pump {number % 70}",
            "prefix": f"VE41-T{number % 70}",
            "type": "task",
        },
        "project": {"id": str(219300000000041000 + number % 15), "name": "Harbour crane retrofit"},
        "owner": {
            "zpuid": str(219300000000012000 + number % 12),
            "name": person,
            "email": f"p{number % 12}@example.test",
        },
        "added_by": {"name": person, "email": f"p{number % 12}@example.test"},
        "log_hour": f"{number % 9:02d}:{15 * (number % 4) + 5:02d}",
        "billing_status": "Billable" if number % 5 else "Non Billable",
        "approval": {"status": "Approved" if number % 7 else "Pending", "name": "Ines Roth"},
        "notes": f"<div>Flow &amp; pressure table {number}</div>" if number % 2 else "",
        "log_notes": f"<div>Flow &amp; pressure table {number}</div>" if number % 2 else "",
        "created_time": f"{day}T17:02:{number % 60:02d}.000Z",
        "last_modified_time": f"{day}T18:00:{number % 60:02d}.120Z",
    }
    if with_custom:
        row |= {
            "cf_site": "Quay 4",
            "cf_travel": "12",
            "cf_cost": {"amount": "12.50", "currency_code": "EUR"},
        }
    return row


def best(work: Callable[[], object], rounds: int) -> float:
    """Microseconds per time log in the fastest of `rounds` repetitions: what the work costs undisturbed."""
    fastest = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest / ROWS * 1_000_000


def main() -> None:
    """Measure pages without and with custom fields."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    (listing,) = api.timelogs("", "task", date(2026, 3, 1), date(2026, 3, 31))
    for title, custom in (("no custom fields", {}), (f"{len(CUSTOM)} custom fields", CUSTOM)):
        body = page(bool(custom))
        raws = Reader(listing).page(1, answers.decode(body)).raws
        decoding = best(lambda body=body: answers.decode(body), rounds)
        both = best(lambda body=body: Reader(listing).page(1, answers.decode(body)), rounds)
        parsing = best(lambda raws=raws, custom=custom: parse_page(time_logs.parse, raws, custom), rounds)
        print(
            f"{title}: decode {decoding:.2f} µs, rows {both - decoding:.2f} µs, parse {parsing:.2f} µs"
            f" per time log (parse = {parsing / decoding:.1f} × decode)"
        )


if __name__ == "__main__":
    main()
