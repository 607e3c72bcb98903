"""Every operation of a sync fails once, three times and for ever: each request, each write, each commit."""

import os
import time
from collections import Counter

import pytest

from tests.integrations.sync.failing import Failing

pytestmark = pytest.mark.long
STRIDE = int(os.environ.get("FAIL_STRIDE", "1"))
START = int(os.environ.get("FAIL_START", "1"))


def test_whatever_fails_the_next_run_ends_like_an_undisturbed_one(tmp_path):
    failing, ends, wrong, begun = Failing(tmp_path), Counter(), [], time.monotonic()
    try:
        for case in failing.cases(STRIDE, START):
            try:
                [answer] = failing.try_all(case)
                ends[case[0], answer["status"], bool(answer["failed"])] += 1
            except AssertionError as error:
                wrong.append(str(error))
                print(f"WRONG {error}", flush=True)
        number = sum(ends.values()) + len(wrong)
        print(f"{number} faults in {time.monotonic() - begun:.0f} s; a run makes {failing.passed}")
        for (what, status, partly), count in sorted(ends.items()):
            print(f"  {what}: {count} runs {status}{', some modules not read' if partly else ''}")
        assert wrong == []
    finally:
        failing.close()
