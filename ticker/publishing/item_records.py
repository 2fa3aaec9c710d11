"""The stored documents of items: reads them, and salvages one that cannot be read."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

import orjson
from pydantic import ValidationError

from ticker.domain.errors import UnreadableItem
from ticker.domain.item import Item
from ticker.publishing.salvage import salvaged
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline

ITEM_ID = re.compile(r"[0-9a-z]{26}", re.ASCII)
SALVAGED_FROM = 500
"""Events of an item from which it is salvaged: its last ones."""
REPORTED_MAX = 1_000
"""Unreadable items that are remembered, so that the log names each once."""
log = logging.getLogger(__name__)


class ItemRecords:
    """Reads documents of items. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._reported: OrderedDict[str, None] = OrderedDict()

    async def read(self, id: str) -> Item | None:
        """Return the item in whatever state; None if it is not kept. Raises UnreadableItem."""
        if ITEM_ID.fullmatch(id) is None:
            return None
        with translate():
            doc = await command(self._redis, "HGET", self._keys.item(id), "doc")
        return None if doc is None else self.parse(id, doc)

    async def read_all(self, ids: Sequence[str]) -> list[Item]:
        """Return the items with ``ids`` that are kept and can be read."""
        with translate():
            replies = await pipeline(
                self._redis, [("HGET", self._keys.item(id), "doc") for id in ids]
            )
        found = []
        for id, doc in zip(ids, replies, strict=True):
            if isinstance(doc, bytes):
                with suppress(UnreadableItem):  # one item costs no listing
                    found.append(self.parse(id, doc))
        return found

    async def salvage(self, id: str) -> Item:
        """Return what is left of an item in its record, its events and the lane.

        Raises UnreadableItem if its record has no version.
        """
        keys = self._keys
        with translate():
            version, state, doc = await command(
                self._redis, "HMGET", keys.item(id), "version", "state", "doc"
            )
            ids = await command(self._redis, "LRANGE", keys.log(id), -SALVAGED_FROM, -1)
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

    def parse(self, id: str, doc: bytes) -> Item:
        """Return the item of a document. Raises UnreadableItem; the log names each item once."""
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
