"""A hub with readers whose network the test controls: no socket, no clock, no Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from tests.support.in_memory import EPOCH, TAXONOMY
from ticker.domain.cursor import Cursor
from ticker.gateway import subscription_group
from ticker.gateway.hub import Hub, Limits
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.subscriber import Subscriber
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Lane


class Pipe:
    """The part of a transport that the gateway uses. It pauses its protocol like asyncio does.

    With ``blocked`` the network takes nothing; more than ``high`` bytes then pause the protocol.
    """

    def __init__(self, client: Subscriber, high: int = 65_536) -> None:
        self.client = client
        self.high = high
        self.blocked = False
        self.paused = False
        self.aborted = False
        self.buffer = b""
        self.delivered = b""
        self.writes = 0

    def get_extra_info(self, name: str) -> None:
        """It has no socket: the hub then writes to the transport alone."""

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.buffer += data
        if not self.blocked:
            self.drain()
        elif len(self.buffer) > self.high and not self.paused:
            self.paused = True
            self.client.pause_writing()

    def drain(self) -> None:
        self.delivered += self.buffer
        self.buffer = b""
        if self.paused:
            self.paused = False
            self.client.resume_writing()

    def abort(self) -> None:
        self.aborted = True
        self.client.connection_lost(None)

    def close(self) -> None:
        self.abort()


class Screen(Subscriber):
    """A reader that keeps every message it got."""

    framing = staticmethod(subscription_group.ws)

    def __init__(self, hub: Hub, high: int = 65_536) -> None:
        super().__init__(hub)
        self.pipe = Pipe(self, high)
        self.transport = self.pipe  # type: ignore[assignment]  # the part that is used
        self.closed: CloseCode | None = None
        self._read = 0

    def finish(self, code: CloseCode, reason: str) -> None:
        self.closed = code

    def messages(self) -> list[dict[str, Any]]:
        """Return what has been delivered since the last call."""
        found = []
        data = self.pipe.delivered
        while self._read < len(data):
            size, head = data[self._read + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[self._read + 2 : self._read + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[self._read + 2 : self._read + 10], "big"), 10
            start = self._read + head
            found.append(orjson.loads(data[start : start + size]))
            self._read = start + size
        return found


class Desk:
    """A hub at the start of an epoch, a clock that only ``pass_time`` moves, and callbacks."""

    def __init__(self, capacity: int = 1_000, **limits: Any) -> None:
        self.now = 0.0
        self.later: list[Callable[[], None]] = []
        self.reader = QueryParser(TAXONOMY)
        self.hub = Hub(Lane(capacity, EPOCH), Limits(**limits), lambda: self.now, self.later.append)

    def connect(self, query: str = "", high: int = 65_536) -> Screen:
        screen = Screen(self.hub, high)
        self.hub.join(screen, self.reader.from_query(query))
        self.settle()
        return screen

    def settle(self) -> None:
        """Run what was put off to a later turn, until nothing is."""
        while self.later:
            self.later.pop(0)()

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.hub.tick()
            self.settle()

    def cursor(self) -> str:
        return str(Cursor(self.hub.lane.epoch, self.hub.lane.position))
