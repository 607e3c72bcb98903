"""The table of the specification names only tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_test_named_in_the_table_exists():
    named = set(re.findall(r"`(tests/[\w/.]+)::(test_\w+)`", (ROOT / "docs/specification.md").read_text()))
    assert len(named) > 30
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []
