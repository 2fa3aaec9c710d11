"""The message that everybody sends: a public item event of 390 bytes."""

from __future__ import annotations

import time

import orjson

from ticker.core.cursor import Cursor, StreamId
from ticker.core.event import Record, WireEvent, item_message
from ticker.core.item import Item

SIZE = 390
"""Bytes of the JSON in one WebSocket message (DESIGN.md §4)."""
SMALLEST = 300
"""What is shorter is a welcome or a heartbeat."""
TAG = "harbour"
_LEFT_OUT = (
    *("summary", "speaker", "source", "story", "link", "media", "expires_at", "correction"),
    *("dir", "verification", "updated_at", "pinned"),
)
"""With these an item is 490 bytes before its headline. The gateway needs none of them."""
_FILLER = "Harbour bridge reopens to traffic two days early after storm repairs. "


class Events:
    """Makes numbered events. Ids grow, and all messages are ``SIZE`` bytes."""

    def __init__(self, epoch: int = 1) -> None:
        self._ms = time.time_ns() // 1_000_000
        self._number = 100_000
        self._epoch = epoch
        self._length = 0
        self._length = SIZE - len(self.message(self.next()))
        if self._length < 1:
            raise ValueError(f"an event is over {SIZE} bytes without its headline")

    def next(self) -> tuple[StreamId, Record]:
        """Return the next lane entry."""
        self._number += 1
        id = StreamId(self._ms, self._number)
        return id, self._record(id)

    def message(self, made: tuple[StreamId, Record]) -> bytes:
        """Return what a reader gets for a lane entry of ``next``."""
        id, record = made
        body = orjson.loads(record[b"e"])
        cursor = str(Cursor(self._epoch, id))
        return item_message(cursor, body["action"], orjson.dumps(body["item"]))

    def _record(self, id: StreamId) -> Record:
        now = "2026-11-23T19:33:24.123Z"
        text = (_FILLER * 6)[: self._length]
        item = Item(
            id=f"01k9zq4m2v7x8r5t6w{id.seq:08d}",
            version=1,
            level="ticker",
            edition="en",
            language="en",
            dir="ltr",
            headline=text,
            tags=[TAG],
            published_at=now,
            updated_at=now,
        )
        body = orjson.loads(WireEvent("publish", item, now, "bench").lane_record()[b"e"])
        for name in _LEFT_OUT:
            del body["item"][name]
        return {b"e": orjson.dumps(body)}
