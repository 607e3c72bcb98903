"""Which pages are asked for before their turn, so that the network works while the caller writes.

Pages are handed on in order all the same, so a later page is never written before an earlier one. Nobody knows
how long a listing is; beyond the page that the last one promised, only as many pages are guessed as a quarter of
those that came already, or as many as the listing was said to have. Free hands begin the listings that follow; some
requests of those wait in line for a hand, so that the network goes on while the caller writes for longer than one
answer takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

from .listing import Listing, Page
from .throttle import path_pattern

if TYPE_CHECKING:
    from .client import ZohoClient


IN_LINE = 3  # requests under way or in line, per hand


class Slot(msgspec.Struct):
    """One page to come: where it stands among the listings, and its request with the answer under way, if sent.

    `instead_of`: the path pattern that this listing is read instead of, '' when it is the one asked for.
    """

    listing: Listing
    number: int
    place: int
    pending: tuple[Any, Future[Any]] | None = None
    is_fallback: bool = False
    instead_of: str = ""


class Ahead:
    """The pages to come of one stream, in order."""

    def __init__(
        self,
        client: ZohoClient,
        listings: Iterable[Listing],
        start_page: int,
        go_on: Callable[[], bool] | None,
    ) -> None:
        self.client, self.go_on = client, go_on
        self._rest = enumerate(listings)
        self._slots: deque[Slot] = deque()
        self._executor = ThreadPoolExecutor(client.side_by_side, thread_name_prefix="zoho-prefetch")
        self._answered = False
        client._ahead = self
        if self._begin_next():
            self._slots[0].number = start_page

    @property
    def under_way(self) -> int:
        """How many pages were asked for and not read yet."""
        return sum(slot.pending is not None for slot in self._slots)

    def head(self) -> Slot | None:
        """The page whose turn it is; None at the end. What may go out beside it is sent first."""
        if not self._slots:
            return None
        head = self._slots[0]
        if self.client.side_by_side > 1 and not head.listing.patient:
            # the page itself first: trouble with sending it comes up when it is read
            if head.pending is None and not self._send(head):
                return head
            self._fill()
        return head

    def read(self, page: Page) -> None:
        """Go on after a page was read, and send what follows."""
        self._answered = True
        slot = self._slots.popleft()
        if page.is_last or page.enough:
            self._drop(slot.listing)
            if not self._slots:
                self._begin_next()
        else:
            self._expect(slot, page.number)
        if self._slots and not (self._slots[0].listing.patient and self._slots[0].number > 1):
            self._fill()

    def next_listing(self) -> None:
        """Leave the rest of the listing whose turn it is."""
        self._drop(self._slots.popleft().listing)
        if not self._slots:
            self._begin_next()

    def fall_back(self, fallback: Listing) -> None:
        """Read another listing in place of the one whose turn it is, from its beginning."""
        slot = self._slots.popleft()
        self._drop(slot.listing)
        pattern = path_pattern("GET", slot.listing.path)
        self._slots.appendleft(Slot(fallback, 1, slot.place, is_fallback=True, instead_of=pattern))

    def close(self) -> None:
        """Wait for what is under way."""
        self.client._ahead = None
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _begin_next(self) -> bool:
        following = next(self._rest, None)
        if following is None:
            return False
        place, listing = following
        slot = Slot(listing, 1, place)
        while slot.listing.fallback is not None and self._is_unknown(slot.listing):
            slot.listing, slot.is_fallback = slot.listing.fallback, True
        self._slots.append(slot)
        return True

    def _is_unknown(self, listing: Listing) -> bool:
        return path_pattern("GET", listing.path) in self.client.unknown_patterns

    def _drop(self, listing: Listing) -> None:
        """Forget pages of a listing that turned out not to exist."""
        while self._slots and self._slots[0].listing is listing:
            slot = self._slots.popleft()
            if slot.pending is not None:
                slot.pending[1].cancel()

    def _expect(self, slot: Slot, read: int) -> None:
        """Put the following pages of a listing in front of all others: the promised one and the guessed ones."""
        listing = slot.listing
        if listing.patient:
            last = read + 1
        elif listing.expected:
            last = max(read + 1, listing.expected)
        else:
            last = read + max(1, read // 4)
        last = min(last, read + self.client.side_by_side, listing.max_pages)
        known = 0
        for other in self._slots:
            if other.listing is not listing:
                break
            known += 1
        for number in range(read + known + 1, last + 1):
            self._slots.insert(
                known, Slot(listing, number, slot.place, None, slot.is_fallback, slot.instead_of)
            )
            known += 1

    def _fill(self) -> None:
        """Send requests in their order while hands are free, and put some in line."""
        waiting = deque(self._slots)
        # none in line before the first answer: the address may be one that this portal does not know
        most = (IN_LINE if self._answered else 1) * self.client.side_by_side
        free = most - sum(self._is_out(slot) for slot in self._slots)
        while free > 0:
            if not waiting:
                # a listing that goes on has its own pages to guess first
                if len(self._slots) > most or not self._begin_next():
                    return
                waiting.append(self._slots[-1])
            slot = waiting.popleft()
            if slot.pending is not None:
                continue
            if slot.listing.patient and slot is not self._slots[0]:
                return
            if not self._send(slot):
                return
            free -= 1

    @staticmethod
    def _is_out(slot: Slot) -> bool:
        return slot.pending is not None and not slot.pending[1].done()

    def _send(self, slot: Slot) -> bool:
        if self.go_on is not None and not self.go_on():
            return False
        slot.pending = self.client._send_ahead(self._executor, slot.listing, slot.number)
        return slot.pending is not None
