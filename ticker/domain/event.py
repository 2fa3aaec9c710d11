"""Events of items, as stored on the wire and in the lane.

The wire holds each ``WireEvent`` twice: with all fields, for editors and the audit, and as readers
may see it. The lane holds records of three kinds: an item's event with public fields only, a
``noop`` where something could not be fanned out, and the newsroom's heartbeat. A gateway reads them
as ``LaneEvent``, ``Noop`` and ``Heartbeat``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import orjson

from ticker.domain.clock import parse_ms
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Facets
from ticker.domain.item import Item
from ticker.domain.public_item import mend

Action: TypeAlias = Literal["publish", "update", "correct", "retract", "expire", "pin", "unpin"]
ACTIONS: frozenset[str] = frozenset(get_args(Action))
REMOVALS: frozenset[str] = frozenset({"retract", "expire"})

Record: TypeAlias = dict[bytes, bytes]
"""The fields of one Redis stream entry."""


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One released editorial event. ``was`` are the facets before it, where it changed them.

    ``may_alert`` is False for a change that neither asks for push anew nor raises the level: its
    alert has been sent, though push may no longer remember it.
    """

    action: Action
    item: Item
    at: str
    by: str
    note: str | None = None
    was: Facets | None = None
    may_alert: bool = True

    def record(self) -> Record:
        """Return the wire entry: the event for editors, and ready-made what readers may see."""
        item = self.item.to_json()
        event = b'{"action":"%b","item":%b,%b' % (self.action.encode(), item, self.rest())
        return {b"e": event, b"v": self.public()}

    def rest(self) -> bytes:
        """Return what the event for editors has after its item, without a comma before it."""
        was = None if self.was is None else self.was.to_json()
        fields: dict[str, Any] = {"at": self.at, "by": self.by, "note": self.note, "was": was}
        if not self.may_alert:
            fields["may_alert"] = False
        return orjson.dumps(fields)[1:]

    @classmethod
    def read(cls, record: Mapping[bytes, bytes]) -> WireEvent:
        """Return the event in a wire entry.

        Raises ValueError for an entry that cannot be read.
        """
        try:
            return cls._read(record)
        except _WRONG_SHAPE as error:
            raise _unreadable(error) from error

    @classmethod
    def _read(cls, record: Mapping[bytes, bytes]) -> WireEvent:
        body = orjson.loads(record[b"e"])
        if body["action"] not in ACTIONS:
            raise ValueError(f"unknown action {body['action']!r}")
        was = body["was"]
        return cls(
            body["action"],
            Item.model_validate(body["item"]),
            body["at"],
            body["by"],
            body["note"],
            None if was is None else Facets.from_json(was),
            body.get("may_alert", True),
        )

    def public(self) -> bytes:
        """Return the event for readers. A removal carries no text, only its facets."""
        removal = self.action in REMOVALS
        was = Facets.of(self.item) if removal and self.was is None else self.was
        item = orjson.dumps(self.item.stub()) if removal else self.item.public_json()
        return b'{"action":"%b","item":%b,"was":%b}' % (self.action.encode(), item, _json_of(was))

    def public_parts(self, doc: bytes) -> tuple[int, bytes]:
        """Return the event for readers, as far as it is not in ``doc``, its item's ``to_json``.

        So many bytes of ``doc`` are its item but for the ``}``, and the rest comes behind that.
        With 0 the rest is the whole event.
        """
        length = 0 if self.action in REMOVALS else self.item.public_length(doc)
        if not length:
            return 0, self.public()
        return length, b'},"was":%b}' % _json_of(self.was)

    def lane_record(self) -> Record:
        """Return the lane entry of this event."""
        return {b"e": self.public()}


def _json_of(facets: Facets | None) -> bytes:
    return b"null" if facets is None else orjson.dumps(facets.to_json())


def heartbeat_record(now_ms: int) -> Record:
    """Return the newsroom's heartbeat, on the wire and in the lane alike."""
    return {b"h": b"%d" % now_ms}


@dataclass(frozen=True, slots=True)
class Noop:
    """A lane entry without content; it only advances cursors."""

    id: StreamId


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The newsroom's heartbeat: sent at ``sent_ms`` by one of the workers."""

    id: StreamId
    sent_ms: int


@dataclass(frozen=True, slots=True)
class LaneEvent:
    """A public event, serialised once: ``message`` is shared by every reader on every transport.

    ``facets`` is None when the event removes the item; ``was`` then has the facets before.
    """

    id: StreamId
    epoch: int
    action: str
    item_id: str
    version: int
    edition: str
    facets: Facets | None
    was: Facets | None
    pinned: bool
    published_ms: int
    expires_ms: int | None
    item: bytes
    message: bytes
    leave: bytes
    """The frame for readers whose filter matched the item before an update and no longer does."""
    mended: tuple[str, ...] = ()
    """Fields that could not be read and were left out (``public_item.mend``)."""

    @property
    def cursor(self) -> Cursor:
        """The cursor of a reader that has processed this event."""
        return Cursor(self.epoch, self.id)


def predecessor(record: Mapping[bytes, bytes]) -> StreamId | None:
    """Return the lane's last id at the moment at which this entry was appended, if it says so.

    A reader beyond that position has seen entries that the lane no longer had: history was
    rewritten. One before it has merely not seen what was deleted since (heartbeats, scrubbed text).
    """
    before = record.get(b"p")
    return None if before is None else StreamId.parse(before)


_WRONG_SHAPE = (KeyError, TypeError, AttributeError, OverflowError)
"""What Python raises for data of the wrong shape."""


def _unreadable(error: Exception) -> ValueError:
    return ValueError(f"{type(error).__name__}: {error}")


def epoch_of(record: Mapping[bytes, bytes]) -> int | None:
    """Return the epoch in which this lane entry was appended, if it says so."""
    epoch = record.get(b"g")
    return None if epoch is None else int(epoch)


LaneEntry: TypeAlias = LaneEvent | Noop | Heartbeat


def read_lane(id: StreamId, record: Mapping[bytes, bytes], epoch: int) -> LaneEntry:
    """Return the entry that a lane record holds, with its frames made.

    A field that cannot be read is left out where the item can be shown without it. Raises
    ValueError for a record that no relay wrote. Its cursors are of the epoch that the record names,
    of ``epoch`` if it names none.
    """
    try:
        return _lane_entry(id, record, epoch)
    except _WRONG_SHAPE as error:
        raise _unreadable(error) from error


def _lane_entry(id: StreamId, record: Mapping[bytes, bytes], epoch: int) -> LaneEntry:
    if b"h" in record:
        return Heartbeat(id, int(record[b"h"]))
    if b"n" in record:
        return Noop(id)
    body = orjson.loads(record[b"e"])
    item: dict[str, Any] = body["item"]
    action: str = body["action"]
    removal = action in REMOVALS
    was = body.get("was")
    mended = () if removal else mend(item)
    epoch = epoch_of(record) or epoch
    cursor = str(Cursor(epoch, id))
    text = orjson.dumps(item)
    message = item_message(cursor, action, text)
    leave = b""
    if not removal and was is not None:
        stub = {name: item[name] for name in ("id", "version", "status", "edition", "updated_at")}
        leave = item_message(cursor, "expire", orjson.dumps(stub))
    expires = item.get("expires_at")
    return LaneEvent(
        id=id,
        epoch=epoch,
        action=action,
        item_id=item["id"],
        version=item["version"],
        edition=item["edition"],
        facets=None if removal else Facets.from_json(item),
        was=None if was is None else Facets.from_json(was),
        pinned=bool(item.get("pinned")),
        published_ms=0 if removal else parse_ms(item["published_at"]),
        expires_ms=None if expires is None else parse_ms(expires),
        # Cut out, because this is kept: orjson's own bytes take ten times their length.
        item=message[-1 - len(text) : -1],
        message=message,
        leave=leave,
        mended=mended,
    )


def item_message(cursor: str, action: str, item: bytes) -> bytes:
    """Return the ``item`` message; ``item`` is JSON already."""
    head = f'{{"type":"item","cursor":"{cursor}","action":"{action}","item":'
    return head.encode() + item + b"}"
