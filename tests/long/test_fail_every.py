"""Every operation of a sync fails once, three times and for ever: each request, each write, each commit.

`FAIL_STRIDE=10` tries every tenth operation, `FAIL_START=3` begins with the third. There are some 1,900 cases, each of
some seconds, in an order in which any part is spread evenly over the run; two are worked side by side. A line tells how
far it is. `FAIL_MINUTES` ends the test after so long (0: never), and `FAIL_FIRST`, `FAIL_LAST` name the part to try: to
go on where one ended, or to share the work.
"""

import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integrations.sync.failing import Failing

pytestmark = pytest.mark.long


def _number(name, default):
    return float(os.environ.get(name, default))


STRIDE, START = int(_number("FAIL_STRIDE", 1)), int(_number("FAIL_START", 1))
FIRST, LAST = int(_number("FAIL_FIRST", 1)), int(_number("FAIL_LAST", 10**6))
MINUTES = _number("FAIL_MINUTES", 15)


SIDE_BY_SIDE = 2  # installations, each with a portal and a process of its own
TOLD = 20.0  # seconds between two lines


class Sweep:
    """The cases that are left, and what became of those that were tried; shared by threads."""

    def __init__(self, cases):
        self.cases, self.last = cases[: int(LAST)], FIRST - 1
        self.ends, self.wrong = Counter(), []
        self.lock, self.begun, self.told = threading.Lock(), time.monotonic(), time.monotonic()

    def work(self, failing):
        """Try one case after the other until none is left or the time is over."""
        while (case := self._next()) is not None:
            try:
                [answer] = failing.try_all(case)
                with self.lock:
                    self.ends[case[0], answer["status"], bool(answer["failed"])] += 1
            except AssertionError as error:
                self.wrong.append(case)
                print(f"WRONG {error}", flush=True)

    def _next(self):
        with self.lock:
            spent = time.monotonic() - self.begun
            if self.last >= len(self.cases) or (MINUTES and spent > MINUTES * 60):
                return None
            if time.monotonic() - self.told >= TOLD and self.last >= FIRST:
                self.told = time.monotonic()
                each = spent / (self.last - FIRST + 1)
                left = len(self.cases) - self.last
                print(
                    f"case {self.last} of {len(self.cases)} after {spent:.0f} s, {each:.1f} s each, "
                    f"{each * left / 60:.0f} minutes to go, {len(self.wrong)} wrong",
                    flush=True,
                )
            self.last += 1
            return self.cases[self.last - 1]


def test_whatever_fails_the_next_run_ends_like_an_undisturbed_one(tmp_path):
    failing = []
    try:
        for number in range(SIDE_BY_SIDE):
            (folder := tmp_path / str(number)).mkdir()
            failing.append(Failing(folder))
        sweep = Sweep(failing[0].cases(STRIDE, START))
        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            list(threads.map(sweep.work, failing))
        spent = time.monotonic() - sweep.begun
        print(
            f"\ncases {FIRST} to {sweep.last} of {len(sweep.cases)} in {spent:.0f} s, {len(sweep.wrong)} wrong; "
            f"a run makes {failing[0].passed}"
        )
        for (what, status, partly), count in sorted(sweep.ends.items()):
            print(f"  {what}: {count} runs {status}{', some modules not read' if partly else ''}")
        if sweep.last < len(sweep.cases):
            print(f"  to go on: FAIL_FIRST={sweep.last + 1}")
        assert sweep.wrong == []
    finally:
        for one in failing:
            one.close()
