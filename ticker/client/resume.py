"""The resume state machine: messages and closes in, events and verdicts out. No I/O, no clock.

One ``Resume`` lives as long as the feed, across all its connections. It knows the cursor of the
last event it gave out and nothing else can move that cursor, so an event is given out once: what
is not after it is a repeat, what comes from another epoch must be announced as a reset.

The server promises the same (PROTOCOL.md §2); this is the belt to its braces. Cursors are opaque to
readers (§3), and this client too works with cursors that it cannot read, from a newer server: then
it trusts the promise and only drops what repeats the last cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ticker.client.backoff import Backoff
from ticker.client.errors import Misunderstood, Stopped
from ticker.client.events import Event, Item, ItemEvent, Mode, Snapshot
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadCursor

DEFAULT_HEARTBEAT = 25.0
SILENCE_MARGIN = 5.0
"""Seconds beyond two heartbeats before a silent link counts as dead."""
PERMANENT = range(4400, 4500)
"""Close codes that say: do not come back (PROTOCOL.md, close codes)."""
MAX_GARBLED = 3
"""Connections in a row that break the protocol before the feed gives up: a proxy's page or a
message that this client cannot read comes back unchanged at every attempt."""

# Answers to the upgrade that a later attempt may change: a proxy without a live server, a limit.
_TEMPORARY_STATUS = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Retry:
    """Connect again after ``delay`` seconds; ``failures`` counts since a connection that lasted."""

    delay: float
    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Do not connect again; raise ``error``."""

    error: Stopped | Misunderstood


Verdict: TypeAlias = Retry | Stop


class Resume:
    """Where a feed stands, and what every message and every lost connection means for it."""

    def __init__(self, after: str | None, backlog: int, backoff: Backoff) -> None:
        self.cursor = after
        self.heartbeat = DEFAULT_HEARTBEAT
        self._position = _parse(after)
        self._backlog = backlog
        self._backoff = backoff
        self._welcome: _Welcome | None = None
        self._goodbye: tuple[float, str] | None = None
        self._error: tuple[str, str] | None = None
        self._garbled = 0

    @property
    def welcomed(self) -> bool:
        """Whether the current connection has said welcome."""
        return self._welcome is not None

    @property
    def silence_limit(self) -> float:
        """Seconds without any message after which the link is dead."""
        return 2 * self.heartbeat + SILENCE_MARGIN

    def connecting(self) -> list[tuple[str, str]]:
        """Start a connection: return the query parameters that say where to resume."""
        self._welcome = None
        self._goodbye = None
        self._error = None
        backlog = ("backlog", str(self._backlog))
        return [backlog] if self.cursor is None else [("after", self.cursor), backlog]

    def receive(self, message: Mapping[str, Any]) -> Event | None:
        """Take one message in; return the event for the caller, or None if it holds none.

        Raises Misunderstood when the server breaks the protocol; drop the connection then, and ask
        ``garbled`` what to do. Unknown types are ignored, so that the protocol can grow.
        """
        try:
            return self._receive(message)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Misunderstood(f"a message of the feed cannot be read: {error!r}") from error

    def _receive(self, message: Mapping[str, Any]) -> Event | None:
        match message["type"]:
            case "welcome":
                self._on_welcome(message)
            case "snapshot":
                return self._on_snapshot(message)
            case "item":
                return self._on_item(message)
            case "heartbeat":
                self._advance(_text(message["cursor"]))
            case "goodbye":
                delay = float(message.get("delay_ms") or 0) / 1000
                self._goodbye = (delay, str(message.get("reason") or "goodbye"))
            case "error":
                self._error = (str(message["code"]), str(message["message"]))
            case _:
                pass
        return None

    def closed(self, code: int | None, reason: str = "") -> Verdict:
        """Say what the end of a connection means.

        ``code`` is the close code; None if there was none: refused, reset, silent, garbled.
        """
        name, detail = self._error or ("closed", reason)
        if code is not None and code in PERMANENT:
            return Stop(Stopped(code, name, detail or "no reason given"))
        if self._goodbye is not None:
            delay, reason = self._goodbye
            return self._retry(reason, ordered=delay)
        if self._error is not None:
            reason = f"{name}: {detail}"
        elif code is not None and not reason:
            reason = f"closed with {code}"
        return self._retry(reason)

    def garbled(self, error: Misunderstood) -> Verdict:
        """Say what follows from a message that broke the protocol: another try, or the end."""
        self._garbled += 1
        if self._garbled >= MAX_GARBLED:
            return Stop(error)
        return self._retry(error.detail)

    def refused(self, status: int, detail: str, retry_after: float | None = None) -> Verdict:
        """Say what an HTTP answer other than 101 to the upgrade means."""
        if 400 <= status < 500 and status not in _TEMPORARY_STATUS:
            return Stop(Stopped(status, "http", detail))
        return self._retry(f"HTTP {status}", ordered=retry_after)

    def _retry(self, reason: str, ordered: float | None = None) -> Retry:
        delay = self._backoff.failed(ordered)
        return Retry(delay, self._backoff.failures, reason or "connection lost")

    def _on_welcome(self, message: Mapping[str, Any]) -> None:
        mode: Mode = message["mode"]
        if mode not in ("snapshot", "replay", "live"):
            raise ValueError(f"unknown mode {mode!r}")
        cursor = _text(message["cursor"])
        heartbeat = message.get("heartbeat")
        self.heartbeat = max(1.0, float(DEFAULT_HEARTBEAT if heartbeat is None else heartbeat))
        self._welcome = _Welcome(mode, bool(message.get("reset")), message.get("reason"))
        self._backoff.welcomed()
        # "live" says that nothing was missed up to here. In "replay" the events are still to come,
        # and a snapshot brings its own cursor.
        if mode == "live":
            self._advance(cursor)

    def _on_snapshot(self, message: Mapping[str, Any]) -> Snapshot:
        welcome = self._required_welcome()
        if welcome.mode != "snapshot":
            raise ValueError(f"a snapshot in mode {welcome.mode}")
        items = tuple(Item.read(item) for item in message["items"])
        # A snapshot for a reader that had a position is a reset whatever the server calls it.
        reset = welcome.reset or self.cursor is not None
        self.cursor = _text(message["cursor"])
        self._position = _parse(self.cursor)
        self._welcome = _Welcome("live", False, None)
        self._garbled = 0
        return Snapshot(items, self.cursor, reset, welcome.reason)

    def _on_item(self, message: Mapping[str, Any]) -> ItemEvent | None:
        welcome = self._required_welcome()
        if welcome.mode == "snapshot":
            raise ValueError("an item before the snapshot")
        cursor = _text(message["cursor"])
        event = ItemEvent(str(message["action"]), Item.read(message["item"]), cursor)
        return event if self._advance(cursor) else None

    def _required_welcome(self) -> _Welcome:
        if self._welcome is None:
            raise ValueError("no welcome yet")
        return self._welcome

    def _advance(self, cursor: str) -> bool:
        """Move on to ``cursor``; return False if it is not after the position."""
        if cursor == self.cursor:
            return False
        position = _parse(cursor)
        if position is not None and self._position is not None:
            if position.epoch != self._position.epoch:
                raise ValueError("another epoch without a reset")
            if position.id <= self._position.id:
                return False
        self._position = position
        self.cursor = cursor
        self._garbled = 0
        return True


@dataclass(frozen=True, slots=True)
class _Welcome:
    mode: Mode
    reset: bool
    reason: str | None


def _parse(cursor: str | None) -> Cursor | None:
    # What cannot be read is for the server to judge: a newer format, or the caller's invention.
    try:
        return None if cursor is None else Cursor.parse(cursor)
    except BadCursor:
        return None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"not a cursor: {value!r}")
    return value
