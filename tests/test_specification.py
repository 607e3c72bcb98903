"""The tables of docs/ name only tests that exist, and the faults' tables are complete."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAULTS = {"H": 22, "O": 19, "D": 22, "K": 18, "B": 9, "C": 9, "T": 7, "W": 7, "M": 9, "N": 78}


@pytest.mark.parametrize(("page", "least"), [("specification.md", 30), ("reliability.md", 150)])
def test_every_test_named_in_the_table_exists(page, least):
    named = set(re.findall(r"`(tests/[\w/.]+)::(test_\w+)`", (ROOT / "docs" / page).read_text()))
    assert len(named) > least
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []


def test_every_fault_and_every_bad_input_has_its_row_with_a_test_or_the_reason_why_none():
    rows = re.findall(r"^\| ([A-Z])(\d+) \|(.*)$", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE)
    for letter, number in FAULTS.items():
        found = [int(row[1]) for row in rows if row[0] == letter]
        assert found == list(range(1, number + 1)), letter
    for letter, number, row in rows:
        told = "Cannot happen" in row or "ot held by a test" in row
        assert "tests/" in row or told, letter + number
