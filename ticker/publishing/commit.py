"""One editorial command, ready for the ``commit`` script, and what the script answered."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from pydantic import ValidationError

from ticker.domain.cursor import StreamId
from ticker.domain.draft import Draft
from ticker.domain.errors import (
    Conflict,
    Duplicate,
    FieldError,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    UnreadableItem,
)
from ticker.domain.item import Item
from ticker.domain.messages import said
from ticker.domain.request_context import RequestContext
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg
from ticker.telemetry.logs import fields as log_fields


@dataclass(frozen=True, slots=True)
class Request:
    """A request to do something to an item, and the editor's name (``by``).

    ``key`` is the caller's Idempotency-Key, or a random one (``own``). ``scope`` is whose keys they
    are: an editor's, or those of all imports.
    """

    operation: str
    by: str
    key: str
    own: bool
    fingerprint: str
    scope: str = ""

    @classmethod
    def of(cls, operation: str, id: str, body: bytes, by: str, key: str | None) -> Request:
        """Return the request to do ``operation`` on item ``id`` (empty for a new one)."""
        if key is None:  # nobody else sends this key: it is as good as a fingerprint
            key = os.urandom(16).hex()
            return cls(operation, by, key, True, key)
        text = b"\0".join((operation.encode(), id.encode(), body))
        return cls(operation, by, key, False, hashlib.sha256(text).hexdigest()[:32])

    @classmethod
    def to_publish(cls, draft: Draft, by: str, key: str | None) -> Request:
        """Return the request to publish ``draft``."""
        body = b"" if key is None else draft.model_dump_json().encode()
        return cls.of("publish", "", body, by, key)

    def answer_key(self, keys: Keys) -> str:
        """Return where the answer to this request is kept."""
        if self.own:
            return keys.own_answer(self.key)
        return keys.idem(self.scope or self.by, self.key)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """The record of an imported entry, kept in place of an answer, and the one that it replaces.

    ``replaces`` is the fingerprint of the record that was read; empty if there was none.
    """

    text: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """Written now, or earlier under the same key: then ``item`` is the first answer."""

    item: Item
    wire_id: StreamId | None
    repeated: bool
    delivered: bool
    """Whether the event is in the lane; False also where there is none."""
    changed: bool
    """Whether this command has changed the item: not one that was as the command makes it."""


@dataclass(frozen=True, slots=True)
class VersionConflict:
    """Another commit came first, or another epoch began after the item was read.

    The item is at version ``current``. Nothing was written.
    """

    current: int


@dataclass(frozen=True, slots=True)
class NotYetDue:
    """The embargo still holds by Redis' clock. Nothing was written."""

    now_ms: int


Outcome: TypeAlias = CommitResult | VersionConflict | NotYetDue


@dataclass(frozen=True, slots=True)
class Command:
    """One call of the script; ``read`` turns its reply into an outcome."""

    request: Request
    item: Item
    doc: bytes
    keys: tuple[str, ...]
    args: tuple[Arg, ...]
    context: RequestContext
    """The request that it comes from."""
    token: str = ""
    """Names this command: an answer that was kept with it is our own."""
    retracts: bool = False
    writes: bool = True
    """Whether it changes the item."""
    record: bytes | None = None
    """What is kept in place of the answer."""

    def read(self, reply: list[bytes]) -> Outcome:
        """Return what happened.

        Raises Duplicate, IdempotencyMismatch, NotFound, and UnreadableItem for an answer that was
        kept and cannot be read.
        """
        match reply[0]:
            case b"done":
                item = self._stamped(reply[3])
                return CommitResult(
                    item, _stream_id(reply[1]), False, reply[2] == b"1", self.writes
                )
            case b"again" if self.record is not None and reply[4].decode() == self.token:
                # Our own retry. The record names the item; its time is not asked for.
                item = self.item.model_copy(update={"id": orjson.loads(reply[2])["item"]})
                return CommitResult(
                    item, _stream_id(reply[1]), False, reply[3] == b"1", self.writes
                )
            case b"again" | b"mismatch" if self.record is not None:
                return VersionConflict(self.item.version)  # another import of the entry came first
            case b"again":
                # Our own retry after a lost connection is no repetition to the caller.
                own = self.request.own
                item = self._stamped(reply[2]) if own else _kept(reply[2], self.item.id)
                repeated = not own and reply[4].decode() != self.token
                changed = self.writes and not repeated
                return CommitResult(item, _stream_id(reply[1]), repeated, reply[3] == b"1", changed)
            case b"mismatch":
                raise IdempotencyMismatch(said("key-used"))
            case b"duplicate":
                raise Duplicate(reply[1].decode())
            case b"replaced":
                raise Conflict(said("replaced-before", id=reply[1].decode()))
            case b"irreplaceable":
                raise Invalid([FieldError("replaces", said("replaces-not-retracted"))])
            case b"conflict":
                return VersionConflict(int(reply[1]))
            case b"early":
                return NotYetDue(int(reply[1]))
            case b"missing":
                raise NotFound(said("no-item", id=self.item.id))
            case other:
                raise AssertionError(f"commit answered {other!r}")

    def logged(self, done: CommitResult) -> dict[str, object]:
        """Return who did what, for the log: the name of a key, and no text of the item."""
        return log_fields(
            by=self.request.by,
            item=done.item.id,
            version=done.item.version,
            state=done.item.state,
            event=done.wire_id,
            request=self.context.id,
        )

    def _stamped(self, stamp: bytes) -> Item:
        """Return the item with the id and the times that the script gave it, if it did."""
        if not stamp:
            return self.item
        id, now, published_at = stamp.decode().split(" ")
        item = self.item
        changes: dict[str, object] = {"id": id, "updated_at": now}
        if published_at:
            changes["published_at"] = published_at
        if item.correction is not None and item.correction.at == item.updated_at:
            changes["correction"] = item.correction.model_copy(update={"at": now})
        return item.model_copy(update=changes)


_KEPT_ID = re.compile(rb'"id":"([0-9a-z]{26})"')


def _kept(answer: bytes, id: str) -> Item:
    """Return the item in an answer that was kept. Raises UnreadableItem, which names the item."""
    try:
        return Item.model_validate_json(answer)
    except ValidationError:
        if (found := _KEPT_ID.search(answer)) is not None:
            id = found[1].decode()
        detail = f"this was done before, and its answer cannot be read; see item {id}"
        raise UnreadableItem(id, detail) from None


def _stream_id(reply: bytes) -> StreamId | None:
    return StreamId.parse(reply) if reply else None
