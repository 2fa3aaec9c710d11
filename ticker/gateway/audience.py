"""Readers with equal filters on the same transport: matched once, encoded once, written to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from typing import TYPE_CHECKING, TypeAlias

from ticker.core import frames
from ticker.core.cursor import Cursor, StreamId
from ticker.core.filter import Filter
from ticker.core.lane import Lane
from ticker.core.window import compact, visible

if TYPE_CHECKING:
    from ticker.gateway.client import Client

SLICE = 65_536
"""Bytes of one catch-up write, about; what a reader that fell behind costs besides its buffer."""
CHUNK = 1_000
"""Events looked at for one slice; compaction sees this far, so that a slice costs a constant."""
CACHED = 16
"""Snapshots, and replays, kept per audience until the next event: a storm asks for few."""

Framing: TypeAlias = Callable[[str, bytes, "str | None"], bytes]
"""Type, JSON and cursor of a message in; bytes for the transport out."""


def ws(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Frame for WebSocket, where the JSON says everything."""
    return frames.ws_text(payload)


def sse(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Frame for an event stream, whose ``id`` is what the browser sends when it comes back."""
    return frames.sse(kind, payload, cursor)


class Audience:
    """One filter on one transport. ``live``: who is up to date and writable.

    The values send to the reader's socket and return how many bytes it took. A transport closes
    its socket only after it has told the protocol (``connection_lost``), which takes the reader out
    of here, so none of them is stale.
    """

    __slots__ = ("_replays", "_snapshots", "_stamp", "filter", "framing", "live", "members")

    def __init__(self, filter: Filter, framing: Framing) -> None:
        self.filter = filter
        self.framing = framing
        self.members = 0
        self.live: dict[Client, Callable[[bytes], int]] = {}
        self._stamp: object = None
        self._snapshots: dict[tuple[int, str | None], bytes] = {}
        self._replays: dict[tuple[StreamId, bool], tuple[bytes, StreamId]] = {}

    def write(self, data: bytes) -> None:
        """Write ``data`` to every live reader; one that cannot take all of it leaves ``live``.

        A live reader's transport holds nothing back, so the socket is written to directly. What it
        does not take goes to the transport, which pauses the reader.
        """
        size = len(data)
        short: list[tuple[Client, int]] = []
        for client, send in self.live.items():
            try:
                sent = send(data)
            except OSError:  # full, or broken: the transport finds out which
                sent = 0
            if sent != size:
                short.append((client, sent))
        for client, sent in short:
            client.transport.write(data[sent:])

    def greeting(self, mode: str, cursor: str, heartbeat: int) -> bytes:
        """Return the welcome of a subscription that starts without a snapshot."""
        return self.framing("welcome", frames.welcome(mode, cursor, heartbeat), cursor)

    def snapshot(self, lane: Lane, backlog: int, heartbeat: int, reset: str | None) -> bytes:
        """Return a welcome and a snapshot in one piece; the same bytes until the next event."""
        self._refresh(lane)
        key = (backlog, reset)
        data = self._snapshots.get(key)
        if data is None:
            cursor = str(lane.cursor)
            items = [event.item for event in lane.board.select(self.filter, backlog)]
            data = self.framing(
                "welcome", frames.welcome("snapshot", cursor, heartbeat, reset), None
            ) + self.framing("snapshot", frames.snapshot(cursor, items), cursor)
            if self._worth_keeping(self._snapshots):
                self._snapshots[key] = data
        return data

    def replay(self, lane: Lane, position: StreamId, compacted: bool) -> tuple[bytes, StreamId]:
        """Return the next slice after ``position`` and the position that it brings a reader to.

        ``compacted`` gives the last version of each item only, for a reader that fell behind.
        """
        self._refresh(lane)
        key = (position, compacted)
        found = self._replays.get(key)
        if found is None:
            found = self._slice(lane, position, compacted)
            if self._worth_keeping(self._replays):
                self._replays[key] = found
        return found

    def _refresh(self, lane: Lane) -> None:
        if self._stamp is not lane.stamp:
            self._stamp = lane.stamp
            self._snapshots.clear()
            self._replays.clear()

    def _worth_keeping(self, cache: Sized) -> bool:
        # A reader alone with its filter shares nothing; thousands of such would fill the memory.
        return self.members > 1 and len(cache) < CACHED

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
