"""Reads items from Redis."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from pydantic import ValidationError

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.errors import NotFound, UnreadableItem
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.domain.item_differences import differences
from ticker.domain.messages import said
from ticker.publishing.command_builder import LATEST_MAX
from ticker.publishing.commit import Request
from ticker.publishing.private_version import PrivateVersion
from ticker.publishing.salvage import from_archive, salvaged
from ticker.storage.connection import Redis, RedisError, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline

HISTORY_MAX = 500
INDEX_SCAN_MAX = 10_000
"""Ids of an index among which a part of an id, or a picture, is looked for. ``latest`` has no more;
of scheduled items beyond it, those that are due last are not found."""
READ_AT_ONCE = 500
"""Items that one round trip reads."""
REPORTED_MAX = 1_000
"""Unreadable items that are remembered, so that the log names each once."""
log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9a-z]{26}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of an item, for editors. ``wire_id`` is None if readers must not know it."""

    wire_id: StreamId | None
    action: str
    version: int
    at: str
    by: str
    note: str | None
    changes: Mapping[str, tuple[Any, Any]]
    """Values before and after of each field that it changed since the entry before."""


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


@dataclass(frozen=True, slots=True)
class ImportedBefore:
    """The record of an entry's last import; empty if there was none."""

    fingerprint: str = ""
    item: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    unreadable: bool = False
    """Whether there is a record that cannot be read."""

    @classmethod
    def read(cls, stored: object) -> ImportedBefore:
        """Return the record in the form in which ``commit.lua`` keeps it."""
        if not isinstance(stored, bytes):
            return cls()
        try:
            fingerprint, _, _, text = stored.decode().split("\n", 3)
            record = orjson.loads(text)
            return cls(fingerprint, str(record["item"]), dict(record["fields"]))
        except (ValueError, KeyError, TypeError):
            return cls(unreadable=True)


class ItemRepository:
    """Reads items in whatever state. Raises Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, archive: Archive | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._archive = archive
        self._reported: OrderedDict[str, None] = OrderedDict()

    async def get(self, id: str) -> Item:
        """Return the item in whatever state. Raises NotFound, UnreadableItem."""
        item = await self._read(id)
        if item is None:
            raise NotFound(said("no-item", id=id))
        return item

    async def history(self, id: str, limit: int = HISTORY_MAX) -> list[HistoryEntry]:
        """Return the item's last ``limit`` changes, oldest first.

        Events are there as far as the wire keeps them, and versions that readers must not know for
        as long as the item.
        """
        if _ID.fullmatch(id) is None:
            return []
        with translate():
            ids = await command(self._redis, "LRANGE", self._keys.log(id), -limit, -1)
            replies = await pipeline(
                self._redis,
                [
                    ("LRANGE", self._keys.private(id), -limit, -1),
                    *(("XRANGE", self._keys.wire, one, one) for one in ids),
                ],
            )
        private, *events = replies
        changes: list[tuple[StreamId | None, WireEvent | PrivateVersion]] = []
        for record in private if isinstance(private, list) else ():
            with suppress(ValueError):  # written by another version
                changes.append((None, PrivateVersion.read(record)))
        for reply in events:
            if isinstance(reply, list) and reply:
                wire_id, fields = reply[0]
                with suppress(ValueError):
                    changes.append((StreamId.parse(wire_id), WireEvent.read(fields)))
        changes.sort(key=lambda change: change[1].item.version)
        entries = []
        before: Item | None = None
        for wire, change in changes[-limit:]:
            item = change.item
            changed = {} if before is None else differences(before, item)
            entries.append(
                HistoryEntry(
                    wire, change.action, item.version, change.at, change.by, change.note, changed
                )
            )
            before = item
        return entries

    async def now_ms(self) -> int:
        """Return Redis' time in milliseconds since 1970: it decides what is due."""
        with translate():
            seconds, microseconds = await command(self._redis, "TIME")
        return int(seconds) * 1_000 + int(microseconds) // 1_000

    async def lane_top(self) -> StreamId:
        """Return the lane's last id."""
        with translate():
            try:
                info = await command(self._redis, "XINFO", "STREAM", self._keys.live)
            except ResponseError as error:
                if "no such key" not in str(error):
                    raise
                return ZERO
        fields = info if isinstance(info, dict) else dict(zip(info[::2], info[1::2], strict=True))
        return StreamId.parse(fields.get("last-generated-id") or fields[b"last-generated-id"])

    async def left_in_lane(self, id: str, event: StreamId) -> int:
        """Return how many entries of an item before ``event`` the lane and its items still have."""
        keys, left, start, more = self._keys, 0, 0, True
        reads: list[tuple[Arg, ...]] = [("HGET", keys.current, id)]
        with translate():
            while reads or more:  # an item may have thousands of versions
                page = ("LRANGE", keys.log(id), start, start + READ_AT_ONCE - 1)
                replies: list[Any] = await pipeline(self._redis, [*reads, page] if more else reads)
                for reply in replies:
                    if isinstance(reply, RedisError):
                        raise reply
                ids = replies.pop() if more else []
                left += sum(bool(reply) for reply in replies)
                before = [one for one in ids if StreamId.parse(one) < event]
                reads = [("XRANGE", keys.live, one, one) for one in before]
                start, more = start + READ_AT_ONCE, len(ids) == READ_AT_ONCE
        return left

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
        items = await self._documents([id.decode() for id in ids])
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
                        found.append(self._item(id, doc))
        return [item for item in found if item.names_picture(picture)]

    async def with_ids(self, ids: Sequence[str]) -> list[Item]:
        """Return the items with ``ids`` that are kept, in any state."""
        return await self._documents(ids) if ids else []

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

    async def _read(self, id: str) -> Item | None:
        if _ID.fullmatch(id) is None:
            return None
        with translate():
            doc = await command(self._redis, "HGET", self._keys.item(id), "doc")
        return None if doc is None else self._item(id, doc)

    async def read_for_change(self, id: str, request: Request) -> BeforeChange:
        """Return what the request is to be decided on.

        Raises UnreadableItem, except for a retraction: that gets what is left of the item. A
        retraction also gets an item that only the archive has; Unavailable if it cannot be asked.
        """
        if _ID.fullmatch(id) is None:
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
                item = self._item(id, doc)
            except UnreadableItem:
                if request.operation != "retract":
                    raise
                item = await self._salvage(id)
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
        return await self._documents([id.decode() for id in ids])

    async def _documents(self, ids: Sequence[str]) -> list[Item]:
        with translate():
            replies = await pipeline(
                self._redis, [("HGET", self._keys.item(id), "doc") for id in ids]
            )
        found = []
        for id, doc in zip(ids, replies, strict=True):
            if isinstance(doc, bytes):
                with suppress(UnreadableItem):  # one item costs no listing
                    found.append(self._item(id, doc))
        return found

    async def _salvage(self, id: str) -> Item:
        """Return what is left of an item in its record, its events and the lane."""
        keys = self._keys
        with translate():
            version, state, doc = await command(
                self._redis, "HMGET", keys.item(id), "version", "state", "doc"
            )
            ids = await command(self._redis, "LRANGE", keys.log(id), -HISTORY_MAX, -1)
            current = await command(self._redis, "HGET", keys.current, id)
            events = await pipeline(self._redis, [("XRANGE", keys.wire, one, one) for one in ids])
        documents = [
            event[0][1].get(b"e", b"") for event in events if isinstance(event, list) and event
        ]
        documents.append((current or b"").partition(b" ")[2])
        versions = [*(_item_in(document) for document in documents), doc or b""]
        try:
            return salvaged(id, int(version), (state or b"").decode(), versions)
        except (TypeError, ValueError):
            raise UnreadableItem(id) from None

    def _item(self, id: str, doc: bytes) -> Item:
        try:
            return Item.model_validate_json(doc)
        except ValidationError as error:
            if id not in self._reported:
                self._reported[id] = None
                if len(self._reported) > REPORTED_MAX:
                    self._reported.popitem(last=False)
                # Only the places of the errors: the text may be of an item under embargo.
                places = [".".join(map(str, one["loc"])) for one in error.errors()]
                log.error("the stored record of item %s cannot be read: %s", id, places[:5])
            raise UnreadableItem(id) from None


def _item_in(event: bytes) -> bytes:
    """Return the JSON of the item in an event; empty if there is none."""
    try:
        return orjson.dumps(orjson.loads(event)["item"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return b""
