"""Catching up: bring a subscriber that is not live up to date from the lane's window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from ticker.domain.cursor import Cursor, StreamId
from ticker.gateway import subscriber_state
from ticker.gateway.call_soon import CallInTurn
from ticker.gateway.counters import Counters
from ticker.gateway.crowd import Crowd
from ticker.gateway.fanout_receipts import FanoutReceipts
from ticker.gateway.limits import Limits
from ticker.gateway.query_parser import WHOLE, Subscription
from ticker.gateway.response_cache import Response, Rest
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_registry import SubscriberRegistry
from ticker.gateway.subscriber_state import (
    LIVE,
    CatchingUp,
    Paused,
    ReplayFrom,
    SendPages,
    Start,
    Step,
    Trailing,
    Waiting,
)
from ticker.gateway.subscription_group import SEARCH_COST, SNAPSHOT_ITEMS
from ticker.stream import replay
from ticker.stream.replay import Ahead, Lane, Replay, UpToDate


class CatchUp:
    """Writes welcomes, snapshots and replays.

    The state changes before each write: a write that fills the transport pauses the subscriber at
    the position that the write brings it to.
    """

    def __init__(
        self,
        lane: Callable[[], Lane],
        registry: SubscriberRegistry,
        limits: Limits,
        counters: Counters,
        clock: Callable[[], float],
        soon: CallInTurn,
        receipts: FanoutReceipts,
    ) -> None:
        """``lane`` returns the lane to serve from, ``clock`` monotonic seconds.

        ``receipts`` counts the events of each slice of a replay that is written.
        """
        self._lane = lane
        self._registry = registry
        self._limits = limits
        self._counters = counters
        self._clock = clock
        self._soon = soon
        self._receipts = receipts

    def serve(self, subscriber: Subscriber) -> None:
        """Do the subscriber's next step, if it is catching up."""
        match subscriber.state:
            case CatchingUp(Start(subscription)):
                self._start(subscriber, subscription)
            case CatchingUp(ReplayFrom(position, compacted)):
                self._replay(subscriber, position, compacted)
            case Trailing(position):
                self._follow(subscriber, position)
            case CatchingUp(SendPages(position, rest)):
                self._send_page(subscriber, position, rest)
            case CatchingUp(subscriber_state.Reset(reason)):
                self._reset(subscriber, reason)
            case _:  # meanwhile paused, closing or gone
                pass

    def _start(self, subscriber: Subscriber, subscription: Subscription) -> None:
        if subscription.after is None:
            if any(subscription.backlogs):
                self._counters.welcomed("snapshot")
                self._snapshot(subscriber, None)
            else:
                self._go_live(subscriber)
            return
        outcome = self._lane().resume(subscription.after)
        match outcome:
            case Ahead():
                deadline = self._clock() + self._limits.ahead_wait
                self._registry.move(subscriber, Waiting(subscription, deadline))
                subscriber.write()
            case replay.Reset(reason):
                self._reset(subscriber, reason)
            case UpToDate():
                self._go_live(subscriber)
            case Replay():
                self._counters.welcomed("replay")
                self._resume(subscriber, subscription.after)
            case _:
                assert_never(outcome)

    def _go_live(self, subscriber: Subscriber) -> None:
        assert subscriber.group is not None
        self._counters.welcomed("live")
        self._up_to_date(subscriber)
        cursor = str(self._lane().cursor)
        subscriber.write(subscriber.group.welcome("live", cursor, self._limits.heartbeat))

    def _snapshot(self, subscriber: Subscriber, reset: str | None) -> None:
        assert subscriber.group is not None
        backlogs = subscriber.backlogs
        if reset is not None:
            # A client that keeps its own copy of the items has to correct it.
            backlogs = tuple(backlog or WHOLE for backlog in backlogs)
        self._write_snapshot(
            subscriber,
            subscriber.group.snapshot(self._lane(), backlogs, self._limits.heartbeat, reset),
        )

    def begin(self, subscriber: Subscriber, places: tuple[int, ...]) -> None:
        """Begin further subscriptions of a subscriber that has everything up to the lane's end.

        ``places`` are those of its group's parts.
        """
        group, lane, backlogs = subscriber.group, self._lane(), subscriber.backlogs
        assert group is not None
        empty = tuple(place for place in places if not backlogs[place])
        filled = tuple(place for place in places if backlogs[place])
        if empty:
            self._counters.welcomed("live")
            subscriber.hold(group.added(lane, self._limits.heartbeat, empty))
        if filled:
            self._counters.welcomed("snapshot")
            found = group.snapshot(lane, backlogs, self._limits.heartbeat, None, filled)
            self._write_snapshot(subscriber, found)
        else:
            self._up_to_date(subscriber)
            subscriber.write()

    def _write_snapshot(self, subscriber: Subscriber, found: Response) -> None:
        data, position, rest, _ = found
        if rest is None:
            self._up_to_date(subscriber)
            subscriber.write(data)
        else:
            self._write_and_go_on(subscriber, SendPages(position, rest), data)

    def _send_page(self, subscriber: Subscriber, position: StreamId, rest: Rest) -> None:
        """Write one page; the next one, or the events since ``position``, follow in a later turn.

        So a page delays nobody's event, and a slow client costs a page. The search for the items of
        a page may take several turns.
        """
        assert subscriber.group is not None
        lane = self._lane()
        if not lane.window.holds(position):
            self._reset(subscriber, "expired")
            return
        data, _, after, _ = subscriber.group.more(lane, position, rest)
        subscriber.charge(SNAPSHOT_ITEMS if data else SEARCH_COST)
        step = ReplayFrom(position, False) if after is None else SendPages(position, after)
        self._write_and_go_on(subscriber, step, data)

    def _write_and_go_on(self, subscriber: Subscriber, step: Step, data: bytes) -> None:
        self._registry.move(subscriber, CatchingUp(step))
        subscriber.write(data)
        self._soon(subscriber.client, lambda: self.serve(subscriber))

    def _resume(self, subscriber: Subscriber, cursor: Cursor) -> None:
        """Write the welcome and the first slice, which thousands may ask for at once."""
        assert subscriber.group is not None
        lane = self._lane()
        found = subscriber.group.resume(lane, cursor, self._limits.heartbeat)
        self._receipts.replayed(self._write_response(subscriber, lane, found, compacted=False))

    def _replay(self, subscriber: Subscriber, position: StreamId, compacted: bool) -> None:
        """Write one slice; the next one follows in a later turn of the loop."""
        self._receipts.replayed(self._write_slice(subscriber, position, compacted))

    def _follow(self, subscriber: Subscriber, position: StreamId) -> None:
        """Write a trailing subscriber what the lane has got since; it counts as live."""
        group = subscriber.group
        assert group is not None
        events = self._write_slice(subscriber, position, compacted=False)
        self._receipts.trailed(events, group.audience, isinstance(subscriber.state, Paused))

    def _write_slice(
        self, subscriber: Subscriber, position: StreamId, compacted: bool
    ) -> Sequence[StreamId]:
        """Return the events that are in it, none if the subscriber gets a reset instead."""
        assert subscriber.group is not None
        lane = self._lane()
        if not lane.window.holds(position):
            self._reset(subscriber, "expired")
            return ()
        found = subscriber.group.replay(lane, position, compacted)
        return self._write_response(subscriber, lane, found, compacted)

    def _write_response(
        self, subscriber: Subscriber, lane: Lane, found: Response, compacted: bool
    ) -> Sequence[StreamId]:
        data, end, _, events = found
        if end >= lane.position:
            self._up_to_date(subscriber)
            subscriber.write(data)
        else:
            self._write_and_go_on(subscriber, ReplayFrom(end, compacted), data)
        return events

    def _up_to_date(self, subscriber: Subscriber) -> None:
        """Note that the subscriber has, with the write that follows, everything in the lane."""
        crowd, group = subscriber.crowd, subscriber.group
        crowded = crowd is not Crowd.NONE and (
            crowd is Crowd.FOR_ALL or (group is not None and group.has_several_filters)
        )
        self._registry.move(subscriber, Trailing(self._lane().position) if crowded else LIVE)

    def _reset(self, subscriber: Subscriber, reason: str) -> None:
        self._counters.welcomed("reset", reason)
        self._snapshot(subscriber, reason)
