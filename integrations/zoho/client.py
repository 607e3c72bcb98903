"""The client of one portal: single calls, and listings read as a stream with the next pages under way.

Facts about addresses and answers: Zoho Projects API V3, sections 2 and 6 of the API reference.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Self

import msgspec

from . import answers, kept, records
from .ahead import Ahead
from .entities import portals as portal_parser
from .errors import (
    BadAnswer,
    InvalidRecord,
    NotFound,
    ReconnectNeeded,
    Temporary,
    Throttled,
    TooManyPages,
    WrongAddress,
    ZohoError,
)
from .hands import Hands
from .later import Later
from .line import Line
from .listing import Listing, Page, Reader
from .oauth import TokenSource
from .throttle import Throttle, path_pattern, utc_now
from .transport import Answer, Broken, Transport

FIRST_PAUSE_SECONDS = 0.5
PAUSE_GROWTH = 4

__all__ = ["Listing", "Page", "TokenSource", "ZohoClient"]


def _no_span(pattern: str) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


class _Request(msgspec.Struct):
    """One request: whole address, parameters, path pattern, and the token it was sent with ('' before)."""

    url: str
    params: dict[str, Any]
    pattern: str
    token: str = ""

    def __repr__(self) -> str:
        return f"_Request({self.pattern})"


class ZohoClient:
    """Reads one portal. Not for several threads at once; make one per run and close it.

    `api_url` without trailing slash, `portal_id` '' while only `portals()` is asked for. Timeouts in seconds.
    `span(pattern)` surrounds each exchange, in whatever thread it happens.
    `side_by_side`: how many requests of a stream may be under way at once.
    `requests` counts requests per path pattern; `statuses` what came back per (pattern, HTTP status or "none");
    `seconds` sums up time on the network, in waiting for it, and in decoding; `server_time` is
    the latest `Date` header (aware), None before the first answer. `later` is told what will be
    read after the stream under way.
    """

    def __init__(
        self,
        api_url: str,
        portal_id: str,
        tokens: TokenSource,
        throttle: Throttle,
        *,
        connect_timeout: float = 5,
        read_timeout: float = 60,
        retries: int = 3,
        side_by_side: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = utc_now,
        span: Callable[[str], contextlib.AbstractContextManager[None]] = _no_span,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.portal_id = portal_id
        self.tokens = tokens
        self.throttle = throttle
        self.retries = max(retries, 1)
        self.sleep = sleep
        self.clock = clock
        self.span = span
        self.requests: Counter[str] = Counter()
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, float] = {"network": 0.0, "waiting": 0.0, "parsing": 0.0}
        self.server_time: datetime | None = None
        self.side_by_side = max(side_by_side, 1)
        # path patterns that V3 turned out not to know, where another address worked
        self.unknown_patterns: set[str] = set()
        self._ahead: Ahead | None = None
        self.later = Later(self)
        self.hands = Hands(self.side_by_side)
        self._transport = Transport(connect_timeout, read_timeout)

    def __repr__(self) -> str:
        return f"ZohoClient(portal_id={self.portal_id!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.later.drop()
        self.hands.rest()
        self._transport.close()

    # -- single calls ------------------------------------------------------------------------------------

    def get(self, path: str, params: dict[str, Any] | None = None, *, legacy: bool = False) -> Any:
        """GET a path below the portal (the older API's when `legacy`); the decoded JSON, None when empty.

        Raises the errors of `errors` that fit: Temporary, Throttled, ReconnectNeeded, NoAccess, NotFound,
        WrongAddress, BadAnswer.
        """
        return self._fetch(self._request(path, params or {}, legacy))

    def record(self, path: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """GET a single record in any of its shapes: plain, one-element list, under one of `keys`. Raises
        NotFound.
        """
        data = self.get(path)
        for _ in range(3):
            if data.__class__ is list and len(data) == 1:
                data = data[0]
            if data.__class__ is dict:
                inner = next((data[key] for key in keys if data.get(key).__class__ in (dict, list)), None)
                if inner is None or (inner.__class__ is dict and "id" in data):
                    break
                data = inner
        if not data:
            raise NotFound(f"Zoho has nothing under {path_pattern('GET', path)}.")
        if data.__class__ is not dict:
            raise BadAnswer(f"Zoho's answer to {path_pattern('GET', path)} is not one record.")
        return data

    def portals(self, account: dict[str, Any] | None = None) -> list[records.Portal]:
        """The portals the account can see; unreadable ones are left out. `account`: see `oauth.account_info`.

        Tries V3 and, where it refuses the address, the older list; that one does not say who owns a portal,
        so each portal is then asked for its details.
        """
        try:
            raws = self._portal_rows(self._absolute("/api/v3/portals"))
        except (WrongAddress, NotFound, BadAnswer):
            raws = self._portal_rows(self._absolute("/restapi/portals/"))
            raws = [self._detailed(raw) for raw in raws]
        parsed = records.parse_page(lambda raw, _custom: portal_parser.parse(raw, account), raws)
        return [portal for portal in parsed if not isinstance(portal, InvalidRecord)]

    def portal(self, account: dict[str, Any] | None = None) -> records.Portal:
        """This portal's details with the current user's profile. Raises InvalidRecord, NotFound,
        NoAccess, …
        """
        raw = self._portal_detail(self.portal_id)
        return portal_parser.parse(raw, account)

    def _portal_rows(self, request: _Request) -> list[Any]:
        data = self._fetch(request)
        if data.__class__ is dict:
            data = data.get("portals", data.get("portal", data))
        if data.__class__ is dict:
            data = [data]
        return data or []

    def _portal_detail(self, portal_id: str) -> dict[str, Any]:
        data = self._fetch(self._absolute(f"/api/v3/portal/{portal_id}"))
        if data.__class__ is dict:
            data = data.get("portal_details", data)
        if data.__class__ is list and len(data) == 1:
            data = data[0]
        if data.__class__ is not dict:
            raise BadAnswer("Zoho's answer about the portal is not one record.")
        return data

    def _detailed(self, raw: Any) -> Any:
        if raw.__class__ is not dict:
            return raw
        try:
            detail = self._portal_detail(str(raw.get("id_string") or raw.get("id")))
        except (WrongAddress, NotFound, BadAnswer, Temporary):
            return raw
        except ZohoError as error:
            if isinstance(error, ReconnectNeeded | Throttled):
                raise
            return raw
        # the older list names the current user's role; the detail's profile is the better word for it
        return raw | {key: value for key, value in detail.items() if value not in (None, "")}

    # -- listings ----------------------------------------------------------------------------------------

    def stream(
        self,
        listings: Iterable[Listing],
        start_page: int = 1,
        on_error: Callable[[Listing, ZohoError], bool] | None = None,
        go_on: Callable[[], bool] | None = None,
        wanted: kept.Wanted | None = None,
    ) -> Iterator[Page]:
        """Yield the pages of all listings in order, at least one per listing, its last with `is_last`.

        While the caller works on a page the next requests are under way, at most `side_by_side` of them,
        across listings too (see `ahead.Ahead`); tokens and budget are taken in the caller's thread, and
        trouble with a page is raised only when that page is asked for. Once `go_on()` says no, nothing more
        is sent ahead; `under_way` tells how many answers are still to be had. `start_page` applies to the
        first listing. An error carries the listing it happened in as `error.listing`; when
        `on_error(listing, error)` returns true the stream goes on with the next one. With `wanted` rows
        are kept as bytes where they can be, see `kept`. Closing the generator waits for the requests under way and,
        unless `later` has something under way, leaves no thread behind.
        """
        ahead = Ahead(self, listings, max(start_page, 1), go_on)
        reader: Reader | None = None
        try:
            while (line := ahead.head()) is not None:
                listing, number = line.listing, line.next
                if reader is None or reader.listing is not listing:
                    reader = Reader(listing, None if line.is_fallback else reader)
                try:
                    page = reader.page(number, self._page_data(ahead, line, wanted))
                except ZohoError as error:
                    if listing.fallback is not None and isinstance(error, WrongAddress | NotFound):
                        ahead.fall_back(listing.fallback)
                        continue
                    error.listing = listing
                    if on_error is None or not on_error(listing, error):
                        raise
                    ahead.next_listing()
                    continue
                self._learn(line)
                page.place = line.place
                stopped = None
                if not page.is_last and number >= listing.max_pages:
                    stopped = TooManyPages(f"The list {listing.path} goes on after {number} pages.")
                    stopped.listing = listing
                elif not listing.patient or page.is_last:
                    ahead.read(page)
                yield page
                if stopped is not None:
                    raise stopped
                if listing.patient and not page.is_last:
                    ahead.read(page)
        finally:
            ahead.close()
            if self._ahead is None and not self.later.waiting:
                self.hands.rest()

    @property
    def under_way(self) -> int:
        """How many pages of the stream that is being read can be handed on without asking for more."""
        return self._ahead.under_way if self._ahead is not None else 0

    def _page_data(self, ahead: Ahead, line: Line, wanted: kept.Wanted | None) -> Any:
        read = None if wanted is None else partial(kept.split, listing=line.listing, wanted=wanted)
        if line.pending:
            started = time.monotonic()
            ahead.wait_for(line)
            self.seconds["waiting"] += time.monotonic() - started
            return self._fetch(*line.pending[0], read)
        return self._fetch(self._page_request(line.listing, line.next), read=read)

    def _page_request(self, listing: Listing, number: int) -> _Request:
        return self._request(listing.path, listing.query(number), listing.legacy)

    def _learn(self, line: Line) -> None:
        """Where the older address worked in place of the newer one, it is used from the start from now on."""
        if line.instead_of:
            self.unknown_patterns.add(line.instead_of)

    def _known_address(self, listing: Listing) -> tuple[Listing, bool]:
        """The listing, or where its address turned out to be unknown its fallback; and whether it is that."""
        is_fallback = False
        while listing.fallback is not None and path_pattern("GET", listing.path) in self.unknown_patterns:
            listing, is_fallback = listing.fallback, True
        return listing, is_fallback

    def _send_ahead(self, listing: Listing, number: int) -> tuple[_Request, Future[Answer]] | None:
        """Start the request for a page; None when it may not start now (it is tried again when its turn
        comes).
        """
        request = self._page_request(listing, number)
        try:
            self._admit(request)
        except Exception:  # whatever it is comes up again when the page is asked for
            return None
        return request, self.hands.give(self._exchange, request)

    # -- one request -------------------------------------------------------------------------------------

    def _request(self, path: str, params: dict[str, Any], legacy: bool = False) -> _Request:
        base = "/restapi/portal/" if legacy else "/api/v3/portal/"
        return self._absolute(f"{base}{self.portal_id}/{path.lstrip('/')}", params)

    def _absolute(self, path: str, params: dict[str, Any] | None = None) -> _Request:
        return _Request(self.api_url + path, params or {}, path_pattern("GET", path))

    def _admit(self, request: _Request) -> None:
        """Take a token and a share of the budget; may raise what the token source and the throttle raise."""
        request.token = request.token or self.tokens.access_token()
        self.throttle.take(request.pattern)
        self.requests[request.pattern] += 1

    def _exchange(self, request: _Request) -> Answer:
        """The HTTP call alone; the only part that runs in the background thread."""
        with self.span(request.pattern):
            return self._transport.send(
                "GET", request.url, params=request.params, authorization=f"Zoho-oauthtoken {request.token}"
            )

    def _fetch(
        self,
        request: _Request,
        under_way: Future[Answer] | None = None,
        read: Callable[[bytes], Any] | None = None,
    ) -> Any:
        """Send (or await) a request, with tries for what may pass and one token refresh; return decoded
        JSON, or what `read` makes of it.
        """
        tries, pause, token_refused = 0, FIRST_PAUSE_SECONDS, False
        while True:
            if under_way is None:
                self._admit(request)
            started = time.monotonic()
            try:
                if under_way is None and self.hands.are_there:
                    under_way = self.hands.give(
                        self._exchange, request
                    )  # it waits its turn for a hand like any other
                answer = under_way.result() if under_way is not None else self._exchange(request)
                self.seconds["waiting"] += time.monotonic() - started
                self.statuses[request.pattern, str(answer.status)] += 1
                return self._understand(answer, request.pattern, read)
            except answers.TokenRefused:
                under_way = None
                if token_refused:
                    raise ReconnectNeeded(
                        "Zoho refuses a fresh access token. Please connect again."
                    ) from None
                token_refused = True
                request.token = self.tokens.refreshed(request.token)
            except Throttled as error:
                self.throttle.block(error.pattern, error.until)
                raise
            except (Broken, answers.TryAgain) as error:
                under_way = None
                tries += 1
                if isinstance(error, Broken):
                    self.statuses[request.pattern, "none"] += 1
                    self.seconds["waiting"] += time.monotonic() - started
                    if error.permanent:
                        raise BadAnswer(f"{error.message} ({request.pattern})") from None
                if tries >= self.retries:
                    raise self._given_up(error, request.pattern) from None
                self.sleep(pause)
                pause *= PAUSE_GROWTH

    def _given_up(self, error: Broken | answers.TryAgain, pattern: str) -> ZohoError:
        message = f"{error.message} ({pattern}, {self.retries} tries)"
        if isinstance(error, answers.TryAgain) and error.unreadable:
            return BadAnswer(message)
        given_up = Temporary(message)
        given_up.was_answered = not isinstance(error, Broken) or error.was_taken
        return given_up

    def _understand(self, answer: Answer, pattern: str, read: Callable[[bytes], Any] | None) -> Any:
        self.seconds["network"] += answer.seconds
        date = answer.headers.get("Date")
        if date:
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                self.server_time = parsedate_to_datetime(date).astimezone(UTC)
        started = time.monotonic()
        try:
            return answers.judge(answer, pattern, self.clock(), read)
        finally:
            self.seconds["parsing"] += time.monotonic() - started
