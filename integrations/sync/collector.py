"""Python's search for garbage that points to itself, done seldom while a run is worked.

A page is thousands of small objects that all go when the page is written, by counting references alone. Searching
among them every 700 new ones finds nothing and takes a tenth of a first run's time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

OBJECTS = 50_000  # more than a page holds; what little does point to itself is found after that many
_lock = Lock()
_usual: list[tuple[int, int, int]] = []


@contextmanager
def seldom() -> Iterator[None]:
    """Search after every 50,000 objects within the block, and as before when the last such block is left."""
    with _lock:
        _usual.append(_usual[0] if _usual else gc.get_threshold())
        gc.set_threshold(OBJECTS, *_usual[0][1:])
    try:
        yield
    finally:
        with _lock:
            usual = _usual.pop()
            if not _usual:
                gc.set_threshold(*usual)
