"""The hub: takes lane entries in and writes them to every subscriber that they concern.

Synchronous. No subscriber has a queue: one that is not up to date is served from the lane's window.
``subscriber_state`` defines the states that a subscriber passes through.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from ticker.domain.audience import Audience
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.event import LaneEntry, LaneEvent
from ticker.domain.timeline import Timeline
from ticker.gateway import subscriber_state
from ticker.gateway.call_soon import CallInTurn
from ticker.gateway.catch_up import CatchUp
from ticker.gateway.counters import Counters
from ticker.gateway.fanout import Fanout
from ticker.gateway.fanout_receipts import FanoutReceipts
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.framing import transport_of
from ticker.gateway.heartbeat_wheel import HeartbeatWheel
from ticker.gateway.lane_end import LaneEnd
from ticker.gateway.limits import CLOSE_TIMEOUT, Limits
from ticker.gateway.query_parser import Change, Subscription, subscription_of
from ticker.gateway.response_cache import ResponseCache
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_registry import SubscriberRegistry
from ticker.gateway.subscriber_state import CLOSED, Paused, State, Waiting
from ticker.gateway.timers import Timers
from ticker.gateway.trailing import Trail
from ticker.gateway.waiting_polls import WaitingPolls
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Ahead, Lane, Verdict
from ticker.telemetry.families import Family, gauge

ELSEWHERE_MS = 1_000
"""A reader that is sent elsewhere reconnects after up to this many milliseconds."""


class Hub:
    """All subscribers of this process, served from ``lane``."""

    def __init__(
        self,
        lane: Lane,
        limits: Limits,
        clock: Callable[[], float],
        soon: CallInTurn,
    ) -> None:
        """``clock`` is monotonic seconds; ``soon`` runs a client's callback in a later turn.

        Subscribers that are behind are served through it, so it must bound the work of a turn.
        """
        self.lane = lane
        self.limits = limits
        self.counters = Counters()
        self.responses = ResponseCache()
        self.lane_end = LaneEnd(limits.ahead_wait)
        self.drained: int | None = None
        """Subscribers when the server began to stop; None while it does not stop."""
        self._clock = clock
        self._soon = soon
        self._index = FilterIndex(self.responses)
        self.receipts = FanoutReceipts()
        self._fanout = Fanout(self._index, self.counters, self.receipts)
        self._registry = SubscriberRegistry(self._index, self._fanout.plans)
        self._wheel = HeartbeatWheel(limits.heartbeat)
        self._timers = Timers(self._registry, self._wheel, limits.lag_limit, limits.unread)
        self._polls = WaitingPolls()
        self._catch_up = CatchUp(
            lambda: self.lane,
            self._registry,
            limits,
            self.counters,
            clock,
            soon,
            self.receipts,
        )
        self._trail = Trail(lambda: self.lane, self._registry, self._catch_up.serve, soon)

    @property
    def connections(self) -> int:
        """Return the number of subscribers."""
        return len(self._wheel)

    def position(self) -> StreamId:
        """Return how far the lane has been read."""
        return self.lane.position

    def is_clean(self, item_id: str) -> bool:
        """Tell whether the memory of this process has no text of a retracted item."""
        return self.lane.is_clean(item_id)

    @property
    def groups(self) -> int:
        """Return the number of subscription groups."""
        return len(self._index)

    @property
    def has_ahead(self) -> bool:
        """Tell whether a reader's cursor is ahead of this process."""
        return bool(self._registry.waiting or self._polls)

    def audience(self) -> Audience:
        """Return how many subscribers there are, by the names in their filters.

        Of the stories those of current items count.
        """
        return self._registry.audience.counts(self.lane.current_items.stories)

    @property
    def full(self) -> bool:
        """Tell whether ``max_connections`` is reached."""
        return len(self._wheel) >= self.limits.max_connections

    @property
    def is_trailing(self) -> bool:
        """Tell whether readers of crowded addresses are still to get an event."""
        return self._trail.is_at_work

    # The lane.

    def advance(self, entries: Iterable[LaneEntry]) -> None:
        """Add ``entries`` to the lane and write them out, in one write per subscriber."""
        events = [
            entry for entry in entries if self.lane.advance(entry) and isinstance(entry, LaneEvent)
        ]
        if events:
            self._fanout.write(events)
            self._trail.follow()
        self._retry()

    def replace(self, lane: Lane, reason: str, common: StreamId = ZERO) -> None:
        """Serve from another lane: history was rewritten, or the tail missed a part of it.

        Up to ``common`` both lanes are the same: a subscriber that has got nothing after it goes on
        from its position. Every other gets a reset and a snapshot, a paused one when it drains.
        """
        self.lane = lane
        for subscriber in self._wheel:
            self._change(subscriber, subscriber_state.replaced(subscriber.state, reason, common))
        self._trail.follow()
        self._retry()

    def adopt(self, timeline: Timeline) -> None:
        """Go on in ``timeline``, which lacks no event of the lane (``Lane.lost``). Nobody is reset.

        The end of the lane may move back over heartbeats, and with it the subscribers' positions.
        """
        self.lane.adopt(timeline)
        for subscriber in self._wheel:
            state = subscriber_state.rewound(subscriber.state, self.lane.position)
            if state is not subscriber.state:
                self._registry.move(subscriber, state)
        self._retry()

    async def reach(self, cursor: Cursor) -> Verdict:
        """Wait until the lane can answer ``cursor``, ``ahead_wait`` seconds at most."""
        if not isinstance(self.lane.resume(cursor), Ahead):
            return "reached"
        return await self._polls.wait(cursor, self._clock() + self.limits.ahead_wait)

    # Subscribers.

    def join(self, subscriber: Subscriber, subscription: Subscription) -> None:
        """Start or change a subscription. Its welcome is written now, or as soon as it can be."""
        if subscriber.closing:
            return
        self._registry.move(subscriber, subscriber_state.subscribed(subscriber.state, subscription))
        self._registry.join_group(subscriber, subscription)
        if self._wheel.add(subscriber):
            self.counters.connects += 1
        self._catch_up.serve(subscriber)

    def change(self, subscriber: Subscriber, changes: Iterable[Change]) -> bool:
        """Begin and end single subscriptions; return False if the subscriber is behind.

        Raises BadFilter, and changes nothing, if there would be too many filters.

        All subscriptions of a connection have one cursor, so a further one begins where the others
        are. They replace a subscription without an id. The end of an unknown one is confirmed.
        """
        group = subscriber.group
        if group is None or not self._has_everything(subscriber):
            return False
        before = zip(group.parts, subscriber.backlogs, strict=True)
        subs = {id: (filter, backlog) for (id, filter), backlog in before if id}
        ended: list[int] = []
        added: set[int] = set()
        for one in changes:
            if one.filter is not None:
                subs[one.id] = one.filter, one.backlog
                added.add(one.id)
            else:
                subs.pop(one.id, None)
                ended.append(one.id)
        # With nothing begun and no known id ended, a subscription without an id goes on.
        same = not added and not any(id in ended for id, _ in group.parts)
        if not same:
            subscription = subscription_of(subs)
            self._registry.move(subscriber, subscriber_state.CONNECTING)
            self._registry.join_group(subscriber, subscription)
        if ended:
            message = frames.unsubscribed(ended)
            subscriber.hold(subscriber.framing("unsubscribed", message, None))
        if same:
            subscriber.write()
            return True
        places = tuple(place for place, id in enumerate(sorted(subs)) if id in added)
        self._catch_up.begin(subscriber, places)
        return True

    def _has_everything(self, subscriber: Subscriber) -> bool:
        """Tell whether no event is owed to ``subscriber``, and its transport takes data.

        A trailing one stays where its last event was, while heartbeats move the lane's end on.
        """
        reached = subscriber.reached(self.lane.position)
        window = self.lane.window
        return reached is not None and window.holds(reached) and not window.after(reached, 1)

    def pause(self, subscriber: Subscriber) -> None:
        """Stop writing to ``subscriber``: its transport is full."""
        self.counters.pauses += 1
        state = subscriber_state.paused(subscriber.state, self._clock(), self.lane.position)
        self._registry.move(subscriber, state)

    def resume(self, subscriber: Subscriber) -> None:
        """Go on with ``subscriber``, in a later turn: many transports may drain at once."""
        state = subscriber_state.drained(subscriber.state)
        if state is not subscriber.state:
            self._registry.move(subscriber, state)
            self._soon(subscriber.client, lambda: self._catch_up.serve(subscriber))

    def close(self, subscriber: Subscriber, code: CloseCode | None) -> bool:
        """Unsubscribe it and start its close timeout; return False if it is closing already.

        ``code`` is None if the client closes.
        """
        if subscriber.closing:
            return False
        ending = "client" if code is None else str(code.value)
        self.counters.closed(transport_of(subscriber.framing), ending)
        self._wheel.discard(subscriber)
        deadline = self._clock() + CLOSE_TIMEOUT
        self._registry.move(subscriber, subscriber_state.closing(subscriber.state, deadline))
        return True

    def shed(self, most: int) -> int:
        """Cut at most so many paused subscribers, the longest paused first; return how many.

        The process needs their descriptors. They come back with their cursor.
        """
        paused = [
            (one.state.since, number, one)
            for number, one in enumerate(self._registry.behind)
            if isinstance(one.state, Paused)
        ]
        cut = [one for _, _, one in sorted(paused, key=lambda entry: entry[:2])[:most]]
        for subscriber in cut:
            self.close(subscriber, CloseCode.LAGGING)
            subscriber.transport.abort()
        return len(cut)

    def lost(self, subscriber: Subscriber) -> None:
        """Forget a connection that is gone."""
        if not subscriber.closing:
            self.counters.closed(transport_of(subscriber.framing), "lost")
        self._registry.move(subscriber, CLOSED)
        self._wheel.discard(subscriber)

    def _change(self, subscriber: Subscriber, state: State) -> None:
        """Move to ``state``, and send the subscriber's next step if it can be written to again."""
        if state is not subscriber.state:
            self._registry.move(subscriber, state)
            self._catch_up.serve(subscriber)

    # Time.

    def begin_drain(self) -> None:
        """Take no more subscribers: the server stops."""
        if self.drained is None:
            self.drained = self.connections

    def tick(self) -> None:
        """Act on everything whose time has come; called ``TICKS_PER_SECOND`` times a second."""
        self._timers.tick(self._clock(), self.lane.timeline, self.lane.position)
        self._retry()

    def _retry(self) -> None:
        """Answer those who wait, where the lane has their cursor or their time is over."""
        if not self.has_ahead:
            return
        for subscriber in tuple(self._registry.waiting):
            state = subscriber.state
            if isinstance(state, Waiting) and state.subscription.after is not None:
                verdict = self._judge(state.subscription.after, state.deadline)
                if verdict == "behind":
                    # Jitter: readers that lost one server come to this one together.
                    subscriber.goodbye("behind", int(random.uniform(0, ELSEWHERE_MS)))
                    subscriber.close(CloseCode.BEHIND, "behind")
                else:
                    self._change(subscriber, subscriber_state.waited(state, verdict))
        self._polls.retry(self._judge)

    def _judge(self, cursor: Cursor, deadline: float) -> Verdict:
        return self.lane_end.judge(self.lane, cursor, deadline, self._clock())

    @property
    def behind(self) -> int:
        """Return the number of subscribers that are paused or catching up."""
        return len(self._registry.behind)

    @property
    def waiting(self) -> int:
        """Return the number of subscribers whose cursor is ahead of this process."""
        return len(self._registry.waiting)

    @property
    def trailing(self) -> int:
        """Return the number of subscribers of crowded addresses, which get events after others."""
        return len(self._registry.trailing)

    def metrics(self) -> Iterable[Family]:
        """Return gauges and counters."""
        yield from self.counters.metrics()
        yield gauge(
            "connections",
            "Live connections by transport and edition; `all`: no edition chosen, `several`: more.",
            self._registry.members,
            "transport",
            "edition",
        )
        yield gauge(
            "connections_max",
            "Connections that this process accepts at most.",
            self.limits.max_connections,
        )
        yield gauge(
            "subscription_groups",
            "Distinct filters of the live connections, by transport.",
            self.groups,
        )
        yield gauge("behind", "Clients that are paused or catching up.", self.behind)
        yield gauge(
            "trailing",
            "Clients of addresses with many connections, which get each event after the others.",
            self.trailing,
        )
        yield gauge("waiting", "Clients whose cursor is ahead of this process.", self.waiting)
        yield gauge(
            "window_events", "Events that can be replayed from memory.", len(self.lane.window)
        )
        yield gauge("current_items", "Live items.", len(self.lane.current_items))
