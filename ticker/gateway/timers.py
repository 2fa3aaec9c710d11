"""Heartbeats, lag limits and close timeouts: everything that one tick of the clock does."""

from __future__ import annotations

from ticker.domain.cursor import Cursor
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
    ) -> None:
        """``lag_limit`` is the seconds that a subscriber may stay paused."""
        self._registry = registry
        self._wheel = wheel
        self._lag_limit = lag_limit

    def tick(self, now: float, cursor: Cursor) -> None:
        """Send the heartbeats that are due, with ``cursor``, and close what has timed out."""
        self._send_heartbeats(str(cursor))
        for subscriber in tuple(self._registry.behind):
            state = subscriber.state
            if isinstance(state, Paused) and now - state.since > self._lag_limit:
                subscriber.close(CloseCode.LAGGING, "lagging")
        for subscriber in tuple(self._registry.closing):
            state = subscriber.state
            if isinstance(state, Closing) and now >= state.deadline:
                subscriber.transport.abort()

    def _send_heartbeats(self, cursor: str) -> None:
        message = frames.heartbeat(cursor)
        framed: dict[Framing, bytes] = {}
        for subscriber in self._wheel.turn():
            if subscriber.live:
                framing = type(subscriber).framing
                data = framed.get(framing)
                if data is None:
                    data = framed[framing] = framing("heartbeat", message, cursor)
                subscriber.write(data)
