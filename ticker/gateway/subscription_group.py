"""Subscribers with equal filters on the same transport: matched once, encoded once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Filter
from ticker.gateway.audience_count import names_of
from ticker.gateway.compression_chain import CompressionChain, LiveReaders
from ticker.gateway.direct_socket import Recipient, Recipients
from ticker.gateway.framing import Framing, chained_framing, encoder, transport_of
from ticker.gateway.query_parser import WHOLE, Backlogs
from ticker.gateway.response_cache import Response, ResponseCache, Rest
from ticker.stream import frames
from ticker.stream.replay import Lane
from ticker.stream.sight import FilterSet, compact, message_of, parts_of, sight_of

SNAPSHOT_ITEMS = 200
"""Most items in a snapshot or a page of one. A write has one more snapshot at most once it has so
many items, so several snapshots of a reader that takes nothing do not fill the memory."""
COMPARED_MAX = 1_000
"""Items compared with a filter or an alternative in one turn, in search of a snapshot or a page. A
filter of exclusions examines every item; the search goes on in the next turn."""
SEARCH_COST = 32
"""Items that a turn of such a search costs, if it found no full message: a request's worth."""
SLICE_BYTES = 65_536
"""Approximate size of one write of a replay to a subscriber that takes what it is sent."""
COMPACTED_BYTES = 8_192
"""Approximate size of one write to a subscriber that was paused: the memory that a slow subscriber
costs at most, and the text that a retraction cannot take back."""
SLICE_EVENTS = 1_000
"""Events compared with a filter or an alternative for one slice, so that its work has a bound."""


class SubscriptionGroup:
    """One filter, or one set of filters, on one transport.

    ``members`` counts its subscribers in every state.
    """

    __slots__ = (
        "_live",
        "_responses",
        "_slice_events",
        "audience",
        "chain",
        "framing",
        "has_several_filters",
        "members",
        "names",
        "parts",
        "wanted",
    )

    def __init__(
        self, wanted: Filter | FilterSet, framing: Framing, responses: ResponseCache
    ) -> None:
        self.wanted = wanted
        self.parts = parts_of(wanted)
        """The filters with the ids of their subscriptions."""
        self.framing = framing
        self.audience = transport_of(framing), _edition(wanted)
        """Transport and edition, for metrics."""
        self.names = names_of(tuple(filter for _, filter in self.parts))
        """The names under which a subscriber counts in the newsroom's audience."""
        self.members = 0
        self._live = LiveReaders()
        self.chain = CompressionChain() if framing is chained_framing else None
        """The live subscribers if they share a compression context."""
        self._responses = responses
        compared = sum(1 + len(filter.alternatives) for _, filter in self.parts)
        self._slice_events = max(1, SLICE_EVENTS // compared)
        self.has_several_filters = compared > 1
        """Whether an event is compared with several filters or alternatives."""

    def add_live(self, subscriber: Recipient) -> None:
        """Add a subscriber that is up to date and writable."""
        (self._live if self.chain is None else self.chain).add(subscriber)

    def discard_live(self, subscriber: Recipient) -> None:
        """Remove a subscriber that is no longer up to date, or no longer writable."""
        (self._live if self.chain is None else self.chain).discard(subscriber)

    def recipients(self) -> Recipients:
        """Return the connections of the live subscribers, valid until one comes or goes.

        Those in ``chain`` are not among them.
        """
        return self._live.recipients()

    def welcome(self, mode: str, cursor: str, heartbeat: int) -> bytes:
        """Return the framed welcome of a subscription that starts without a snapshot."""
        return self._welcome(mode, cursor, heartbeat, None, self._ids(), cursor)

    def added(self, lane: Lane, heartbeat: int, places: tuple[int, ...]) -> bytes:
        """Return the framed welcome of further subscriptions that start without items."""
        ids = tuple(self.parts[place][0] for place in places)
        return self._welcome("live", str(lane.cursor), heartbeat, None, ids, str(lane.cursor))

    def snapshot(
        self,
        lane: Lane,
        backlogs: Backlogs,
        heartbeat: int,
        reset: str | None,
        places: tuple[int, ...] | None = None,
    ) -> Response:
        """Return the framed welcome and snapshots; ``reset`` is the reason, None for no reset.

        ``places`` are those of ``parts`` that get a snapshot, None for all. With the backlog
        ``WHOLE``, ``more`` gives the items that follow.
        """
        key = (self, backlogs, reset, places)
        response = self._responses.get(lane.generation, key)
        if response is None:
            chosen = tuple(range(len(self.parts))) if places is None else places
            ids = self._ids() and tuple(self.parts[place][0] for place in chosen)
            data = self._welcome("snapshot", str(lane.cursor), heartbeat, reset, ids, None)
            rest = Rest(tuple((place, backlogs[place]) for place in chosen if backlogs[place]))
            found, following = self._messages(lane, lane.position, rest)
            response = Response(data + found, lane.position, following)
            self._keep(key, response)
        return response

    def more(self, lane: Lane, position: StreamId, rest: Rest) -> Response:
        """Return a framed page or snapshot of ``rest``, with the items as of ``position``."""
        key = (self, "more", position, rest)
        response = self._responses.get(lane.generation, key)
        if response is None:
            data, following = self._messages(lane, position, rest)
            response = Response(data, position, following)
            self._keep(key, response)
        return response

    def _messages(self, lane: Lane, position: StreamId, rest: Rest) -> tuple[bytes, Rest | None]:
        """Return framed snapshots up to the first one with pages, or its next page; and the rest.

        It stops earlier after ``SNAPSHOT_ITEMS`` items, and after ``COMPARED_MAX`` comparisons: the
        data is empty if these found no full message. The reader's cursor is that of the last
        message of all.
        """
        cursor = str(lane.timeline.cursor(position))
        (waiting, below, begun, found), sent = rest, b""
        number, left = 0, COMPARED_MAX
        frame = encoder(self.framing)
        while waiting:
            (place, backlog), later = waiting[0], waiting[1:]
            id, filter = self.parts[place]
            each = 1 + len(filter.alternatives)
            if number >= SNAPSHOT_ITEMS or left < each:
                return sent, Rest(waiting)
            limit = SNAPSHOT_ITEMS if backlog == WHOLE else backlog
            page = lane.current_items.page(
                filter, limit - len(found), below, position, left // each
            )
            left -= page.number * each
            found += tuple(event.item_id for event in page.events)
            if page.below is not None and len(found) < limit:
                return sent, Rest(waiting, page.below, begun, found)
            more = backlog == WHOLE and page.below is not None
            # Items that were found in an earlier turn may have changed: their events follow.
            events = [lane.current_items.get(one) for one in found]
            items = [one.item for one in events if one is not None and one.id <= position]
            number += len(items)
            kind = "page" if begun else "snapshot"
            message = frames.items(kind, cursor, items, more, id or None)
            own = None if more or later else cursor
            sent += frame(kind, message, own)
            if more:
                return sent, Rest(waiting, page.below, begun=True)
            if begun and later:
                return sent, Rest(later)
            waiting, below, begun, found = later, None, False, ()
        return sent, None

    def _welcome(
        self,
        mode: str,
        cursor: str,
        heartbeat: int,
        reset: str | None,
        ids: tuple[int, ...],
        own: str | None,
    ) -> bytes:
        return self.framing("welcome", frames.welcome(mode, cursor, heartbeat, reset, ids), own)

    def _ids(self) -> tuple[int, ...]:
        return self.wanted.ids if isinstance(self.wanted, FilterSet) else ()

    def resume(self, lane: Lane, cursor: Cursor, heartbeat: int) -> Response:
        """Return the framed welcome of a replay after ``cursor``, with its first slice."""
        key = (self, "resume", cursor)
        response = self._responses.get(lane.generation, key)
        if response is None:
            welcome = self.welcome("replay", str(cursor), heartbeat)
            found = self._slice(lane, cursor.id, compacted=False)
            response = found._replace(data=welcome + found.data)
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
        missed = lane.window.after(position, self._slice_events)
        end = lane.position if len(missed) < self._slice_events else missed[-1].id
        messages: Iterable[tuple[Cursor, bytes]]
        if compacted:
            messages = compact(missed, self.wanted)
        else:
            messages = (
                (event.cursor, message_of(event, sight))
                for event in missed
                if (sight := sight_of(event, self.wanted)) is not None
            )
        most = COMPACTED_BYTES if compacted else SLICE_BYTES
        parts: list[bytes] = []
        events: list[StreamId] = []
        size = 0
        frame = encoder(self.framing)
        for cursor, message in messages:
            if size >= most:
                return Response(b"".join(parts), position, events=tuple(events))
            parts.append(frame("item", message, str(cursor)))
            size += len(parts[-1])
            position = cursor.id
            events.append(position)
        return Response(b"".join(parts), end, events=tuple(events))


def _edition(wanted: Filter | FilterSet) -> str:
    chosen = {filter.editions for _, filter in parts_of(wanted)}
    editions = next(iter(chosen)) if len(chosen) == 1 else None
    if editions is None or len(editions) > 1:
        return "several"
    return next(iter(editions), "all")
