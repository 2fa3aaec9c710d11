"""The message that everybody sends: a public item event of 390 bytes."""

from __future__ import annotations

import time

import orjson

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import WireEvent, item_message
from ticker.domain.item import Item

SIZE = 390
"""Bytes of the JSON in one WebSocket message (docs/internals/benchmarks.md says why)."""
SMALLEST = 300
"""Bytes; a shorter message is a welcome or a heartbeat."""
TAG = "harbour"
_LEFT_OUT = (
    *("summary", "speaker", "source", "story", "link", "media", "expires_at", "correction"),
    *("verification", "pinned"),
)
"""With these an item is 490 bytes before its headline. The gateway needs none of them."""
_FILLER = "Harbour bridge reopens to traffic two days early after storm repairs. " * 6
_WHEN = "2026-11-23T19:33:24.123Z"
_EPOCH = 1_764_000_000_000
_FIRST = 10_000_000
"""Eight digits, like every number after it: all messages are equally long."""


class Events:
    """Makes numbered events, each with an item of its own. Stream ids grow."""

    def __init__(self) -> None:
        self._ms = time.time_ns() // 1_000_000
        self._number = _FIRST
        bare = len(self._message(_body("")))
        if bare >= SIZE:
            raise ValueError(f"an event is {bare} bytes without its headline")
        body = _body(_FILLER[: SIZE - bare])
        first = b"%d" % _FIRST
        self._records = orjson.dumps(body).split(first)
        self._messages = self._message(body).split(first)

    def next(self) -> StreamId:
        """Return the next event's id."""
        self._number += 1
        return StreamId(self._ms, self._number)

    def record(self, id: StreamId) -> bytes:
        """Return the lane entry's field ``e``."""
        return (b"%d" % id.seq).join(self._records)

    def message(self, id: StreamId) -> bytes:
        """Return the message that a reader gets."""
        return (b"%d" % id.seq).join(self._messages)

    def _message(self, body: dict[str, object]) -> bytes:
        cursor = str(Cursor(_EPOCH, StreamId(self._ms, _FIRST)))
        return item_message(cursor, str(body["action"]), orjson.dumps(body["item"]))


def _body(headline: str) -> dict[str, object]:
    """Return an item as the lane holds it, without optional fields."""
    item = Item(
        id=f"01k9zq4m2v7x8r5t6w{_FIRST}",
        version=1,
        level="ticker",
        edition="en",
        language="en",
        dir="ltr",
        headline=headline,
        tags=[TAG],
        published_at=_WHEN,
        updated_at=_WHEN,
    )
    body: dict[str, object] = orjson.loads(
        WireEvent("publish", item, _WHEN, "").lane_record()[b"e"]
    )
    public = orjson.loads(item.public_json())
    body["item"] = {name: public[name] for name in public if name not in _LEFT_OUT}
    return body
