"""Responses to polls, rendered once and shared.

A response depends only on the filter, the limit, the client's cursor and the newest item event, so
clients with equal filters share its bytes, also across servers. Heartbeats move the lane but not
the responses: without news a poll stays ``304``, and a CDN keeps its copy.

A search through many items takes several turns of the event loop (``search_turns``). What changes
meanwhile is left out of the response, and follows after its cursor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from ticker.api.cached_responses import BYTES_MAX, RESPONSES_MAX, CachedResponse, CachedResponses
from ticker.api.miss_budget import COMPARED, charge_miss, charge_search
from ticker.api.search_turns import Search, SearchTurns
from ticker.archive.place import token
from ticker.domain.cursor import UNREADABLE, Cursor, StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.stream.current_items import Place
from ticker.stream.replay import Lane, ResetReason
from ticker.stream.window import visible

ITEMS_DEFAULT, ITEMS_MAX = 20, 200
EVENTS_DEFAULT, EVENTS_MAX = 200, 1_000


class Page(NamedTuple):
    """The beginning of a page: below ``below`` in display order, among the items at ``cursor``."""

    cursor: Cursor
    below: Place

    @classmethod
    def read(cls, text: str) -> Page | None:
        """Return the page that ``text`` names, None if ``str`` never makes it."""
        found = _PAGE.fullmatch(text)
        if found is None:
            return None
        cursor = Cursor.read(found[1])
        if cursor == UNREADABLE:
            return None
        return cls(cursor, Place(found[2] == "p", int(found[3]), found[4]))

    def __str__(self) -> str:
        below = self.below
        pinned = "p" if below.pinned else "n"
        return f"{self.cursor}~{pinned}{below.published_ms}~{below.item_id}"


_PAGE = re.compile(r"([0-9a-z.-]{1,64})~([pn])(-?[0-9]{1,15})~([0-9a-z]{1,32})", re.ASCII)


class PollResponses(CachedResponses):
    """Render responses to polls, and cache those for the lane's newest state.

    Each method raises TooMany or Unavailable if the client's budget is spent, and Unavailable if
    too many searches wait or the events that a search needs are gone.
    """

    def __init__(self, responses_max: int = RESPONSES_MAX, bytes_max: int = BYTES_MAX) -> None:
        super().__init__(responses_max, bytes_max)
        self._searches = SearchTurns[CachedResponse]()

    async def snapshot(
        self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None = None
    ) -> CachedResponse:
        """Return the first ``limit`` matching items; ``reset`` says why it replaces a replay."""
        return await self._found(
            lane, (filter, limit, reset), lambda: self._snapshot(lane, filter, limit, reset)
        )

    async def page(self, lane: Lane, filter: Filter, limit: int, page: Page) -> CachedResponse:
        """Return the ``limit`` items after the earlier pages; the window must hold its cursor."""
        return await self._found(
            lane, (filter, limit, page), lambda: self._snapshot(lane, filter, limit, None, page)
        )

    async def events(
        self, lane: Lane, filter: Filter, limit: int, after: StreamId
    ) -> CachedResponse:
        """Return the first ``limit`` matching events after ``after``; the window must hold it."""
        return await self._found(
            lane, (filter, limit, after), lambda: self._events(lane, filter, limit, after)
        )

    async def _found(
        self, lane: Lane, key: Hashable, search: Callable[[], Search[bytes]]
    ) -> CachedResponse:
        """Return the cached response, or the one that ``search`` makes, in as many turns."""
        found = self.cached(lane, key)
        if found is not None:
            return found
        charge_miss()
        state = self.settled

        def respond() -> Search[CachedResponse]:
            body = yield from search()
            # A response made before the newest event must not take the place of one made after it.
            newest = self.follow(lane) == state
            return self.keep(key, body) if newest else CachedResponse.of(body)

        return await self._searches.run((key, state), respond())

    def _snapshot(
        self,
        lane: Lane,
        filter: Filter,
        limit: int,
        reset: ResetReason | None,
        page: Page | None = None,
    ) -> Search[bytes]:
        cursor, below = page or (self.settled, None)
        each = 1 + len(filter.alternatives)
        most = COMPARED // each
        chosen: list[str] = []
        examined = 0
        while True:
            part = lane.current_items.page(filter, limit - len(chosen), below, cursor.id, most)
            chosen += [event.item_id for event in part.events]
            examined += part.number
            below = part.below
            if below is None or part.number < most:
                break
            yield
        charge_search(examined * each)
        # Items that were found in an earlier turn may have changed: their events follow.
        current = [lane.current_items.get(one) for one in chosen]
        found = [one for one in current if one is not None and one.id <= cursor.id]
        is_reset = b"false" if reset is None else b"true"
        reason = b"null" if reset is None else b'"%s"' % reset.encode()
        more = b"" if below is None else b',"page":"%s"' % str(Page(cursor, below)).encode()
        items = b",".join(event.item for event in found)
        return (
            b'{"cursor":"%s","mode":"snapshot","reset":%s,"reason":%s,"items":[%s]%s,"next":%s}'
            % (str(cursor).encode(), is_reset, reason, items, more, _next(found))
        )

    def _events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> Search[bytes]:
        found: list[tuple[str, bytes]] = []
        more = False
        state = self.settled
        # Never behind the client's own cursor, which may be the position of a heartbeat.
        cursor = last = lane.timeline.cursor(after)
        if state.id > after:
            cursor = state
        each = 1 + len(filter.alternatives)
        most = COMPARED // each
        examined, position = 0, after
        while True:
            if not lane.window.holds(position):
                raise Unavailable("new events arrived during the search; try again", 1)
            part = lane.window.after(position, most)
            for event in part:
                if event.id > state.id:
                    break
                examined += 1
                message = visible(event, filter)
                if message is None:
                    continue
                if len(found) == limit:
                    more, cursor = True, last
                    break
                found.append((event.item_id, message))
                last = event.cursor
            else:
                if len(part) == most:
                    position = part[-1].id
                    yield
                    continue
            break
        charge_search(examined * each)
        withdrawn = _retracted_since(lane, state.id)
        messages = [message for item_id, message in found if item_id not in withdrawn]
        return (
            b'{"cursor":"%s","mode":"%s","reset":false,"reason":null,"more":%s,"events":[%s]}'
            % (
                str(cursor).encode(),
                b"replay" if messages else b"live",
                b"true" if more else b"false",
                b",".join(messages),
            )
        )


def _retracted_since(lane: Lane, position: StreamId) -> set[str]:
    """Return the items that were retracted after ``position``. Raises Unavailable if too old."""
    if not lane.window.holds(position):
        raise Unavailable("new events arrived during the search; try again", 1)
    return {event.item_id for event in lane.window.after(position) if event.action == "retract"}


def _next(events: Sequence[LaneEvent]) -> bytes:
    """Return, as JSON, the value of ``before`` that continues after ``events``."""
    if not events:
        return b"null"
    last = events[-1]
    return b'"%s"' % token(last.published_ms, last.item_id, pinned=last.pinned).encode()
