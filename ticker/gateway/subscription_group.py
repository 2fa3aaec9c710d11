"""Readers with equal filters on the same transport: matched once, encoded once, written to each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Filter
from ticker.gateway.response_cache import Piece, ResponseCache
from ticker.stream import frames
from ticker.stream.replay import Lane
from ticker.stream.window import compact, visible

if TYPE_CHECKING:
    from ticker.gateway.subscriber import Subscriber

SLICE = 65_536
"""Bytes of one catch-up write, about; what a reader that fell behind costs besides its buffer."""
CHUNK = 1_000
"""Events looked at for one slice; compaction sees this far, so that a slice costs a constant."""

Framing: TypeAlias = Callable[[str, bytes, "str | None"], bytes]
"""Type, JSON and cursor of a message in; bytes for the transport out."""


def ws(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Frame for WebSocket, where the JSON says everything."""
    return frames.ws_text(payload)


def sse(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Frame for an event stream, whose ``id`` is what the browser sends when it comes back."""
    return frames.sse(kind, payload, cursor)


class SubscriptionGroup:
    """One filter on one transport. ``live``: who is up to date and writable.

    They are written to on their own sockets. A transport closes its socket only after it has told
    the protocol (``connection_lost``), which takes the reader out of here, so none is stale.
    """

    __slots__ = ("_sends", "_shelf", "filter", "framing", "live", "members")

    def __init__(self, filter: Filter, framing: Framing, shelf: ResponseCache) -> None:
        self.filter = filter
        self.framing = framing
        self.members = 0
        self.live: dict[Subscriber, None] = {}
        self._sends: list[Callable[[bytes], int]] | None = None
        self._shelf = shelf

    def enter(self, client: Subscriber) -> None:
        """Count ``client`` among the live."""
        self.live[client] = None
        self._sends = None

    def leave(self, client: Subscriber) -> bool:
        """Take ``client`` out of the live; return whether it was there."""
        if client not in self.live:
            return False
        del self.live[client]
        self._sends = None
        return True

    def sends(self) -> list[Callable[[bytes], int]]:
        """Return what sends to each live reader."""
        if self._sends is None:
            self._sends = [client.direct() for client in self.live]
        return self._sends

    def greeting(self, mode: str, cursor: str, heartbeat: int) -> bytes:
        """Return the welcome of a subscription that starts without a snapshot."""
        return self.framing("welcome", frames.welcome(mode, cursor, heartbeat), cursor)

    def snapshot(self, lane: Lane, backlog: int, heartbeat: int, reset: str | None) -> bytes:
        """Return a welcome and a snapshot in one piece; the same bytes until the next event."""
        key = (self, backlog, reset)
        found = self._shelf.get(lane.stamp, key)
        if found is None:
            cursor = str(lane.cursor)
            items = [event.item for event in lane.current_items.select(self.filter, backlog)]
            data = self.framing(
                "welcome", frames.welcome("snapshot", cursor, heartbeat, reset), None
            ) + self.framing("snapshot", frames.snapshot(cursor, items), cursor)
            found = data, lane.position
            self._keep(key, found)
        return found[0]

    def replay(self, lane: Lane, position: StreamId, compacted: bool) -> tuple[bytes, StreamId]:
        """Return the next slice after ``position`` and the position that it brings a reader to.

        ``compacted`` gives the last version of each item only, for a reader that fell behind.
        """
        key = (self, position, compacted)
        found = self._shelf.get(lane.stamp, key)
        if found is None:
            found = self._slice(lane, position, compacted)
            self._keep(key, found)
        return found

    def _keep(self, key: Hashable, piece: Piece) -> None:
        # A reader alone with its filter shares nothing, and shall push nothing off the shelf.
        if self.members > 1:
            self._shelf.put(key, piece)

    def _slice(self, lane: Lane, position: StreamId, compacted: bool) -> tuple[bytes, StreamId]:
        missed = lane.window.after(position, CHUNK)
        end = lane.position if len(missed) < CHUNK else missed[-1].id
        messages: Iterable[tuple[StreamId, bytes]]
        if compacted:
            messages = compact(missed, self.filter)
        else:
            messages = (
                (event.id, message)
                for event in missed
                if (message := visible(event, self.filter)) is not None
            )
        parts: list[bytes] = []
        size = 0
        for id, message in messages:
            if size >= SLICE:
                return b"".join(parts), position
            parts.append(self.framing("item", message, str(Cursor(lane.epoch, id))))
            size += len(parts[-1])
            position = id
        return b"".join(parts), end
