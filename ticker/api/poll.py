"""Responses to polls, rendered once and shared.

A response depends only on the filter, the limit, the client's cursor and the newest item event, so
clients with equal filters share its bytes, also across servers. Heartbeats move the lane but not
the responses: without news a poll stays ``304``, and a CDN keeps its copy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ticker.api.cached_responses import CachedResponse, CachedResponses
from ticker.api.miss_budget import charge_search
from ticker.archive.place import token
from ticker.domain.cursor import UNREADABLE, Cursor, StreamId
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
    """Render responses to polls, and cache those for the lane's newest state."""

    def snapshot(
        self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None = None
    ) -> CachedResponse:
        """Return the first ``limit`` matching items; ``reset`` says why it replaces a replay."""
        return self.get(
            lane, (filter, limit, reset), lambda: self._snapshot(lane, filter, limit, reset)
        )

    def page(self, lane: Lane, filter: Filter, limit: int, page: Page) -> CachedResponse:
        """Return the ``limit`` items after the earlier pages; the window must hold its cursor."""
        return self.get(
            lane, (filter, limit, page), lambda: self._snapshot(lane, filter, limit, None, page)
        )

    def events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> CachedResponse:
        """Return the first ``limit`` matching events after ``after``; the window must hold it."""
        return self.get(
            lane, (filter, limit, after), lambda: self._events(lane, filter, limit, after)
        )

    def _snapshot(
        self,
        lane: Lane,
        filter: Filter,
        limit: int,
        reset: ResetReason | None,
        page: Page | None = None,
    ) -> bytes:
        cursor, below = page or (self.settled, None)
        found, last, examined = lane.current_items.page(filter, limit, below, cursor.id)
        charge_search(examined * (1 + len(filter.alternatives)))
        is_reset = b"false" if reset is None else b"true"
        reason = b"null" if reset is None else b'"%s"' % reset.encode()
        more = b"" if last is None else b',"page":"%s"' % str(Page(cursor, last)).encode()
        items = b",".join(event.item for event in found)
        return (
            b'{"cursor":"%s","mode":"snapshot","reset":%s,"reason":%s,"items":[%s]%s,"next":%s}'
            % (str(cursor).encode(), is_reset, reason, items, more, _next(found))
        )

    def _events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> bytes:
        messages: list[bytes] = []
        more = False
        # Never behind the client's own cursor, which may be the position of a heartbeat.
        cursor = last = lane.timeline.cursor(after)
        if self.settled.id > after:
            cursor = self.settled
        for event in lane.window.after(after):
            message = visible(event, filter)
            if message is None:
                continue
            if len(messages) == limit:
                more, cursor = True, last
                break
            messages.append(message)
            last = event.cursor
        return (
            b'{"cursor":"%s","mode":"%s","reset":false,"reason":null,"more":%s,"events":[%s]}'
            % (
                str(cursor).encode(),
                b"replay" if messages else b"live",
                b"true" if more else b"false",
                b",".join(messages),
            )
        )


def _next(events: Sequence[LaneEvent]) -> bytes:
    """Return, as JSON, the value of ``before`` that continues after ``events``."""
    if not events:
        return b"null"
    last = events[-1]
    return b'"%s"' % token(last.published_ms, last.item_id, pinned=last.pinned).encode()
