"""A hub with subscribers whose network the test controls: no socket, no clock, no Redis."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from tests.support.in_memory import EPOCH, TAXONOMY
from ticker.domain.cursor import Cursor
from ticker.gateway.deflate import WINDOW_BITS
from ticker.gateway.framing import Framing, chained_framing, websocket_framing
from ticker.gateway.hub import Hub
from ticker.gateway.limits import Limits
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import CatchingUp, ReplayFrom, State
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Lane


class FakeTransport:
    """The part of a transport that the gateway uses. It pauses its protocol like asyncio does.

    While ``blocked`` the network takes nothing; more than ``high`` bytes then pause the protocol.
    """

    def __init__(self, subscriber: Subscriber, high: int = 65_536) -> None:
        self.subscriber = subscriber
        self.high = high
        self.blocked = False
        self.paused = False
        self.aborted = False
        self.buffer = b""
        self.delivered = b""
        self.writes = 0
        self.last: list[bytes] = []
        """What the last write has handed over."""

    def get_extra_info(self, name: str) -> None:
        """Return None: without a socket, fan-out writes to the transport."""

    def get_write_buffer_size(self) -> int:
        return len(self.buffer)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Write all in one call."""
        pieces = list(pieces)
        self.write(b"".join(pieces))
        self.last = pieces

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.last = [data]
        self.buffer += data
        if not self.blocked:
            self.drain()
        elif len(self.buffer) > self.high and not self.paused:
            self.paused = True
            self.subscriber.pause_writing()

    def drain(self) -> None:
        self.delivered += self.buffer
        self.buffer = b""
        if self.paused:
            self.paused = False
            self.subscriber.resume_writing()

    def abort(self) -> None:
        self.aborted = True
        self.subscriber.connection_lost(None)

    def close(self) -> None:
        self.abort()


class FakeSubscriber(Subscriber):
    """A subscriber that keeps every message it got."""

    compacted = False
    """Whether it was given a compacted replay after a pause."""

    def __init__(self, hub: Hub, high: int = 65_536, framing: Framing = websocket_framing) -> None:
        super().__init__(hub, framing)
        self.network = FakeTransport(self, high)
        self.transport = self.network  # type: ignore[assignment]  # the part that is used
        self.closed: CloseCode | None = None
        self.seen: list[dict[str, Any]] = []
        """Every message that ``messages`` has returned."""
        self._context = zlib.decompressobj(-WINDOW_BITS)
        self.compressed = 0
        """Messages that were compressed."""
        self._read = 0

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "state":
            self._note(value)
        super().__setattr__(name, value)

    def _note(self, state: State) -> None:
        match state:
            case CatchingUp(ReplayFrom(_, compacted)):
                self.compacted = self.compacted or compacted
            case _:
                pass

    def finish(self, code: CloseCode, reason: str) -> None:
        self.closed = code

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages delivered since the last call."""
        found = []
        data = self.network.delivered
        while self._read < len(data):
            size, head = data[self._read + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[self._read + 2 : self._read + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[self._read + 2 : self._read + 10], "big"), 10
            start = self._read + head
            payload = data[start : start + size]
            if data[self._read] & 0x40:  # RSV1: compressed (RFC 7692)
                self.compressed += 1
                if self.framing is not chained_framing:
                    self._context = zlib.decompressobj(-WINDOW_BITS)
                payload = self._context.decompress(payload + b"\x00\x00\xff\xff")
            found.append(orjson.loads(payload))
            self._read = start + size
        self.seen += found
        return found


class HubHarness:
    """A hub at the start of an epoch, a clock that only ``pass_time`` moves, and callbacks."""

    def __init__(self, capacity: int = 1_000, **limits: Any) -> None:
        self.now = 0.0
        self.later: list[Callable[[], None]] = []
        self.query_parser = QueryParser(TAXONOMY)
        lane, bounds = Lane(capacity, EPOCH), Limits(**limits)
        self.hub = Hub(
            lane, bounds, lambda: self.now, lambda _, callback: self.later.append(callback)
        )

    def connect(
        self, query: str = "", high: int = 65_536, framing: Framing = websocket_framing
    ) -> FakeSubscriber:
        subscriber = FakeSubscriber(self.hub, high, framing)
        self.subscribe(subscriber, query)
        self.settle()
        return subscriber

    def subscribe(self, subscriber: Subscriber, query: str) -> None:
        self.hub.join(subscriber, self.query_parser.from_query(query))

    def settle(self) -> None:
        """Run the callbacks that were put off to a later turn, until there are none."""
        while self.later:
            self.later.pop(0)()

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.hub.tick()
            self.settle()

    def say_end(self) -> None:
        """Say as Redis that the lane ends where the hub is."""
        self.hub.lane_end.say(self.hub.lane.cursor, self.now)

    def cursor(self) -> str:
        return str(Cursor(self.hub.lane.epoch, self.hub.lane.position))
