"""First and repeated whole sync of generated portals: records per second, CPU, peak memory, requests, shares of time.

    .venv/bin/python benchmarks/first_sync.py --logs 10000 100000
    python3 tests/with_postgres.py .venv/bin/python benchmarks/first_sync.py --logs 100000

Nobody ever corrected a log in a generated portal, so nothing proves its list of all logs, and a sync asks project by
project: the dearest case. With --corrected some old logs were, as in any portal that people work with.

Each size gets a portal and a process of its own. The database named in DATABASE_URL must be empty, so give one size
there. A million logs take some minutes and about 2 GiB of memory in the portal's process.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import common


def main():
    """Measure every size asked for and print one block per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--corrected", action="store_true", help="some old logs were corrected before")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        for logs in options.logs:
            corrected = ["--corrected"] if options.corrected else []
            common.each_in_its_own_process(["--work", logs, *corrected])
        return
    with common.portal(options.work) as portal:
        connection = common.connect(portal)
        from django.db import connection as database

        if options.corrected:
            portal.correct_some()
        print(f"\n{options.work:,} time logs on {database.vendor}{', some corrected' * options.corrected}")
        common.measure(connection, portal, "first")
        common.measure(connection, portal, "same again, whole")


if __name__ == "__main__":
    main()
