"""The decisions of every feed after each message and each lost connection. No I/O, no clock.

One state lives as long as the feed, across all its connections. It knows the cursor of the last
event that it returned, so it returns each event once: an event that is not after that cursor is a
repeat, and an event of an earlier epoch is an error unless a reset was announced.

The server gives the same guarantee (PROTOCOL.md §2); this checks it again. Cursors are opaque to
readers (§3). If a newer server sends cursors that this client cannot parse, the client trusts the
server and drops only an event that repeats the last cursor.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from ticker.client.backoff import Backoff
from ticker.client.errors import FeedRefused, ProtocolError
from ticker.client.events import Mode
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadCursor

DEFAULT_HEARTBEAT = 25.0
SILENCE_MARGIN = 5.0
"""Seconds beyond two heartbeats after which a silent connection counts as dead."""
PERMANENT = range(4400, 4500)
"""Close codes after which the client must not reconnect (PROTOCOL.md, close codes)."""
MAX_ITEMS = 200_000
"""Items of a snapshot in pages; a server has half as many at most."""
MAX_PROTOCOL_ERRORS = 3
"""Connections in a row with a protocol error before the feed gives up: a proxy's page, or a message
that this client cannot read, would come back at every attempt."""

TOKEN_REFUSED = 4401
"""Close code after which a client with a new token may reconnect once."""

# Client errors of the upgrade request after which a later attempt may succeed.
_TEMPORARY_STATUS = frozenset({408, 425, 429})

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Retry:
    """Reconnect after ``delay`` seconds; ``failures`` counts since the last stable connection."""

    delay: float
    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Do not reconnect; raise ``error``."""

    error: FeedRefused | ProtocolError


Decision: TypeAlias = Retry | Stop
Backlog: TypeAlias = int | Literal["all"]
"""The most items in a snapshot, up to 200, or all of them."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server's answer; ``subs`` are the ids of the subscriptions that it concerns."""

    mode: Mode
    reset: bool
    reason: str | None
    subs: frozenset[int] = frozenset()


class ConnectionState(ABC, Generic[E]):
    """A feed's position, and the decisions after each message and each lost connection."""

    def __init__(self, after: str | None, backoff: Backoff, renews: bool = False) -> None:
        """``renews``: each connection has a new token (PROTOCOL.md §6)."""
        self.cursor = after
        self._renews = renews
        self._renewed = False
        """Whether a token was refused since the last welcome."""
        self.heartbeat = DEFAULT_HEARTBEAT
        self._position = position_of(after)
        self._backoff = backoff
        self._established = False
        """Whether the server was ever reached: its address is right."""
        self._welcome: Welcome | None = None
        self._goodbye: tuple[float, str] | None = None
        self._error: tuple[str, str] | None = None
        self._protocol_errors = 0

    @property
    def welcomed(self) -> bool:
        """Whether the server has sent ``welcome`` on the current connection."""
        return self._welcome is not None

    @property
    def silence_limit(self) -> float:
        """Seconds without any message after which the connection counts as dead."""
        return 2 * self.heartbeat + SILENCE_MARGIN

    @property
    def ended(self) -> bool:
        """Whether there is nothing to follow."""
        return False

    def connecting(self) -> list[tuple[str, str]]:
        """Begin a new connection and return its query parameters."""
        self._welcome = None
        self._goodbye = None
        self._error = None
        return self._query()

    def change(self, now: float) -> Mapping[str, Any] | float | None:
        """Return the next message to send, or the time when there is one, or None.

        ``now`` and that time are in seconds. A message that was returned counts as sent.
        """
        return None

    def receive(self, message: Mapping[str, Any]) -> E | None:
        """Process one message; return its event, or None if it has none for the caller.

        Raises ProtocolError for a message that violates the protocol: the caller must then close
        the connection and call ``protocol_error``. Unknown types are ignored, so that the protocol
        can grow.
        """
        try:
            return self._receive(message)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProtocolError(f"a message of the feed cannot be read: {error!r}") from error

    def _receive(self, message: Mapping[str, Any]) -> E | None:
        match message["type"]:
            case "welcome":
                self._on_welcome(message)
            case "snapshot" | "page" as kind:
                return self._on_snapshot(message, is_page=kind == "page")
            case "item":
                return self._on_item(message)
            case "heartbeat":
                self._advance(text(message["cursor"]))
            case "goodbye":
                delay = float(message.get("delay_ms") or 0) / 1000
                self._goodbye = (delay, str(message.get("reason") or "goodbye"))
                if message.get("retry_ms") is not None:
                    self._backoff.expect(float(message["retry_ms"]) / 1000)
            case "error":
                self._error = (str(message["code"]), str(message["message"]))
            case _:
                pass
        return None

    def closed(self, code: int | None, reason: str = "") -> Decision:
        """Return the decision after the end of a connection.

        ``code`` is the close code, or None without one (connection refused, reset or silent).
        """
        name, detail = self._error or ("closed", reason)
        if code == TOKEN_REFUSED and self._renews and not self._renewed:
            self._renewed = True
            return self._retry(f"{name}: {detail}")
        if code is not None and code in PERMANENT:
            return Stop(FeedRefused(code, name, detail or "no reason given"))
        if self._goodbye is not None:
            delay, reason = self._goodbye
            return self._retry(reason, ordered=delay)
        if self._error is not None:
            reason = f"{name}: {detail}"
        elif code is not None and not reason:
            reason = f"closed with {code}"
        return self._retry(reason)

    def protocol_error(self, error: ProtocolError) -> Decision:
        """Return the decision after a message that violated the protocol."""
        self._protocol_errors += 1
        if self._protocol_errors >= MAX_PROTOCOL_ERRORS:
            return Stop(error)
        return self._retry(error.detail)

    def refused(self, status: int, detail: str, retry_after: float | None = None) -> Decision:
        """Return the decision after an HTTP response other than 101 to the upgrade request.

        Before the first welcome it may be the wrong address; after it a proxy is in the way, which
        has no way to the server for now.
        """
        if not self._established and 400 <= status < 500 and status not in _TEMPORARY_STATUS:
            return Stop(FeedRefused(status, "http", detail))
        return self._retry(f"HTTP {status}", ordered=retry_after)

    @abstractmethod
    def _query(self) -> list[tuple[str, str]]:
        """Return the query parameters of a new connection."""

    @abstractmethod
    def _on_snapshot(self, message: Mapping[str, Any], is_page: bool) -> E | None:
        """Process a snapshot or one of its pages."""

    @abstractmethod
    def _on_item(self, message: Mapping[str, Any]) -> E | None:
        """Process an event."""

    def _retry(self, reason: str, ordered: float | None = None) -> Retry:
        delay = self._backoff.failed(ordered)
        return Retry(delay, self._backoff.failures, reason or "connection lost")

    def _on_welcome(self, message: Mapping[str, Any]) -> None:
        mode: Mode = message["mode"]
        if mode not in ("snapshot", "replay", "live"):
            raise ValueError(f"unknown mode {mode!r}")
        cursor = text(message["cursor"])
        heartbeat = message.get("heartbeat")
        self.heartbeat = max(1.0, float(DEFAULT_HEARTBEAT if heartbeat is None else heartbeat))
        subs = frozenset(message.get("subs") or ())
        self._welcome = Welcome(mode, bool(message.get("reset")), message.get("reason"), subs)
        self._established = True
        self._renewed = False
        self._backoff.welcomed()
        # In mode "live" nothing was missed up to this cursor. In mode "replay" the events follow,
        # and a snapshot has its own cursor.
        if mode == "live":
            self._advance(cursor)

    def _required_welcome(self) -> Welcome:
        if self._welcome is None:
            raise ValueError("no welcome yet")
        return self._welcome

    def _move(self, cursor: str) -> None:
        """Move the position to ``cursor`` of a snapshot, wherever that is."""
        self.cursor = cursor
        self._position = position_of(cursor)
        self._protocol_errors = 0

    def _advance(self, cursor: str) -> bool:
        """Move the position to ``cursor``; return False if it is not after the position."""
        if cursor == self.cursor:
            return False
        position = position_of(cursor)
        if position is not None and self._position is not None:
            if position.epoch < self._position.epoch:
                raise ValueError("an earlier epoch without a reset")
            if position.epoch == self._position.epoch and position.id <= self._position.id:
                return False
        self._position = position
        self.cursor = cursor
        self._protocol_errors = 0
        return True


def position_of(cursor: str | None) -> Cursor | None:
    """Return the parsed cursor; None for one of a newer format, which the server validates."""
    try:
        return None if cursor is None else Cursor.parse(cursor)
    except BadCursor:
        return None


def text(value: object) -> str:
    """Return ``value`` if it can be a cursor. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"not a cursor: {value!r}")
    return value
