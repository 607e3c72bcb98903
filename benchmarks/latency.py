"""Does fetching overlap with writing? First syncs at 0, 50 and 200 ms per answer against the network alone.

    .venv/bin/python benchmarks/latency.py

100 projects, 10,000 tasks and 20,000 time logs: some 700 requests, so that all ends in minutes. "Network alone" is the
time in which that many answers can come when as many are under way at once as the settings allow; "work alone" is the
run at 0 ms. A run should take about the larger of the two, not their sum.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import common

PROJECTS = 100


def main():
    """Print a block per latency; each has a portal and a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=20_000)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is None:
        if "DATABASE_URL" in os.environ:
            parser.error("It needs an empty database per latency: leave DATABASE_URL out.")
        for milliseconds in (0, 50, 200):
            common.each_in_its_own_process(["--logs", options.logs, "--work", milliseconds])
        return
    with common.portal(options.logs, PROJECTS) as portal:
        connection = common.connect(portal)
        from django.conf import settings

        from integrations.models import SyncRun

        portal.control("switches", {"slow_answer": options.work / 1000})
        wall = common.measure(connection, portal, f"{options.work} ms")
        requests = sum(SyncRun.objects.latest("pk").requests.values())
        network = requests * options.work / 1000
        print(
            f"{wall:.1f} s; network alone {network / settings.ZOHO_REQUESTS_AT_ONCE:.1f} s with "
            f"{settings.ZOHO_REQUESTS_AT_ONCE} at once, {network:.1f} s one by one"
        )


if __name__ == "__main__":
    main()
