"""A bar per run as plain shapes: added, updated and failed records, one above the other, each bar a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

SLOT = 28  # width of a run's place, wide enough to be hit by a finger
BAR = 18
HEIGHT = 96
KINDS = ("added", "updated", "failed")


@dataclass(frozen=True)
class Part:
    """A rectangle of one bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """The bar of one run; `x` is the left edge of its place."""

    run: Any
    x: int
    bar_x: int
    parts: list[Part]


def bars(runs: Sequence[Any]) -> dict[str, Any]:
    """Width and bars of a drawing, oldest run on the left. Each run has `totals` with created, updated, failed.

    Heights grow with the square root: the first sync of a large portal would leave nothing to see of the rest.
    """
    drawn = []
    counted = [[run.totals[name] for name in ("created", "updated", "failed")] for run in runs]
    largest = max((sum(counts) for counts in counted), default=0)
    for place, (run, counts) in enumerate(zip(reversed(runs), reversed(counted), strict=True)):
        whole = sum(counts)
        full = max(HEIGHT * sqrt(whole / largest), 4) if whole else 0
        parts, floor = [], float(HEIGHT)
        for kind, count in zip(KINDS, counts, strict=True):
            if count:
                height = max(full * count / whole, 2)
                floor -= height
                parts.append(Part(kind, round(floor, 1), round(height, 1)))
        drawn.append(Bar(run, place * SLOT, place * SLOT + (SLOT - BAR) // 2, parts))
    return {"bars": drawn, "width": max(len(drawn) * SLOT, SLOT), "height": HEIGHT, "slot": SLOT, "bar": BAR}
