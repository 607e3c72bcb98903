"""Every operation of a sync fails once, three times and for ever: each request, each write, each commit.

`FAIL_STRIDE=10` tries every tenth operation, `FAIL_START=3` begins with the third. There are some 1,900 cases, each of
some seconds, in an order in which any part is spread evenly over the run; `FAIL_MINUTES` ends the test after so long
(0: never), and `FAIL_FIRST`, `FAIL_LAST` name the part to try: to go on where one ended, or to share the work.
"""

import os
import time
from collections import Counter

import pytest

from tests.integrations.sync.failing import Failing

pytestmark = pytest.mark.long


def _number(name, default):
    return float(os.environ.get(name, default))


STRIDE, START = int(_number("FAIL_STRIDE", 1)), int(_number("FAIL_START", 1))
FIRST, LAST = int(_number("FAIL_FIRST", 1)), int(_number("FAIL_LAST", 10**6))
MINUTES = _number("FAIL_MINUTES", 5)


def test_whatever_fails_the_next_run_ends_like_an_undisturbed_one(tmp_path):
    failing, ends, wrong, begun = Failing(tmp_path), Counter(), [], time.monotonic()
    try:
        cases = failing.cases(STRIDE, START)
        last = FIRST - 1
        for last, case in enumerate(cases[FIRST - 1 : LAST], FIRST):  # noqa: B007
            try:
                [answer] = failing.try_all(case)
                ends[case[0], answer["status"], bool(answer["failed"])] += 1
            except AssertionError as error:
                wrong.append(case)
                print(f"WRONG {error}", flush=True)
            if MINUTES and time.monotonic() - begun > MINUTES * 60:
                break
        print(
            f"\ncases {FIRST} to {last} of {len(cases)} in {time.monotonic() - begun:.0f} s, {len(wrong)} wrong; "
            f"a run makes {failing.passed}"
        )
        for (what, status, partly), count in sorted(ends.items()):
            print(f"  {what}: {count} runs {status}{', some modules not read' if partly else ''}")
        if last < min(len(cases), LAST):
            print(f"  to go on: FAIL_FIRST={last + 1}")
        assert wrong == []
    finally:
        failing.close()
