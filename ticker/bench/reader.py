"""One reader of a feed: a connection at a time, and a cursor for as long as the run lasts."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ticker.bench.latencies import Latencies
from ticker.bench.ledger import LaneSpan, Ledger, Position
from ticker.bench.load import Connection
from ticker.bench.parsers import (
    EventStream,
    Message,
    MessageCache,
    NotTicker,
    Parser,
    WebSocket,
    pong,
)
from ticker.bench.target import Target


class Closed(ConnectionError):
    """The server ended a connection; ``code`` is the close code, 0 if it gave none."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


class Run(Protocol):
    """The run that a reader takes part in: what all readers share, and what one reports."""

    target: Target
    ledger: Ledger
    cache: MessageCache
    connects: Latencies
    goal: Position | None
    live: int
    resets: int

    @property
    def storming(self) -> bool:
        """Return whether all readers are coming back just now."""

    def send(self, reader: Reader, data: bytes) -> None:
        """Send a few bytes over the reader's connection."""

    def end(self, reader: Reader) -> None:
        """Close the reader's connection."""

    def is_back(self, reader: Reader, now: float) -> None:
        """Note that a reader has everything that it missed."""

    def dropped(self, reader: Reader, reason: str) -> None:
        """Note that a reader lost its connection."""


class Reader(Connection):
    """One reader. Times are seconds of ``time.perf_counter``."""

    __slots__ = (
        "_code",
        "_parser",
        "_run",
        "_why",
        "at",
        "back",
        "begun",
        "cursor",
        "live",
        "span",
        "welcomed",
    )

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._parser: Parser = WebSocket(run.cache)
        self._why = ""
        self._code = 0
        self.at: Position | None = None
        self.cursor: str | None = None
        self.span: LaneSpan | None = None
        self.live = False
        self.begun = 0.0
        self.back: float | None = None
        self.welcomed: asyncio.Future[None] | None = None

    def request(self) -> bytes:
        """Return the request for the feed, behind the cursor if there is one."""
        self._why, self._code = "", 0
        cache = self._run.cache
        ws = self._run.target.transport == "ws"
        self._parser = WebSocket(cache) if ws else EventStream(cache)
        return self._run.target.request(self.cursor)

    def received(self, data: bytes, now: float) -> None:
        """Count what arrived."""
        try:
            messages = self._parser.feed(data)
        except NotTicker as error:
            self._refused(error)
            return
        for message in messages:
            if message.kind == "item":
                self._item(message, now)
            else:
                self._other(message, now)

    def lost(self, reason: str) -> None:
        """Note how the connection ended."""
        reason = self._why or reason
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(Closed(reason, self._code))
        if self.live:
            self._leave()
            self._run.dropped(self, reason)

    def drop(self) -> None:
        """Hang up without a word, as a phone in a tunnel does."""
        self._leave()
        self._run.end(self)

    def _leave(self) -> None:
        if self.live:
            self.live = False
            self._run.live -= 1

    def _item(self, message: Message, now: float) -> None:
        run, at = self._run, message.at
        assert at is not None
        if self.at is not None and at <= self.at:
            run.ledger.doubled += 1  # or out of order, which is no better
            return
        self.at, self.cursor = at, message.cursor
        event = message.event
        if event is None:
            event = run.ledger.event(at, message.item, message.headline, now)
            message.event = event
        run.ledger.arrived(event, now)
        if run.goal is not None and at >= run.goal and self.back is None and self.live:
            run.is_back(self, now)

    def _other(self, message: Message, now: float) -> None:
        match message.kind:
            case "welcome":
                self._welcome(message, now)
            case "snapshot":
                self.at, self.cursor = message.at, message.cursor
                assert message.at is not None
                self.span = self._run.ledger.begin(message.at)
            case "heartbeat":
                if self.at is None or (message.at is not None and message.at > self.at):
                    self.at, self.cursor = message.at, message.cursor
            case "ping":
                self._run.send(self, pong(message))
            case "error" | "goodbye":
                self._why = message.detail
            case "close":
                self._code = message.code
                self._run.end(self)
                self.lost(f"closed with {message.code} {message.detail}".rstrip())
            case _:
                pass

    def _welcome(self, message: Message, now: float) -> None:
        run = self._run
        if message.reset and self.span is not None:
            # What follows is a snapshot: the gap was announced, and this span ends before it.
            run.resets += 1
            self.span.end = self.at or message.at or self.span.begin
        elif message.mode == "live" and self.span is None:
            self.at, self.cursor = message.at, message.cursor
            assert message.at is not None
            self.span = run.ledger.begin(message.at)
        if not self.live:
            self.live = True
            run.live += 1
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_result(None)
            if not run.storming:
                run.connects.add(now - self.begun)
        goal = run.goal
        if self.back is None and (goal is None or (self.at is not None and self.at >= goal)):
            run.is_back(self, now)

    def _refused(self, error: NotTicker) -> None:
        self._why = str(error)
        if self.welcomed is not None and not self.welcomed.done():
            self.welcomed.set_exception(error)
        self._run.end(self)
        self.lost(str(error))
