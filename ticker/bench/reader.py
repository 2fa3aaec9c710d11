"""One reader of a feed: a connection at a time, a cursor for ever. No task of its own."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from ticker.bench.ledger import LaneSpan, Position
from ticker.bench.parsers import EventStream, Message, NotTicker, Parser, WebSocket, pong

if TYPE_CHECKING:
    from ticker.bench.reader_group import ReaderGroup


class Closed(ConnectionError):
    """The server ended a connection; ``code`` is the close code, 0 if it said none."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


class Reader(asyncio.Protocol):
    """One reader: a connection at a time, a cursor for ever."""

    __slots__ = (
        "_code",
        "_crowd",
        "_parser",
        "_transport",
        "_why",
        "at",
        "back",
        "begun",
        "cursor",
        "live",
        "stretch",
        "welcomed",
    )

    def __init__(self, crowd: ReaderGroup) -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self._parser: Parser | None = None
        self._why = ""
        self._code = 0
        self.at: Position | None = None
        self.cursor: str | None = None
        self.stretch: LaneSpan | None = None
        self.live = False
        self.begun = 0.0
        self.back: float | None = None
        self.welcomed: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self._why, self._code = "", 0
        codec = self._crowd.codec
        ws = self._crowd.target.transport == "ws"
        self._parser = WebSocket(codec) if ws else EventStream(codec)
        self._transport.write(self._crowd.target.request(self.cursor))

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        assert self._parser is not None
        try:
            messages = self._parser.feed(data)
        except NotTicker as error:
            self._refused(error)
            return
        now = time.perf_counter()
        for message in messages:
            if message.kind == "item":
                self._item(message, now)
            else:
                self._other(message, now)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended."""
        self._transport = self._parser = None
        reason = self._why or (str(exc) if exc else "the connection was closed")
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(Closed(reason, self._code))
        if self.live:
            self._leave()
            self._crowd.dropped(self, reason)

    def drop(self) -> None:
        """Hang up without a word, as a train in a tunnel does."""
        self._leave()
        if self._transport is not None:
            self._transport.abort()

    @property
    def connected(self) -> bool:
        """Whether there is a connection, welcome or not."""
        return self._transport is not None

    def _leave(self) -> None:
        if self.live:
            self.live = False
            self._crowd.live -= 1

    def _item(self, message: Message, now: float) -> None:
        crowd, at = self._crowd, message.at
        assert at is not None
        if self.at is not None and at <= self.at:
            crowd.ledger.doubled += 1  # or out of order, which is no better
            return
        self.at, self.cursor = at, message.cursor
        event = message.event
        if event is None:
            event = crowd.ledger.event(at, message.item, message.headline, now)
            message.event = event
        crowd.ledger.arrived(event, now)
        if crowd.goal is not None and at >= crowd.goal and self.back is None and self.live:
            crowd.is_back(self, now)

    def _other(self, message: Message, now: float) -> None:
        match message.kind:
            case "welcome":
                self._welcome(message, now)
            case "snapshot":
                self.at, self.cursor = message.at, message.cursor
                assert message.at is not None
                self.stretch = self._crowd.ledger.begin(message.at)
            case "heartbeat":
                if self.at is None or (message.at is not None and message.at > self.at):
                    self.at, self.cursor = message.at, message.cursor
            case "ping" if self._transport is not None:
                self._transport.write(pong(message))
            case "error" | "goodbye":
                self._why = message.detail
            case "close":
                self._code = message.code
                self._why = self._why or f"closed with {message.code} {message.detail}".rstrip()
                if self._transport is not None:
                    self._transport.close()
            case _:
                pass

    def _welcome(self, message: Message, now: float) -> None:
        crowd = self._crowd
        if message.reset and self.stretch is not None:
            # What follows is a snapshot: the gap was announced, and this stretch ends before it.
            crowd.resets += 1
            self.stretch.end = self.at or message.at or self.stretch.begin
        elif message.mode == "live" and self.stretch is None:
            self.at, self.cursor = message.at, message.cursor
            assert message.at is not None
            self.stretch = crowd.ledger.begin(message.at)
        if not self.live:
            self.live = True
            crowd.live += 1
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_result(None)
            if not crowd.storming:
                crowd.connects.add(now - self.begun)
        goal = crowd.goal
        if self.back is None and (goal is None or (self.at is not None and self.at >= goal)):
            crowd.is_back(self, now)

    def _refused(self, error: NotTicker) -> None:
        self._why = str(error)
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(error)
        if self._transport is not None:
            self._transport.abort()
