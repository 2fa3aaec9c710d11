"""The sweep's eyes and hands: what items say of themselves against where they are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ticker.domain.cursor import StreamId
from ticker.domain.item import Item
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

SCAN_COUNT = 500
"""Keys that Redis looks at in one step of the scan."""
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Look:
    """One item at one moment. ``item`` is None if nothing is kept of it any more."""

    id: str
    item: Item | None
    wire_id: StreamId | None
    """Its last event."""
    pending: bool
    """That event is on the wire and not in the lane yet."""
    board_id: StreamId | None
    """The event that the board shows of it."""
    board_body: bytes
    due_ms: int | None
    expiry_ms: int | None
    out_ms: int | None
    mended: StreamId | None
    """The event that an earlier sweep sent to repair it."""


class Audit:
    """Looks at items in bulk, and puts indexes right. Raises Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def suspects(self) -> list[str]:
        """Return items that say they are out and are not on the board, and the other way round.

        And a random ``SAMPLE`` of those that are both, whatever else may be wrong with them.
        """
        with translate():
            sample = await command(self._redis, "ZRANDMEMBER", self._keys.published, SAMPLE)
            out = await command(self._redis, "ZRANGE", self._keys.published, 0, -1)
            board = await command(self._redis, "HKEYS", self._keys.current)
        return sorted(id.decode() for id in {*(set(out) ^ set(board)), *sample})

    async def scan(self, steps: int) -> list[str]:
        """Return the next items of an endless round through all of them, ``steps`` at a time."""
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

    async def look(self, ids: Sequence[str]) -> list[Look]:
        """Return a look at each of ``ids``, all of the same moment. Raises ValueError (bad doc)."""
        keys = self._keys
        names = [keys.wire, keys.live, keys.current, keys.due, keys.expiry, keys.published]
        reply = await script("publishing", "audit")(
            self._redis, [*names, *(keys.item(id) for id in ids)], list(ids)
        )
        return [_look(id, *fields) for id, fields in zip(ids, reply, strict=True)]

    async def reindex(
        self, id: str, version: int | None, due: int | None, expiry: int | None, out: int | None
    ) -> bool:
        """Set the item's places, unless it has moved on from ``version`` (None: it is gone)."""
        keys = self._keys
        places = ["" if score is None else score for score in (due, expiry, out)]
        done = await script("publishing", "reindex")(
            self._redis,
            [keys.item(id), keys.due, keys.expiry, keys.published],
            [id, "" if version is None else version, *places],
        )
        return bool(done)

    async def mark_mended(self, id: str, wire_id: StreamId) -> None:
        """Remember that ``wire_id`` was sent to repair the item, so that it is not sent forever."""
        with translate():
            await command(self._redis, "HSET", self._keys.item(id), "mended", str(wire_id))


def _look(
    id: str,
    doc: bytes | None,
    wire: bytes | None,
    pending: int,
    board: bytes | None,
    due: bytes | None,
    expiry: bytes | None,
    out: bytes | None,
    mended: bytes | None,
) -> Look:
    board_id, _, body = (board or b"").partition(b" ")
    return Look(
        id,
        None if doc is None else Item.model_validate_json(doc),
        None if wire is None else StreamId.parse(wire),
        bool(pending),
        StreamId.parse(board_id) if board_id else None,
        body,
        _ms(due),
        _ms(expiry),
        _ms(out),
        None if mended is None else StreamId.parse(mended),
    )


def _ms(score: bytes | float | None) -> int | None:
    return None if score is None else int(float(score))
