"""Heartbeats, lag limits and close timeouts: everything that one tick of the clock does."""

from __future__ import annotations

from ticker.domain.cursor import StreamId
from ticker.domain.timeline import Timeline
from ticker.gateway.framing import Framing
from ticker.gateway.heartbeat_wheel import HeartbeatWheel
from ticker.gateway.subscriber_registry import SubscriberRegistry
from ticker.gateway.subscriber_state import Closing, Paused
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode


class Timers:
    """Acts on every subscriber whose time has come."""

    def __init__(
        self,
        registry: SubscriberRegistry,
        wheel: HeartbeatWheel,
        lag_limit: float,
        unread: int,
    ) -> None:
        """``lag_limit`` is the seconds that a subscriber may stay paused.

        ``unread`` is the bytes that all paused ones may leave unread.
        """
        self._registry = registry
        self._wheel = wheel
        self._lag_limit = lag_limit
        self._unread = unread

    def tick(self, now: float, timeline: Timeline, end: StreamId) -> None:
        """Send the heartbeats that are due, and close what has timed out.

        ``end`` is the end of the lane, which has ``timeline``.
        """
        self._send_heartbeats(timeline, end)
        paused = [one for one in self._registry.behind if isinstance(one.state, Paused)]
        over = sum(one.transport.get_write_buffer_size() for one in paused) - self._unread
        for subscriber in paused:  # about in the order in which they were paused
            state = subscriber.state
            if over > 0:
                over -= subscriber.transport.get_write_buffer_size()
                subscriber.close(CloseCode.LAGGING, "lagging")
                subscriber.transport.abort()
            elif isinstance(state, Paused) and now - state.since > self._lag_limit:
                subscriber.close(CloseCode.LAGGING, "lagging")
        for subscriber in tuple(self._registry.closing):
            state = subscriber.state
            if isinstance(state, Closing) and now >= state.deadline:
                subscriber.transport.abort()

    def _send_heartbeats(self, timeline: Timeline, end: StreamId) -> None:
        framed: dict[tuple[Framing, StreamId], bytes] = {}
        for subscriber in self._wheel.turn():
            position = subscriber.reached(end)
            if position is not None:
                key = subscriber.framing, position
                data = framed.get(key)
                if data is None:
                    cursor = str(timeline.cursor(position))
                    data = framed[key] = key[0]("heartbeat", frames.heartbeat(cursor), cursor)
                subscriber.write(data)
