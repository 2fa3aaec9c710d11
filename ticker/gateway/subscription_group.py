"""Subscribers with equal filters on the same transport: matched once, encoded once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Filter
from ticker.gateway.direct_socket import Recipient, Recipients
from ticker.gateway.framing import Framing, transport_of
from ticker.gateway.query_parser import WHOLE
from ticker.gateway.response_cache import Response, ResponseCache
from ticker.stream import frames
from ticker.stream.current_items import Place
from ticker.stream.replay import Lane
from ticker.stream.window import compact, visible

SNAPSHOT_ITEMS = 200
"""Most items in a snapshot or a page of one."""
SLICE_BYTES = 65_536
"""Approximate size of one write of a replay to a subscriber that takes what it is sent."""
COMPACTED_BYTES = 8_192
"""Approximate size of one write to a subscriber that was paused: the memory that a slow subscriber
costs at most, and the text that a retraction cannot take back."""
SLICE_EVENTS = 1_000
"""Events examined for one slice, so that the work for a slice has a bound."""


class SubscriptionGroup:
    """One filter on one transport. ``members`` counts its subscribers in every state."""

    __slots__ = (
        "_live",
        "_recipients",
        "_responses",
        "audience",
        "filter",
        "framing",
        "members",
    )

    def __init__(self, filter: Filter, framing: Framing, responses: ResponseCache) -> None:
        self.filter = filter
        self.framing = framing
        self.audience = transport_of(framing), _edition(filter)
        """Transport and edition, for metrics."""
        self.members = 0
        self._live: dict[Recipient, None] = {}
        self._recipients: Recipients | None = None
        self._responses = responses

    def add_live(self, subscriber: Recipient) -> None:
        """Add a subscriber that is up to date and writable."""
        self._live[subscriber] = None
        self._recipients = None

    def discard_live(self, subscriber: Recipient) -> None:
        """Remove a subscriber that is no longer up to date, or no longer writable."""
        self._live.pop(subscriber, None)
        self._recipients = None

    def recipients(self) -> Recipients:
        """Return the connections of the live subscribers, valid until one comes or goes."""
        if self._recipients is None:
            self._recipients = Recipients()
            for subscriber in self._live:
                self._recipients.add(subscriber)
        return self._recipients

    def welcome(self, mode: str, cursor: str, heartbeat: int) -> bytes:
        """Return the framed welcome of a subscription that starts without a snapshot."""
        return self.framing("welcome", frames.welcome(mode, cursor, heartbeat), cursor)

    def snapshot(self, lane: Lane, backlog: int, heartbeat: int, reset: str | None) -> Response:
        """Return the framed welcome and snapshot; ``reset`` is the reason, None for no reset.

        With the backlog ``WHOLE``, ``page`` gives the items that follow.
        """
        key = (self, backlog, reset)
        response = self._responses.get(lane.generation, key)
        if response is None:
            cursor = str(lane.cursor)
            limit = SNAPSHOT_ITEMS if backlog == WHOLE else backlog
            found, below = lane.current_items.page(self.filter, limit)
            more = backlog == WHOLE and below is not None
            items = [event.item for event in found]
            # The cursor is the reader's own only after the last page.
            data = self.framing(
                "welcome", frames.welcome("snapshot", cursor, heartbeat, reset), None
            ) + self.framing(
                "snapshot", frames.snapshot(cursor, items, more), None if more else cursor
            )
            response = data, lane.position, below if more else None
            self._keep(key, response)
        return response

    def page(self, lane: Lane, position: StreamId, below: Place) -> Response:
        """Return the framed page of the items ``below`` a place, as they were at ``position``."""
        key = (self, "page", position, below)
        response = self._responses.get(lane.generation, key)
        if response is None:
            found, after = lane.current_items.page(self.filter, SNAPSHOT_ITEMS, below, position)
            cursor = str(lane.timeline.cursor(position))
            message = frames.page(cursor, [event.item for event in found], after is not None)
            data = self.framing("page", message, cursor if after is None else None)
            response = data, position, after
            self._keep(key, response)
        return response

    def replay(self, lane: Lane, position: StreamId, compacted: bool) -> Response:
        """Return the next framed slice after ``position``, and the position at its end.

        ``compacted`` gives the last version of each item only.
        """
        key = (self, position, compacted)
        response = self._responses.get(lane.generation, key)
        if response is None:
            response = self._slice(lane, position, compacted)
            self._keep(key, response)
        return response

    def _keep(self, key: Hashable, response: Response) -> None:
        # The response for a single member serves no other and must not displace shared ones.
        if self.members > 1:
            self._responses.put(key, response)

    def _slice(self, lane: Lane, position: StreamId, compacted: bool) -> Response:
        missed = lane.window.after(position, SLICE_EVENTS)
        end = lane.position if len(missed) < SLICE_EVENTS else missed[-1].id
        messages: Iterable[tuple[Cursor, bytes]]
        if compacted:
            messages = compact(missed, self.filter)
        else:
            messages = (
                (event.cursor, message)
                for event in missed
                if (message := visible(event, self.filter)) is not None
            )
        most = COMPACTED_BYTES if compacted else SLICE_BYTES
        parts: list[bytes] = []
        size = 0
        for cursor, message in messages:
            if size >= most:
                return b"".join(parts), position, None
            parts.append(self.framing("item", message, str(cursor)))
            size += len(parts[-1])
            position = cursor.id
        return b"".join(parts), end, None


def _edition(filter: Filter) -> str:
    if not filter.editions:
        return "all"
    return next(iter(filter.editions)) if len(filter.editions) == 1 else "several"
