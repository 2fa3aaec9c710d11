"""Compares the state of items with the indexes, and repairs the indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ticker.domain.cursor import StreamId
from ticker.domain.item import Item
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

SCAN_COUNT = 500
"""Keys that Redis findings at in one step of the scan."""
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One item and its places at one moment. ``item`` is None if it does not exist."""

    id: str
    item: Item | None
    wire_id: StreamId | None
    """Its last event."""
    pending: bool
    """Whether that event is on the wire and not in the lane yet."""
    current_id: StreamId | None
    """The event under which it is a current item."""
    current_body: bytes
    due_ms: int | None
    expiry_ms: int | None
    published_ms: int | None
    resent: StreamId | None
    """The event that an earlier sweep sent as a repair."""


class IndexCheck:
    """Examines items in bulk, and corrects the indexes. Raises Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def suspects(self) -> list[str]:
        """Return items that are live but not current, items that are current but not live.

        And a random ``SAMPLE`` of live items, for whatever else may be wrong with them.
        """
        with translate():
            sample = await command(self._redis, "ZRANDMEMBER", self._keys.published, SAMPLE)
            live = await command(self._redis, "ZRANGE", self._keys.published, 0, -1)
            current = await command(self._redis, "HKEYS", self._keys.current)
        return sorted(id.decode() for id in {*(set(live) ^ set(current)), *sample})

    async def scan(self, steps: int) -> list[str]:
        """Return the next items of an endless scan through all of them, ``steps`` of it."""
        prefix = self._keys.item("")
        found: set[str] = set()
        with translate():
            cursor = (await command(self._redis, "GET", self._keys.scan)) or b"0"
            for _ in range(steps):
                cursor, names = await command(
                    self._redis, "SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", SCAN_COUNT
                )
                found.update(name.decode().removeprefix(prefix) for name in names)
                if int(cursor) == 0:
                    break
            await command(self._redis, "SET", self._keys.scan, int(cursor))
        return sorted(found)

    async def examine(self, ids: Sequence[str]) -> list[Finding]:
        """Return a finding for each of ``ids``, of one moment. Raises ValueError (bad doc)."""
        keys = self._keys
        names = [keys.wire, keys.live, keys.current, keys.due, keys.expiry, keys.published]
        reply = await script("publishing", "check_indexes")(
            self._redis, [*names, *(keys.item(id) for id in ids)], list(ids)
        )
        return [_finding(id, *fields) for id, fields in zip(ids, reply, strict=True)]

    async def reindex(
        self,
        id: str,
        version: int | None,
        due: int | None,
        expiry: int | None,
        published: int | None,
    ) -> bool:
        """Set the item's places, if it still is at ``version`` (None: it does not exist)."""
        keys = self._keys
        places = ["" if score is None else score for score in (due, expiry, published)]
        done = await script("publishing", "reindex")(
            self._redis,
            [keys.item(id), keys.due, keys.expiry, keys.published],
            [id, "" if version is None else version, *places],
        )
        return bool(done)

    async def mark_resent(self, id: str, wire_id: StreamId) -> None:
        """Remember that ``wire_id`` was sent as a repair, so that it is sent only once."""
        with translate():
            await command(self._redis, "HSET", self._keys.item(id), "resent", str(wire_id))


def _finding(
    id: str,
    doc: bytes | None,
    wire: bytes | None,
    pending: int,
    current: bytes | None,
    due: bytes | None,
    expiry: bytes | None,
    published: bytes | None,
    resent: bytes | None,
) -> Finding:
    current_id, _, body = (current or b"").partition(b" ")
    return Finding(
        id,
        None if doc is None else Item.model_validate_json(doc),
        None if wire is None else StreamId.parse(wire),
        bool(pending),
        StreamId.parse(current_id) if current_id else None,
        body,
        _ms(due),
        _ms(expiry),
        _ms(published),
        None if resent is None else StreamId.parse(resent),
    )


def _ms(score: bytes | float | None) -> int | None:
    return None if score is None else int(float(score))
