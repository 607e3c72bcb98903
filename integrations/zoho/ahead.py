"""Which pages are asked for before their turn, so that the network works while the caller writes.

Pages are handed on in order all the same, so a later page is never written before an earlier one. What is known to be
there goes first: pages that an answer promised (see `line`), then the listings that follow, then the first pages of
what the client was told to come (see `later`). Guesses come last. Some requests wait in line for a hand, so that the
network goes on while the caller writes for longer than one answer takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from itertools import chain
from typing import TYPE_CHECKING

from .line import Line
from .listing import Listing, Page
from .throttle import path_pattern

if TYPE_CHECKING:
    from .client import ZohoClient

IN_LINE = 3  # requests under way or in line, per hand
WAITING = 6  # pages asked for and not handed on yet, per hand: what memory has to hold


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
        self.hands = client.side_by_side
        self._rest = enumerate(listings)
        self._lines: deque[Line] = deque()
        self._answered = self._ended = False
        self._waiting = self._seen = 0  # pages asked for and not handed on; answers that were looked at
        self._outer, client._ahead = client._ahead, self
        self._begin_next(start_page)

    @property
    def under_way(self) -> int:
        """How many pages can be handed on without asking for anything anew."""
        found = 0
        for line in self._lines:
            found += len(line.pending)
            if line.has_gap:
                break
        return found

    @property
    def waiting(self) -> int:
        """How many pages were asked for and not handed on, those of the streams around this one included."""
        return self._waiting + (self._outer.waiting if self._outer is not None else self.client.later.waiting)

    def head(self) -> Line | None:
        """The listing whose page has its turn; None at the end. What may go out beside it is sent first."""
        if not self._lines:
            return None
        head = self._lines[0]
        # the page itself first: trouble with sending it comes up when it is read
        if self.hands > 1 and (head.pending or (self._may_send() and self._send(head, head.next))):
            self._fill()
        return head

    def wait_for(self, head: Line) -> None:
        """Wait for the answer whose turn it is; hands that are done before it go on with what their answers promise."""
        answer, came = head.pending[0][1], self.client.hands.came
        while self.hands > 1 and self._answered:
            came.clear()
            if answer.done():
                return
            came.wait()
            self._fill()
        wait([answer])

    def read(self, page: Page) -> None:
        """Go on after a page was read, and send what follows."""
        self._answered = True
        if page.is_last or page.enough:
            self.next_listing()
        else:
            self._waiting -= bool(self._lines[0].pending)
            self._lines[0].was_read()
        self._fill()

    def next_listing(self) -> None:
        """Leave the rest of the listing whose turn it is."""
        self._drop_head()
        if not self._lines:
            self._begin_next()

    def fall_back(self, fallback: Listing) -> None:
        """Read another listing in place of the one whose turn it is, from its beginning."""
        line = self._drop_head()
        pattern = path_pattern("GET", line.listing.path)
        self._lines.appendleft(Line(fallback, 1, line.place, is_fallback=True, instead_of=pattern))

    def close(self) -> None:
        """Take back what is in line, and wait for what is on the wire."""
        self.client._ahead = self._outer
        for line in self._lines:
            line.cancel()
        wait([answer for line in self._lines for _, answer in line.pending])
        self._lines.clear()

    def _drop_head(self) -> Line:
        line = self._lines.popleft()
        line.cancel()
        self._waiting -= len(line.pending)
        return line

    def _begin_next(self, first: int = 1) -> Line | None:
        following = None if self._ended else next(self._rest, None)
        if following is None:
            self._ended = True
            return None
        place, listing = following
        found, is_fallback = self.client._known_address(listing)
        line = (self.client.later.take(found) if first == 1 else None) or Line(found, first)
        line.listing, line.place, line.is_fallback = found, place, is_fallback
        self._answered = self._answered or bool(line.pending)
        self._waiting += len(line.pending)
        self._lines.append(line)
        return line

    def _fill(self) -> None:
        """Send requests while hands are free, and put some in line."""
        if self._seen != self.client.hands.done:
            self._seen = self.client.hands.done
            for line in self._lines:
                if not line.last:
                    line.look()
        if not self._may_send():
            return
        # none in line before the first answer: the address may be one that this portal does not know
        most = (IN_LINE if self._answered and self.hands > 1 else 1) * self.hands
        due = [line for line in self._lines if line.is_due]
        if not self._send_of(chain(due, iter(self._begin_next, None)), most):
            return
        while self._room(self.hands) > 0 and self.client.later.send(self._is_ending):
            pass
        if self._lines and not self._lines[0].last:
            self._send_of((self._lines[0],), most, guess=True)

    def _send_of(self, lines: Iterable[Line], most: int, guess: bool = False) -> bool:
        """Send while fewer than `most` are under way, of the first listing as many as it wants, and so on. False when
        one could not be sent.
        """
        room = self._room(most)
        if room <= 0:
            return True
        for line in lines:
            while number := line.ask(self.hands, guess):
                if not self._send(line, number):
                    return False
                room -= 1
                if room <= 0:
                    return True
            line.is_due = False
        return True

    def _room(self, most: int) -> int:
        return min(most - self.client.hands.under_way, WAITING * self.hands - self.waiting)

    def _may_send(self) -> bool:
        return self.go_on is None or self.go_on()

    @property
    def _is_ending(self) -> bool:
        """Whether all that this stream will ask for was asked for."""
        return self._ended and all(line.is_asked_out for line in self._lines)

    def _send(self, line: Line, number: int) -> bool:
        sent = self.client._send_ahead(line.listing, number)
        if sent is None:
            return False
        line.pending.append(sent)
        self._waiting += 1
        return True
