"""The history of an item for editors: its events on the wire, and its private versions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.domain.item_differences import differences
from ticker.publishing.private_version import PrivateVersion
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline

HISTORY_MAX = 500


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


async def read_history(redis: Redis, keys: Keys, id: str, limit: int) -> list[HistoryEntry]:
    """Return the item's last ``limit`` changes, oldest first.

    Events are there as far as the wire keeps them, and versions that readers must not know for
    as long as the item.
    """
    with translate():
        ids = await command(redis, "LRANGE", keys.log(id), -limit, -1)
        replies = await pipeline(
            redis,
            [
                ("LRANGE", keys.private(id), -limit, -1),
                *(("XRANGE", keys.wire, one, one) for one in ids),
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
