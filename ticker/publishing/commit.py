"""One editorial act, ready for the ``commit`` script, and what the script answered."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from ticker.config import Settings
from ticker.domain.clock import parse_ms
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Duplicate, IdempotencyMismatch, NotFound
from ticker.domain.item import Item
from ticker.publishing.transitions import Step, content_key
from ticker.readership.scores import WINDOWS
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg

LATEST_MAX = 1_000
"""Items in the ``latest`` index."""
RETRY_TTL_MS = 120_000
"""How long a key of our own is kept: it only has to outlive our own retries."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what. ``key`` is the caller's Idempotency-Key, or one of our own."""

    by: str
    key: str
    own: bool
    fingerprint: str

    @classmethod
    def of(cls, operation: str, id: str, body: bytes, by: str, key: str | None) -> Request:
        """Return the request to do ``operation`` on item ``id`` (empty for a new one)."""
        text = b"\0".join((operation.encode(), id.encode(), body))
        fingerprint = hashlib.sha256(text).hexdigest()[:32]
        if key is None:
            return cls(by, os.urandom(16).hex(), True, fingerprint)
        return cls(by, key, False, fingerprint)


@dataclass(frozen=True, slots=True)
class CommitResult:
    """Written now, or before under the same key: then ``item`` is the first answer."""

    item: Item
    wire_id: StreamId | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class VersionConflict:
    """Somebody else committed first; the item is at version ``current``. Nothing was written."""

    current: int


@dataclass(frozen=True, slots=True)
class NotYetDue:
    """By Redis' clock the embargo still holds. Nothing was written."""

    now_ms: int


Outcome: TypeAlias = CommitResult | VersionConflict | NotYetDue


@dataclass(frozen=True, slots=True)
class Command:
    """One call of the script. ``read`` understands its reply."""

    request: Request
    item: Item
    doc: bytes
    keys: tuple[str, ...]
    args: tuple[Arg, ...]
    answered: bool = False

    def read(self, reply: list[bytes]) -> Outcome:
        """Return what happened. Raises Duplicate, IdempotencyMismatch or NotFound."""
        match reply[0]:
            case b"done":
                return CommitResult(self.item, _stream_id(reply[1]), False)
            case b"again":
                # Our own retry after a lost connection is no repetition to the caller. Where the
                # answer was there before we tried, the item may still be what it says.
                mine = self.request.own or (reply[2] == self.doc and not self.answered)
                item = self.item if mine else Item.model_validate_json(reply[2])
                return CommitResult(item, _stream_id(reply[1]), not mine)
            case b"mismatch":
                raise IdempotencyMismatch(
                    "this Idempotency-Key was used for another request; take a new one"
                )
            case b"duplicate":
                raise Duplicate(reply[1].decode())
            case b"stale":
                return VersionConflict(int(reply[1]))
            case b"early":
                return NotYetDue(int(reply[1]))
            case b"missing":
                raise NotFound(f"there is no item {self.item.id}")
            case other:
                raise AssertionError(f"commit answered {other!r}")


class Committer:
    """Turns steps of the desk into acts."""

    def __init__(self, keys: Keys, settings: Settings) -> None:
        self._keys = keys
        self._ttl_ms = settings.item_ttl * 1000
        self._archive_ms = settings.archive_ttl * 1000
        self._idem_ms = settings.idempotency_ttl * 1000
        self._window_ms = settings.duplicate_window * 1000

    def act(
        self,
        request: Request,
        before: Item | None,
        step: Step | None,
        *,
        now_ms: int,
        not_before: int = 0,
        force: bool = False,
        answered: bool = False,
    ) -> Command:
        """Return the act that makes ``before`` (None: a new item) what ``step`` says.

        Without a step nothing changes, but the answer is kept under the request's key and waited
        for. ``not_before`` is checked against Redis' clock. ``force`` skips the duplicate check.
        ``answered`` only fetches the kept answer: it matches no version, so it writes nothing.
        """
        item = _either(before, step)
        doc = encode(item)
        event = b""
        if step is not None and step.event is not None:
            event = step.event.record()[b"e"]
        content, content_before, mode, content_ttl = self._content(before, step, now_ms, force)
        due, expiry, out = self._indexes(before, step, now_ms)
        archived = step is not None and item.state in ("expired", "retracted", "test")
        keys = self._keys
        return Command(
            request,
            item,
            doc,
            (
                keys.idem(request.by, request.key),
                keys.item(item.id),
                keys.log(item.id),
                keys.wire,
                keys.latest,
                keys.due,
                keys.expiry,
                keys.out,
                keys.content(content),
                keys.content(content_before),
                *(keys.reads(window) for window in WINDOWS if out == "-"),
            ),
            (
                request.fingerprint,
                RETRY_TTL_MS if request.own else self._idem_ms,
                b"" if request.own else doc,
                item.id,
                -1 if answered else 0 if before is None else before.version,
                not_before,
                b"" if step is None else doc,
                item.version,
                item.state,
                event,
                mode,
                content_ttl,
                due,
                expiry,
                out,
                LATEST_MAX,
                self._archive_ms if archived else "",
                now_ms,
            ),
            answered,
        )

    def _content(
        self, before: Item | None, step: Step | None, now_ms: int, force: bool
    ) -> tuple[str, str, str, int]:
        """Return the content keys now and before, what to do with them, and for how long."""
        item = _either(before, step)
        key = content_key(item)
        was = key if before is None else content_key(before)
        ttl = self._window_ms
        if step is None or ttl == 0 or item.state == "test":
            return key, was, "", 0
        if item.state in ("expired", "retracted"):
            return key, was, "free", 0
        if item.state == "scheduled" and item.embargo_until is not None:
            ttl += max(0, parse_ms(item.embargo_until) - now_ms)
        if before is None:
            return key, was, "force" if force else "claim", ttl
        released = before.state != item.state
        return key, was, "take" if released or key != was else "", ttl

    def _indexes(self, before: Item | None, step: Step | None, now_ms: int) -> tuple[str, str, str]:
        """Return the operations on ``due``, ``expiry`` and ``out``, as the script reads them."""
        if step is None:
            return "", "", ""
        item = step.item
        if item.state == "scheduled" and item.embargo_until is not None:
            return str(parse_ms(item.embargo_until)), "", ""
        due = "-" if before is not None and before.state == "scheduled" else ""
        if item.state in ("expired", "retracted"):
            return due, "-", "-"
        if item.state != "live":
            return due, "", ""
        fresh = before is None or before.state != "live"
        out = str(parse_ms(item.published_at)) if fresh else ""
        return due, self._expiry(before, item, now_ms), out

    def _expiry(self, before: Item | None, item: Item, now_ms: int) -> str:
        if item.expires_ms is not None:
            return str(item.expires_ms)
        if item.pinned:
            return "-"
        dropped = before is not None and before.expires_at is not None
        return f"{'' if dropped else '?'}{now_ms + self._ttl_ms}"


def encode(item: Item) -> bytes:
    """Return the item as it is kept."""
    return orjson.dumps(item.model_dump())


def _either(before: Item | None, step: Step | None) -> Item:
    item = before if step is None else step.item
    if item is None:
        raise ValueError("an act needs an item or a step")
    return item


def _stream_id(reply: bytes) -> StreamId | None:
    return StreamId.parse(reply) if reply else None
