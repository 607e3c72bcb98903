"""Later syncs: nothing changed, ten records changed, 1 % changed; each incremental, and 1 % also as a whole reading.

    .venv/bin/python benchmarks/resync.py --logs 100000

What counts is the number of requests. Some old logs are changed before the first sync: by them the sync proves that
this portal's list of all time logs can be trusted, as it can on a portal where people correct what they logged.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import common


def main():
    """Print one block per kind of change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=100_000)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        common.each_in_its_own_process(["--work", "--logs", options.logs])
        return
    with common.portal(options.logs) as portal:
        connection = common.connect(portal)
        from practice_portal.data.bulk import bulk_id

        # logs on tasks, the longest of the three series
        ids = [bulk_id("task", number) for number in range(common.OLD + options.logs // 100)]
        portal.correct_some()
        print(f"\n{options.logs:,} time logs")
        common.measure(connection, portal, "first")
        common.measure(connection, portal, "nothing changed", is_whole=False)
        portal.change_logs(ids[common.OLD : common.OLD + 10], "ten corrected")
        common.measure(connection, portal, "ten changed", is_whole=False)
        portal.change_logs(ids[common.OLD :], "corrected")
        common.measure(connection, portal, "1 % changed", is_whole=False)
        portal.change_logs(ids[common.OLD :], "corrected again")
        common.measure(connection, portal, "1 % changed, whole")


if __name__ == "__main__":
    main()
