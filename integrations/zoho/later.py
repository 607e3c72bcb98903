"""What will be read after the stream under way: first pages are asked for with hands that are free until then.

Whoever tells listings vouches that they will be read, whatever is read before. At most two pages per hand are kept
until then; the stream that begins with such a listing takes them over. What is never read costs no more than those.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .line import Line
from .listing import Listing

if TYPE_CHECKING:
    from .client import ZohoClient

KEPT = 2  # pages, per hand


class Told:
    """Listings of one teller, in the order in which they will be read."""

    def __init__(self) -> None:
        self.rest: Iterator[Listing | None] = iter(())
        self.lines: deque[Line] = deque()

    def take(self, listing: Listing) -> Line | None:
        """The line of a listing that asks the same; those before it were passed over and are forgotten."""
        for place, line in enumerate(self.lines):
            if _is_alike(line.listing, listing):
                for _ in range(place):
                    self.lines.popleft().cancel()
                return self.lines.popleft()
        return None

    def drop(self) -> None:
        """Forget everything."""
        self.rest = iter(())
        for line in self.lines:
            line.cancel()
        self.lines.clear()


class Later:
    """What was told to a client: by the part of the step that is worked, and by whoever plans the steps."""

    def __init__(self, client: ZohoClient) -> None:
        self.client = client
        self._told = {"soon": Told(), "then": Told()}
        self.go_on: Callable[[], bool] | None = None  # once it says no, nothing more is sent

    def tell(self, listings: Iterable[Listing | None], soon: bool = False) -> None:
        """What comes next, in place of what was told before and not asked for yet.

        `listings` is asked for the next one only when a hand is free; it yields None while the next one is not
        settled. `soon`: these come before those that are not.
        """
        self._told["soon" if soon else "then"].rest = iter(listings)

    def forget(self, soon: bool = False) -> None:
        """Drop what was told, whether it was asked for or not."""
        self._told["soon" if soon else "then"].drop()

    def take(self, listing: Listing) -> Line | None:
        """The line of a listing whose stream begins, if some of it was asked for."""
        for told in self._told.values():
            line = told.take(listing)
            if line is not None:
                return line
        return None

    @property
    def waiting(self) -> int:
        """How many pages were asked for."""
        return sum(len(line.pending) for told in self._told.values() for line in told.lines)

    def send(self, is_near: bool) -> bool:
        """Send one request; False when there is none to send. `is_near`: also for further pages than the first."""
        if self.client.side_by_side == 1 or self.waiting >= KEPT * self.client.side_by_side:
            return False
        if self.go_on is not None and not self.go_on():
            return False
        return any(self._send(told, is_near) for told in self._told.values())

    def _send(self, told: Told, is_near: bool) -> bool:
        for line in told.lines if is_near else ():
            line.look()
            number = line.ask(self.client.side_by_side)
            if number and self._ask(line, number):
                return True
        listing = next(told.rest, None)
        if listing is None:
            return False
        line = Line(self.client._known_address(listing)[0])
        if not self._ask(line, 1):
            return False
        told.lines.append(line)
        return True

    def _ask(self, line: Line, number: int) -> bool:
        sent = self.client._send_ahead(line.listing, number)
        if sent is not None:
            line.pending.append(sent)
        return sent is not None

    def drop(self) -> None:
        """Forget everything."""
        for told in self._told.values():
            told.drop()


def _is_alike(one: Listing, other: Listing) -> bool:
    return (one.path, one.params, one.per_page, one.legacy) == (
        other.path,
        other.params,
        other.per_page,
        other.legacy,
    )
