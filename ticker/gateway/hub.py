"""The hub: takes lane entries in, writes them to every reader whom they concern. Synchronous.

A reader is in one of three places: *live* in its audience (up to date, writable), *behind* with a
position of its own (paused by its transport, or in the middle of a replay), or *waiting* for the
tail to reach its cursor. No reader has a queue: who is behind is served from the window.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.gateway.direct_socket import deliver
from ticker.gateway.filter_index import FilterIndex, Kind
from ticker.gateway.query_parser import Subscription
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscription_group import Framing, SubscriptionGroup
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate
from ticker.stream.window import visible

log = logging.getLogger(__name__)

LINGER = 3.0
"""Seconds that a closing connection has to take its last bytes and answer the close frame."""
ROUTES = 16
"""Routes kept while nobody moves; each is a list of all whom one kind of event concerns."""
TICKS_PER_SECOND = 4
"""How often ``tick`` is to be called; one wheel serves heartbeats, lag limits and waits."""


@dataclass(slots=True)
class Counters:
    """What this process did since it started; ``/metrics`` shows it."""

    events: int = 0
    writes: int = 0
    encodes: int = 0
    connects: int = 0
    resumes: int = 0
    snapshots: int = 0
    resets: int = 0
    pauses: int = 0
    lagged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The hub's bounds: seconds, and readers."""

    heartbeat: int = 25
    lag_limit: float = 30.0
    ahead_wait: float = 2.0
    max_connections: int = 50_000
    drain: float = 5.0


class Hub:
    """All readers of this process. ``lane`` is what they are served from."""

    def __init__(
        self, lane: Lane, limits: Limits, clock: Callable[[], float], soon: Soon | None = None
    ) -> None:
        """``clock`` is monotonic seconds; ``soon`` runs a callback in a later turn of the loop."""
        self.lane = lane
        self.limits = limits
        self.counters = Counters()
        self.connections = 0
        self._clock = clock
        self._soon = soon or call_soon
        self._index = FilterIndex()
        self._routes: dict[tuple[Kind, Kind], list[Stop]] = {}
        self._behind: set[Subscriber] = set()
        self._waiting: dict[Subscriber, tuple[Subscription, float]] = {}
        self._closing: dict[Subscriber, float] = {}
        self._polls: dict[asyncio.Future[bool], tuple[Cursor, float]] = {}
        self._wheel: list[dict[Subscriber, None]] = [
            {} for _ in range(limits.heartbeat * TICKS_PER_SECOND)
        ]
        self._hand = 0

    # Entries come in.

    def advance(self, entries: Iterable[LaneEntry]) -> None:
        """Fold ``entries`` in and write them out: one write per reader for all of them."""
        events = [
            entry for entry in entries if self.lane.advance(entry) and isinstance(entry, LaneEvent)
        ]
        if events:
            self.counters.events += len(events)
            self._fan_out(events)
        if self._waiting or self._polls:
            self._retry()

    def replace(self, lane: Lane, reason: str) -> None:
        """Serve from another lane: history was rewritten, or the tail missed a part of it.

        Everybody is told so and gets a snapshot; who is paused gets it when it drains.
        """
        self.lane = lane
        for audience in self._index:
            for client in tuple(audience.live):
                self._reset(client, reason)
        for client in self._behind:
            client.stale = reason
        self._retry()

    def _fan_out(self, events: list[LaneEvent]) -> None:
        # Frames made for one audience serve every other that sees the same of these events.
        if len(events) == 1:
            self._fan_out_one(events[0])
            return
        made: dict[tuple[Framing, tuple[int, ...]], bytes] = {}
        facets = (one for event in events for one in (event.facets, event.was))
        for audience in self._index.candidates(*facets):
            if not audience.live:
                continue
            seen = [
                (event, message)
                for event in events
                if (message := visible(event, audience.filter)) is not None
            ]
            if seen:
                key = (audience.framing, tuple(id(message) for _, message in seen))
                data = made.get(key)
                if data is None:
                    data = made[key] = self._encode(audience.framing, seen)
                self.counters.writes += len(audience.live)
                deliver(audience.sends(), data)

    def _fan_out_one(self, event: LaneEvent) -> None:
        for framing, shown, sends in self._route(event):
            message = event.message if shown else event.leave
            self.counters.writes += len(sends)
            deliver(sends, self._encode(framing, [(event, message)]))

    def _route(self, event: LaneEvent) -> list[Stop]:
        """Return whom an event with these facets concerns: found once, until somebody moves."""
        key = (self._index.kind(event.facets), self._index.kind(event.was))
        route = self._routes.get(key)
        if route is None:
            stops: dict[tuple[Framing, bool], list[Callable[[bytes], int]]] = {}
            for audience in self._index.candidates(event.facets, event.was):
                if audience.live and (message := visible(event, audience.filter)) is not None:
                    stop = (audience.framing, message is event.message)
                    stops.setdefault(stop, []).extend(audience.sends())
            route = [(framing, shown, sends) for (framing, shown), sends in stops.items()]
            if len(self._routes) >= ROUTES:
                self._routes.clear()
            self._routes[key] = route
        return route

    def _set_live(self, client: Subscriber, audience: SubscriptionGroup) -> None:
        self._routes.clear()
        audience.enter(client)

    def _unset_live(self, client: Subscriber, audience: SubscriptionGroup) -> bool:
        self._routes.clear()
        return audience.leave(client)

    def _encode(self, framing: Framing, seen: list[tuple[LaneEvent, bytes]]) -> bytes:
        self.counters.encodes += len(seen)
        epoch = self.lane.epoch
        return b"".join(
            framing("item", message, str(Cursor(epoch, event.id))) for event, message in seen
        )

    # Readers come and go.

    def join(self, client: Subscriber, subscription: Subscription) -> None:
        """Start or change a subscription; the welcome is written now, or when the tail is there."""
        self._detach(client)
        if client.slot < 0:
            self.connections += 1
            self.counters.connects += 1
            client.slot = self.connections % len(self._wheel)
            self._wheel[client.slot][client] = None
        client.audience = self._index.enter(subscription.filter, type(client).framing)
        client.backlog = subscription.backlog
        self._start(client, subscription)

    def leave(self, client: Subscriber) -> None:
        """Forget a reader whose connection has ended. Harmless when it never joined."""
        self._detach(client)
        if client.slot >= 0:
            self.connections -= 1
            del self._wheel[client.slot][client]
            client.slot = -1

    def linger(self, client: Subscriber) -> None:
        """Cut ``client`` off in ``LINGER`` seconds unless it is gone before."""
        self._closing[client] = self._clock() + LINGER

    def lost(self, client: Subscriber) -> None:
        """Forget a connection that is gone."""
        self.leave(client)
        self._closing.pop(client, None)
        client.detach()

    @property
    def audiences(self) -> int:
        """Return how many different filters are read here."""
        return len(self._index)

    @property
    def full(self) -> bool:
        """Tell whether one more reader would be too many."""
        return self.connections >= self.limits.max_connections

    def _detach(self, client: Subscriber) -> None:
        self._behind.discard(client)
        self._waiting.pop(client, None)
        audience = client.audience
        if audience is None:
            return
        self._unset_live(client, audience)
        client.audience = None
        client.position = None
        client.stale = None
        client.pending = None
        self._index.leave(audience)

    def _start(self, client: Subscriber, subscription: Subscription) -> None:
        audience = client.audience
        assert audience is not None
        if client.paused_at is not None:
            # No answer into a full transport: it would never be told to stop.
            client.pending = subscription
            self._behind.add(client)
            return
        if subscription.after is None:
            if subscription.backlog:
                self._snapshot(client, None)
            else:
                self._go_live(client, subscription)
            return
        match self.lane.resume(subscription.after):
            case Ahead():
                deadline = self._clock() + self.limits.ahead_wait
                self._waiting.setdefault(client, (subscription, deadline))
                client.write()
            case Reset(reason):
                self._reset(client, reason)
            case UpToDate():
                self._go_live(client, subscription)
            case Replay(position):
                self.counters.resumes += 1
                cursor = str(subscription.after)
                self._behind.add(client)
                client.position = position
                client.compacted = False
                client.hold(audience.greeting("replay", cursor, self.limits.heartbeat))
                self._catch_up(client)

    def _go_live(self, client: Subscriber, subscription: Subscription) -> None:
        audience = client.audience
        assert audience is not None
        self._set_live(client, audience)
        client.write(audience.greeting("live", str(self.lane.cursor), self.limits.heartbeat))

    def _snapshot(self, client: Subscriber, reset: str | None) -> None:
        audience = client.audience
        assert audience is not None
        self.counters.snapshots += 1
        self._behind.discard(client)
        client.position = None
        client.stale = None
        # Live before the write: a reader that this very write pauses then stands at the lane's end.
        self._set_live(client, audience)
        client.write(audience.snapshot(self.lane, client.backlog, self.limits.heartbeat, reset))

    def _reset(self, client: Subscriber, reason: str) -> None:
        self.counters.resets += 1
        self._snapshot(client, reason)

    # Backpressure.

    def pause(self, client: Subscriber) -> None:
        """Stop writing to ``client``: its transport is full. All that was written stands."""
        self.counters.pauses += 1
        client.paused_at = self._clock()
        audience = client.audience
        if audience is not None and self._unset_live(client, audience):
            client.position = self.lane.position
            self._behind.add(client)
        elif (waiting := self._waiting.pop(client, None)) is not None:
            client.pending = waiting[0]
            self._behind.add(client)

    def resume(self, client: Subscriber) -> None:
        """Go on with ``client`` from its own position: the last version of each item it missed."""
        client.paused_at = None
        if client.pending is not None:
            subscription, client.pending, client.stale = client.pending, None, None
            self._behind.discard(client)
            self._start(client, subscription)
        elif client.position is not None:
            client.compacted = True
            self._catch_up(client)

    def _catch_up(self, client: Subscriber) -> None:
        """Write the next slice; come back for more in a later turn, so that nobody waits."""
        audience, position = client.audience, client.position
        if audience is None or position is None or client.paused_at is not None:
            return
        if client.stale or not self.lane.window.holds(position):
            self._reset(client, client.stale or "expired")
            return
        data, end = audience.replay(self.lane, position, client.compacted)
        client.position = end
        client.write(data)
        if client.paused_at is not None:
            return
        if end >= self.lane.position:
            self._behind.discard(client)
            client.position = None
            self._set_live(client, audience)
        else:
            self._soon(lambda: self._catch_up(client))

    # Time passes.

    def tick(self) -> None:
        """Turn the wheel by one: heartbeats for its slot, lag limits, waits that are over."""
        now = self._clock()
        self._hand = (self._hand + 1) % len(self._wheel)
        cursor = str(self.lane.cursor)
        beat = frames.heartbeat(cursor)
        made: dict[Framing, bytes] = {}
        for client in tuple(self._wheel[self._hand]):
            if client.audience is not None and client in client.audience.live:
                framing = client.audience.framing
                data = made.get(framing)
                if data is None:
                    data = made[framing] = framing("heartbeat", beat, cursor)
                client.write(data)
        for client in tuple(self._behind):
            if client.paused_at is not None and now - client.paused_at > self.limits.lag_limit:
                self.counters.lagged += 1
                client.close(CloseCode.LAGGING, "lagging")
        for client, deadline in tuple(self._closing.items()):
            if now >= deadline:
                client.transport.abort()
        if self._waiting or self._polls:
            self._retry()

    async def reach(self, cursor: Cursor) -> bool:
        """Wait until the lane can answer ``cursor``; False when ``ahead_wait`` is over before."""
        if not isinstance(self.lane.resume(cursor), Ahead):
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._polls[future] = (cursor, self._clock() + self.limits.ahead_wait)
        try:
            return await future
        finally:
            self._polls.pop(future, None)

    def _retry(self) -> None:
        now = self._clock()
        for client, (subscription, deadline) in tuple(self._waiting.items()):
            assert subscription.after is not None
            if not isinstance(self.lane.resume(subscription.after), Ahead):
                del self._waiting[client]
                self._start(client, subscription)
            elif now >= deadline:
                del self._waiting[client]
                self._reset(client, "ahead")
        for future, (cursor, deadline) in tuple(self._polls.items()):
            reached = not isinstance(self.lane.resume(cursor), Ahead)
            if (reached or now >= deadline) and not future.done():
                future.set_result(reached)

    def metrics(self) -> dict[str, float]:
        """Return gauges and counters by Prometheus name, without prefix."""
        counters = {f"{name}_total": getattr(self.counters, name) for name in Counters.__slots__}
        return counters | {
            "connections": self.connections,
            "audiences": len(self._index),
            "behind": len(self._behind),
            "waiting": len(self._waiting),
            "window_events": len(self.lane.window),
            "board_items": len(self.lane.current_items),
        }


Soon = Callable[[Callable[[], None]], object]
Stop = tuple[Framing, bool, list[Callable[[bytes], int]]]
"""One framing, whether the item is shown or taken off, and the lines that it goes out on."""


def call_soon(callback: Callable[[], None]) -> object:
    """Run ``callback`` in the running loop's next turn."""
    return asyncio.get_running_loop().call_soon(callback)
