"""Fail the n-th operation of a sync, and check what must be true while it fails and afterwards."""

import json
import re

from tests.integrations.sync.kills import Bench, differing

# kind of operation → ways to fail
WAYS = {
    "http": ("broken", "error", "page", "error in 200", "refused", "locked out"),
    "write": ("full", "locked", "lost", "readonly"),
    "commit": ("lost", "full"),
}
GOLDEN = 0.6180339887498949  # its multiples fall evenly between each other
TIMES = (1, 3, "forever")  # 3: outlives the tries inside one call


class Failing:
    """One installation that is put back before every fault, and what an undisturbed first run leaves in it."""

    def __init__(self, folder, empty=None):
        self.bench = Bench(folder, empty)
        self.victim = self.bench.installation("failing", self.bench.fresh, worker="fail_worker")
        answer = self.victim.ask(do="tally")
        assert answer["status"] == "succeeded", answer
        self.passed, self.open = answer["passed"], answer["open"]
        self.expected = without_counts(self.victim.ask(do="dump"))

    def try_all(self, *cases):
        """Work a first sync through several faults in turn, then without; raises AssertionError when anything is
        not as it must be. A case is (what, n, times, how). Returns how each left the run.
        """
        self.victim.put_back(self.bench.fresh)
        answers = []
        for what, nth, times, how in cases:
            answer = self.victim.ask(do="fail", what=what, nth=nth, times=times, how=how)
            check(answer, f"{what} {nth} {times} {how}")
            answers.append(answer)
        told = f"{cases}: {answers}"
        active = answers[-1]["badge"] == "Active"
        wrong = self.wrong() if active else {}
        if wrong:  # then single records say what happened to them
            assert answers[-1]["open"] > self.open or only_other_reasons(wrong), f"{told}: {wrong}"
        if wrong or not active:
            healed = self.victim.ask(do="heal")
            told += f" → {healed}"
            assert healed["status"] == "succeeded" and healed["badge"] == "Active", told
            assert set(healed["words"].values()) == {"Active"}, told
            wrong = self.wrong()
        assert wrong == {}, f"{told}: {wrong}"
        return answers

    def wrong(self):
        """What stands otherwise than after an undisturbed run."""
        return differing(without_counts(self.victim.ask(do="dump")), self.expected)

    def cases(self, stride=1, start=1):
        """[(what, n, times, how), …] over all operations of a run, every `stride`-th; the ways to fail take turns.

        In an order in which any part of the list is spread evenly over the run.
        """
        cases = [
            (what, nth, times, WAYS[what][(nth + turn) % len(WAYS[what])])
            for what in WAYS
            for nth in range(start, self.passed[what] + 1, stride)
            for turn, times in enumerate(TIMES)
        ]
        places = sorted(range(len(cases)), key=lambda place: place * GOLDEN % 1)
        return [cases[place] for place in places]

    def close(self):
        """End everything."""
        self.bench.close()


def check(answer, told):
    """The truth while a fault lasts: nothing is called Active that is not complete, and every failure says why."""
    told = f"{told}: {answer}"
    if answer["status"] == "none":
        assert answer["broke"], told
        return
    if answer["status"] == "succeeded" and not answer["failed"]:
        assert answer["badge"] == "Active", told
        return
    assert answer["badge"] != "Active", told
    if answer["active"]:  # under way still: waiting for Zoho, or for the database to take anything at all
        assert answer["badge"] == "Sync in Progress", told
        # nothing could be written, not even the reason: until the lease runs out that is all there is to know
        silent = answer["broke"] or answer["held"] or answer["how"] == "locked out"
        assert answer["message"] or silent, told
        return
    assert answer["message"], told
    for module in answer["failed"]:
        assert answer["words"][module] in ("Active, with a warning", "Could not be read"), told


def only_other_reasons(wrong):
    """Whether all that differs are records which fail in an undisturbed run too, and say why they fail in this one."""
    ours, theirs = wrong.get("SyncedRecord", ((), ()))
    ours, theirs = [json.loads(row) for row in ours], [json.loads(row) for row in theirs]
    failed = all(outcome == "failed" for *_, outcome, _, _ in (row[:7] for row in (*ours, *theirs)))
    told = all(reason for *_, reason, _ in (row[:7] for row in ours))
    return set(wrong) == {"SyncedRecord"} and failed and told and len(ours) == len(theirs)


def without_counts(dump):
    """The run that ends it all may be the second or the third, so its counts differ; and of two customers of one name
    the one that could be read first has it without a number.
    """
    dump = {table: rows for table, rows in dump.items() if table != "counts"}
    dump["Customer"] = sorted(
        re.sub(r'("display_name": "[^"]*?) \(\d+\)"', r'\1"', row) for row in dump["Customer"]
    )
    return dump
