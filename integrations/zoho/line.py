"""How far one listing is known to go, and which of its pages were asked for.

An answer that has arrived says whether a page follows, before its turn has come; so the next page is asked for without
a guess. Beyond that only as many pages are guessed as the listing was said to have, or a share of those that came.
"""

from __future__ import annotations

import re
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from .listing import Listing

if TYPE_CHECKING:
    from .transport import Answer

# pages of one listing asked for beyond the last one read, per hand: a page may take longer to write than to get
REACH = 2
# what an answer says about itself is looked up in its bytes: to decode all of it for that costs more than it brings
NEAR = 200
_FOLLOWS = re.compile(rb'"has_next_page"\s*:\s*"?(true|false)', re.IGNORECASE)
_COUNT = re.compile(rb'"(?:page_)?count"\s*:\s*"?([0-9]{1,9})')


class Line:
    """One listing: the page whose turn is `next`, and (request, answer under way) of that one and those behind it.

    `place`: where it stands among the listings of its stream. `instead_of`: the path pattern that it is read instead
    of, '' when it is the one asked for. Never more than REACH x hands pages are asked for beyond the last one read, and
    a guess never reaches further beyond the last one that came than `hands` pages and a quarter of those that came. So
    a listing that ends sooner than guessed costs at most `hands` - 1 requests for nothing and a quarter of its pages,
    and no listing, whatever it promises, more than REACH x hands - 1.
    """

    def __init__(
        self,
        listing: Listing,
        first: int = 1,
        place: int = 0,
        is_fallback: bool = False,
        instead_of: str = "",
    ) -> None:
        self.listing, self.next, self.place = listing, first, place
        self.is_fallback, self.instead_of = is_fallback, instead_of
        self.pending: deque[tuple[Any, Future[Answer]]] = deque()
        self.last = 0  # the page after which no other follows, by its own word; 0 while none said so
        self.is_due = True  # whether a page may be wanted that was not asked for
        self._promised, self._came = first, first - 1
        self._looked = 0  # how many of `pending` were looked at

    def ask(self, hands: int, guess: bool = False) -> int:
        """The number of the page to ask for next, 0 when none is wanted yet. `guess`: nobody said that there is one."""
        listing, number = self.listing, self.next + len(self.pending)
        reach = 1 if listing.patient else REACH * hands
        if number >= self.next + reach or number > listing.max_pages:
            return 0
        if number <= self._promised:
            return number
        if self.last or number > self._came + hands + self._came // 4 or listing.fallback is not None:
            return 0
        if listing.expected:
            return number if number <= listing.expected else 0
        return number if guess and self._came and number <= self._guessed() else 0

    def _guessed(self) -> int:
        if self.listing.bold:
            return self._came + 1 + self._came // 2
        read = self.next - 1
        return read + max(1, read // 4)

    def look(self) -> None:
        """Learn from the answers that have arrived."""
        while self._looked < len(self.pending) and self.pending[self._looked][1].done():
            number = self.next + self._looked
            self._looked += 1
            answer = self.pending[self._looked - 1][1]
            if answer.cancelled() or answer.exception() is not None:
                continue
            follows = goes_on(answer.result(), self.listing)
            self._came = max(self._came, number)
            if follows:
                self._promised = max(self._promised, number + 1)
            elif follows is False:
                self.last = number
            self.is_due = not self.last

    def was_read(self) -> None:
        """The page whose turn it was came, was read and is not the last."""
        if self.pending:
            self.pending.popleft()
        self._looked = max(self._looked - 1, 0)
        self._came = max(self._came, self.next)
        self.next += 1
        self._promised = max(self._promised, self.next)
        if 0 < self.last < self.next:
            self.last = 0  # whatever it said, a page follows
        self.is_due = not self.last

    @property
    def is_asked_out(self) -> bool:
        """Whether nothing more of it can be wanted."""
        return bool(self.last) or self.next + len(self.pending) > self.listing.max_pages

    @property
    def has_gap(self) -> bool:
        """Whether a page that is there for certain was not asked for."""
        return not self.is_asked_out and self.next + len(self.pending) <= self._promised

    def cancel(self) -> None:
        """Take back what is in line; what is on the wire is left to end by itself."""
        for _, answer in self.pending:
            answer.cancel()


def goes_on(answer: Answer, listing: Listing) -> bool | None:
    """Whether a page follows by what the answer says of itself; None when it does not say, or is not to be believed.

    Portal-wide time logs promise a next page for ever, so the word of a page that is not full waits for its turn.
    """
    if answer.status == 204 or (answer.status == 200 and not answer.body):
        return False
    if answer.status != 200 or listing.legacy:
        return None
    place = answer.body.find(b'"has_next_page"')
    found = _FOLLOWS.match(answer.body, place) if place >= 0 else None
    if found is None:
        return None
    if found[1] == b"false":
        return False
    count = _COUNT.search(answer.body, max(place - NEAR, 0), place + NEAR)
    is_short = count is not None and int(count[1]) < listing.per_page
    return None if is_short else True
