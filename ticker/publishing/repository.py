"""Reads items from Redis."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ticker.domain.cursor import StreamId
from ticker.domain.errors import NotFound, UnreadableItem
from ticker.domain.item import Item
from ticker.domain.messages import said
from ticker.publishing.command_builder import LATEST_MAX
from ticker.publishing.commit import Request
from ticker.publishing.history import HISTORY_MAX, HistoryEntry, read_history
from ticker.publishing.import_record import ImportedBefore
from ticker.publishing.item_records import ITEM_ID, ItemRecords
from ticker.publishing.left_in_lane import lane_top, left_in_lane
from ticker.publishing.salvage import from_archive
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline

INDEX_SCAN_MAX = 10_000
"""Ids of an index among which a part of an id, or a picture, is looked for. ``latest`` has no more;
of scheduled items beyond it, those that are due last are not found."""
READ_AT_ONCE = 500
"""Items that one round trip reads."""


class ArchivedItem(Protocol):
    """An item as the archive has it."""

    @property
    def item(self) -> bytes:
        """The public item as JSON."""


@dataclass(frozen=True, slots=True)
class LatestPage:
    """A page of the newest items in any state."""

    items: list[Item]
    next: str | None
    """Id before which the next page begins; None after the last one."""
    since_ms: int | None = None
    """After the last page: when the oldest item was made, if older ones may have left the list."""


class Archive(Protocol):
    """Has the items that Redis does not keep any more."""

    async def get(self, id: str) -> ArchivedItem | None:
        """Return the item in its last version, or None. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class BeforeChange:
    """An item before a request changes it."""

    item: Item | None
    epoch: str | None
    """The lane's epoch at that moment: a commit in another one may be of another history."""
    answered: bool
    """Whether the request's key has an answer already."""
    kept: bool = True
    """False for an item that only the archive has: Redis does not keep it any more."""


class ItemRepository:
    """Reads items in whatever state. Raises Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, archive: Archive | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._archive = archive
        self._records = ItemRecords(redis, keys)

    async def get(self, id: str) -> Item:
        """Return the item in whatever state. Raises NotFound, UnreadableItem."""
        item = await self._records.read(id)
        if item is None:
            raise NotFound(said("no-item", id=id))
        return item

    async def history(self, id: str, limit: int = HISTORY_MAX) -> list[HistoryEntry]:
        """Return the item's last ``limit`` changes, oldest first (``read_history``)."""
        if ITEM_ID.fullmatch(id) is None:
            return []
        return await read_history(self._redis, self._keys, id, limit)

    async def now_ms(self) -> int:
        """Return Redis' time in milliseconds since 1970: it decides what is due."""
        with translate():
            seconds, microseconds = await command(self._redis, "TIME")
        return int(seconds) * 1_000 + int(microseconds) // 1_000

    async def lane_top(self) -> StreamId:
        """Return the lane's last id."""
        return await lane_top(self._redis, self._keys)

    async def left_in_lane(self, id: str, event: StreamId) -> int:
        """Return how many entries of an item before ``event`` the lane and its items still have."""
        return await left_in_lane(self._redis, self._keys, id, event)

    async def latest(self, limit: int) -> list[Item]:
        """Return up to ``limit`` items in any state, newest first."""
        return await self._many(("ZRANGE", self._keys.latest, 0, limit - 1, "REV"), limit)

    async def latest_page(self, limit: int, before: tuple[int, str] | None) -> LatestPage:
        """Return up to ``limit`` items in any state, newest first: those made before a place.

        ``before`` is a time in ms, which counts if the item with the id beside it, '' for none, has
        left the list.
        """
        latest, start, ms = self._keys.latest, 0, 0
        with translate():
            if before is not None:
                ms, id = before
                rank = await command(self._redis, "ZREVRANK", latest, id) if id else None
                start = -1 if rank is None else rank + 1
            if start >= 0:
                ids = await command(self._redis, "ZRANGE", latest, start, start + limit - 1, "REV")
            else:
                order = ("BYSCORE", "REV", "LIMIT", 0, limit)
                ids = await command(self._redis, "ZRANGE", latest, f"({ms}", "-inf", *order)
        items = await self._records.read_all([id.decode() for id in ids])
        if len(ids) == limit:
            return LatestPage(items, ids[-1].decode())
        return LatestPage(items, None, await self._latest_since())

    async def _latest_since(self) -> int | None:
        with translate():
            oldest = await command(self._redis, "ZRANGE", self._keys.latest, 0, 0, "WITHSCORES")
            if not oldest:
                return None
            id, ms = oldest[0] if isinstance(oldest[0], list) else oldest
            rank = await command(self._redis, "ZREVRANK", self._keys.latest, id)
        return int(float(ms)) if rank is not None and rank + 1 >= LATEST_MAX else None

    async def scheduled(self, limit: int) -> list[Item]:
        """Return up to ``limit`` items that wait for their time, next first."""
        return await self._many(("ZRANGE", self._keys.due, 0, limit - 1), limit)

    async def drafts(self, limit: int) -> list[Item]:
        """Return up to ``limit`` drafts, the one that was changed last first.

        Those of the wire desk are not among them until an editor changes one.
        """
        return await self._many(("ZRANGE", self._keys.drafts, 0, limit - 1, "REV"), limit)

    async def wire_drafts(self, limit: int) -> list[Item]:
        """Return up to ``limit`` drafts of the wire desk, the one that was changed last first."""
        return await self._many(("ZRANGE", self._keys.wire_drafts, 0, limit - 1, "REV"), limit)

    async def ids_with(self, part: str) -> list[str]:
        """Return the ids with ``part`` at an end: of newest and scheduled items, and of drafts."""
        ids = await self._indexed()
        return [id for id in ids if id.startswith(part) or id.endswith(part)]

    async def with_picture(self, picture: str) -> list[Item]:
        """Return the items with a stored picture: newest and scheduled ones, and drafts.

        Of each index it looks through ``INDEX_SCAN_MAX`` items.
        """
        needle = f'"{picture}"'.encode()
        ids = await self._indexed()
        found = []
        for start in range(0, len(ids), READ_AT_ONCE):
            chunk = ids[start : start + READ_AT_ONCE]
            with translate():
                docs = await pipeline(
                    self._redis, [("HGET", self._keys.item(id), "doc") for id in chunk]
                )
            for id, doc in zip(chunk, docs, strict=True):
                if isinstance(doc, bytes) and needle in doc:
                    with suppress(UnreadableItem):
                        found.append(self._records.parse(id, doc))
        return [item for item in found if item.names_picture(picture)]

    async def with_ids(self, ids: Sequence[str]) -> list[Item]:
        """Return the items with ``ids`` that are kept, in any state."""
        return await self._records.read_all(ids) if ids else []

    async def _indexed(self) -> list[str]:
        """Return the ids of newest and scheduled items, and of drafts."""
        with translate():
            indexes: list[Any] = await pipeline(
                self._redis,
                [
                    ("ZRANGE", self._keys.latest, 0, INDEX_SCAN_MAX - 1, "REV"),
                    ("ZRANGE", self._keys.due, 0, INDEX_SCAN_MAX - 1),
                    ("ZRANGE", self._keys.drafts, 0, INDEX_SCAN_MAX - 1, "REV"),
                    ("ZRANGE", self._keys.wire_drafts, 0, INDEX_SCAN_MAX - 1, "REV"),
                ],
            )
        return list(dict.fromkeys(id.decode() for index in indexes for id in index))

    async def read_for_change(self, id: str, request: Request) -> BeforeChange:
        """Return what the request is to be decided on.

        Raises UnreadableItem, except for a retraction: that gets what is left of the item. A
        retraction also gets an item that only the archive has; Unavailable if it cannot be asked.
        """
        if ITEM_ID.fullmatch(id) is None:
            return BeforeChange(None, None, False)
        with translate():
            replies = await pipeline(
                self._redis,
                [
                    ("HGET", self._keys.epochs, "current"),
                    ("HGET", self._keys.item(id), "doc"),
                    ("EXISTS", request.answer_key(self._keys)),
                ],
            )
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        epoch, doc, answered = replies
        item = None
        if isinstance(doc, bytes):
            try:
                item = self._records.parse(id, doc)
            except UnreadableItem:
                if request.operation != "retract":
                    raise
                item = await self._records.salvage(id)
        kept = item is not None
        if item is None and request.operation == "retract" and self._archive is not None:
            archived = await self._archive.get(id)
            item = None if archived is None else from_archive(id, archived.item)
        return BeforeChange(
            item,
            epoch.decode() if isinstance(epoch, bytes) else None,
            bool(answered) and not request.own,
            kept,
        )

    async def imported(self, requests: Sequence[Request], ttl_ms: int) -> list[ImportedBefore]:
        """Return what is kept about imported entries, and keep it for ``ttl_ms`` from now."""
        keys = [request.answer_key(self._keys) for request in requests]
        with translate():
            found = await pipeline(self._redis, [("GET", key) for key in keys])
            known = [key for key, record in zip(keys, found, strict=True) if record is not None]
            if known:
                await pipeline(self._redis, [("PEXPIRE", key, ttl_ms) for key in known])
            for reply in found:
                if isinstance(reply, RedisError):
                    raise reply
        return [ImportedBefore.read(record) for record in found]

    async def states(self, ids: Sequence[str]) -> list[tuple[str | None, StreamId | None]]:
        """Return the states of items, and the ids of their last events, as far as they are kept."""
        with translate():
            found = await pipeline(
                self._redis, [("HMGET", self._keys.item(id), "state", "wire") for id in ids]
            )
        states = []
        for one in found:
            state, wire = one if isinstance(one, list) else (None, None)
            states.append(
                (state.decode() if state else None, StreamId.parse(wire) if wire else None)
            )
        return states

    async def _many(self, index: tuple[Arg, ...], limit: int) -> list[Item]:
        if limit < 1:
            return []
        with translate():
            ids = await command(self._redis, *index)
        return await self._records.read_all([id.decode() for id in ids])
