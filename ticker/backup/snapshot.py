"""Copies a running newsroom at one moment, without holding it up.

All keys are copied one after the other, while Redis tells which ones change. Those are copied
again, until one transaction has them all and nothing else has changed before it: the copy is of the
moment of that transaction. If the newsroom changes too fast for that, Redis holds all writes for
the length of a transaction. A stream is read in pages, and the transaction adds what was appended
since; if entries were deleted meanwhile, its length tells, and it is read once more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from ticker.backup.access import SESSIONS
from ticker.backup.archive import BackupError, Part
from ticker.domain.cursor import ZERO, StreamId
from ticker.storage.changed_keys import ChangedKeys
from ticker.storage.connection import Redis, RedisError, ResponseError
from ticker.storage.kept_connection import KeptConnection
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg

SCAN_COUNT = 500
PAGE = 1_000
"""Items of one part, and entries of one read."""
ROUNDS = 20
"""Transactions until one has all keys that have changed. Each adds the new ones to those it has."""
ROUNDS_WITHOUT_HOLD = 5
HOLD_MS = 2_000
"""After ``ROUNDS_WITHOUT_HOLD``, Redis holds all writes during a transaction, so long at most."""
WHOLE = 4
"""Deletions during as many reads of a stream; then the transaction reads it as a whole."""

# Leases, queues of arq (their jobs are not of the newsroom's keys), and what is only of the moment.
TRANSIENT = (
    "jobs", "webhooks:jobs", "webhooks:wake", "websub:lease:", "push:jobs:", "push:flash",
    "push:dry_run_claim:", "check:", "reads:by:", "restore:", *SESSIONS,
)  # fmt: skip
HEARTBEAT_FIELDS = frozenset({b"wire", b"wire_ms", b"live", b"live_ms"})


class Sink(Protocol):
    """Takes the parts of the copy."""

    def add(self, part: Part) -> None:
        """Take one part. Part 0 of a key makes void what came of it before."""


@dataclass
class _Stream:
    """A stream as far as it was read: without heartbeats, which live for seconds only."""

    last: StreamId = ZERO
    kept: int = 0
    parts: int = 0
    heartbeats: list[StreamId] = field(default_factory=list)
    """The newest that were skipped: they may be deleted."""
    read_again: int = 0


class Snapshot:
    """One copy. Use ``take`` once. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._reads = KeptConnection(redis)
        self._keys = keys
        self._changes = ChangedKeys(redis, keys.prefix)
        self._streams: dict[bytes, _Stream] = {}

    async def take(self, sink: Sink) -> None:
        """Give the copy to ``sink``. Raises BackupError where it cannot be made."""
        try:
            await self._changes.start()
        except ResponseError as error:
            raise BackupError(
                f"Redis does not tell which keys change ({error}); the user needs +client|tracking"
            ) from error
        try:
            async for name in self._names():
                for part in await self._copy(name):
                    sink.add(part)
                if name in self._streams:
                    await self._read_stream(name, sink)
            await self._take_changed(sink)
        finally:
            await self._changes.aclose()
            await self._reads.aclose()

    async def _take_changed(self, sink: Sink) -> None:
        """Copy what has changed meanwhile, in one transaction before which nothing else did."""
        dirty: set[bytes] = set(self._streams)
        for number in range(ROUNDS):
            if held := number >= ROUNDS_WITHOUT_HOLD:
                await self._ask(("CLIENT", "PAUSE", HOLD_MS, "WRITE"))
            try:
                dirty |= await self._changed()
                parts = await self._transaction(sorted(dirty), sink)
                later = await self._changed()
            finally:
                if held:
                    await self._ask(("CLIENT", "UNPAUSE"))
            if parts is not None and later <= dirty:
                for part in parts:
                    sink.add(part)
                return
            dirty |= later
        raise BackupError(f"the newsroom changed too fast: {ROUNDS} attempts failed")

    async def _changed(self) -> set[bytes]:
        return {name for name in await self._changes.since_last() if self._wanted(name)}

    async def _ask(self, *commands: tuple[Arg, ...]) -> list[Any]:
        """Return the replies as Redis sends them, errors among them."""
        return await self._reads.send(commands)

    def _wanted(self, name: bytes) -> bool:
        short = self._short(name)
        return not short.startswith(TRANSIENT) and not short.endswith(":lease")

    def _short(self, name: bytes) -> str:
        return name.decode().removeprefix(self._keys.prefix)

    async def _names(self) -> AsyncIterator[bytes]:
        seen: set[bytes] = set()
        cursor: Any = b"0"
        while True:
            scan = ("SCAN", cursor, "MATCH", self._keys.prefix + "*", "COUNT", SCAN_COUNT)
            [[cursor, names]] = await self._ask(scan)
            for name in names:
                if name not in seen and self._wanted(name):
                    seen.add(name)
                    yield name
            if int(cursor) == 0:
                return

    async def _copy(self, name: bytes) -> list[Part]:
        """Return a copy of a key that is not a stream; note a stream; nothing for what is gone."""
        [found] = await self._ask(("TYPE", name))
        kind = found.decode()
        if kind == "none":
            return []
        if kind == "stream":
            self._streams.setdefault(name, _Stream())
            return []
        expires, value = await self._ask(("PEXPIRETIME", name), _read_command(kind, name))
        if isinstance(value, RedisError):
            return []  # changed its type: it is among those that changed
        return list(self._parts(name, kind, value, expires))

    def _parts(self, name: bytes, kind: Any, value: Any, expires: Any) -> Iterator[Part]:
        items = _items(kind, value)
        if name.decode() == self._keys.heartbeat:
            items = [pair for pair in items if pair[0] not in HEARTBEAT_FIELDS]
        until = int(expires) if int(expires) > 0 else None
        for number, start in enumerate(range(0, max(1, len(items)), PAGE)):
            yield Part(self._short(name), kind, number, items[start : start + PAGE], until)

    async def _read_stream(self, name: bytes, sink: Sink) -> None:
        stream = self._streams[name]
        while True:
            page = ("XRANGE", name, f"({stream.last}", "+", "COUNT", PAGE)
            [entries] = await self._ask(page)
            self._take(name, stream, entries, sink)
            if len(entries) < PAGE:
                return

    def _take(self, name: bytes, stream: _Stream, entries: list[Any], sink: Sink) -> None:
        items = []
        for id, fields in entries:
            stream.last = StreamId.parse(id)
            if b"h" in fields[::2]:
                stream.heartbeats = [*stream.heartbeats[-9:], stream.last]
            else:
                items.append([id, *fields])
        stream.kept += len(items)
        if items or not stream.parts:
            sink.add(Part(self._short(name), "stream", stream.parts, items))
            stream.parts += 1

    async def _transaction(self, names: list[bytes], sink: Sink) -> list[Part] | None:
        """Return the parts of ``names`` at one moment, or None if it has to be tried again."""
        kinds = [kind.decode() for kind in await self._ask(*(("TYPE", name) for name in names))]
        asked: list[tuple[Arg, ...]] = []
        lengths: list[int] = []
        for name, kind in zip(names, kinds, strict=True):
            if kind == "stream":
                stream = self._streams.setdefault(name, _Stream())
                if not stream.parts and stream.read_again < WHOLE:
                    await self._read_stream(name, sink)
            commands = await self._commands(name, kind)
            asked += commands
            lengths.append(len(commands))
        replies = await self._changes.run(asked)
        parts: list[Part] = []
        position = 0
        for name, kind, length in zip(names, kinds, lengths, strict=True):
            found = replies[position : position + length]
            position += length
            if found[0].decode() != kind or any(isinstance(one, RedisError) for one in found):
                return None
            if kind == "none":
                parts.append(Part(self._short(name), "string", 0, []))  # gone: nothing to restore
            elif kind != "stream":
                parts += self._parts(name, kind, found[2], found[1])
            elif (last := self._last_part(name, found)) is not None:
                parts.append(last)
            else:
                return None
        return parts

    async def _commands(self, name: bytes, kind: str) -> list[tuple[Arg, ...]]:
        if kind == "none":
            return [("TYPE", name)]
        if kind != "stream":
            return [("TYPE", name), ("PEXPIRETIME", name), _read_command(kind, name)]
        stream = self._streams[name]
        start = f"({stream.last}"
        if stream.read_again >= WHOLE:
            start, self._streams[name] = "-", _Stream(read_again=stream.read_again)
            stream = self._streams[name]
        [groups] = await self._ask(("XINFO", "GROUPS", name))
        pending = [("XPENDING", name, _fields(group)[b"name"]) for group in groups]
        skipped = [("XRANGE", name, str(id), str(id)) for id in stream.heartbeats]
        return [
            ("TYPE", name),
            ("XINFO", "STREAM", name),
            ("XRANGE", name, start, "+"),
            ("XINFO", "GROUPS", name),
            *pending,
            *skipped,
        ]

    def _last_part(self, name: bytes, found: list[Any]) -> Part | None:
        """Return the end of a stream, with its state; None if entries were deleted meanwhile."""
        _, info, entries, groups, *rest = found
        stream = self._streams[name]
        known = _fields(info)
        pending, skipped = rest[: len(groups)], rest[len(groups) :]
        still = sum(bool(one) for one in skipped)
        if int(known[b"length"]) != stream.kept + still + len(entries):
            self._streams[name] = _Stream(read_again=stream.read_again + 1)
            return None
        items = [[id, *fields] for id, fields in entries if b"h" not in fields[::2]]
        state = {
            "last": known[b"last-generated-id"].decode(),
            "added": int(known[b"entries-added"]),
            "deleted": known[b"max-deleted-entry-id"].decode(),
            "groups": [
                _group(_fields(group), one) for group, one in zip(groups, pending, strict=True)
            ],
        }
        return Part(self._short(name), "stream", stream.parts, items, None, state)


def _group(group: dict[bytes, Any], pending: Any) -> list[str]:
    """Return a group's name, and the id after which it goes on: what is pending comes again."""
    last = StreamId.parse(group[b"last-delivered-id"])
    if pending and pending[0]:
        last = min(last, StreamId.parse(pending[1]).before())
    return [group[b"name"].decode(), str(last)]


def _read_command(kind: str, name: bytes) -> tuple[Arg, ...]:
    match kind:
        case "string":
            return ("GET", name)
        case "hash":
            return ("HGETALL", name)
        case "list":
            return ("LRANGE", name, 0, -1)
        case "set":
            return ("SMEMBERS", name)
        case "zset":
            return ("ZRANGE", name, 0, -1, "WITHSCORES")
        case _:
            raise BackupError(f"{name!r} is of the type {kind}, which no key of Ticker has")


def _items(kind: str, value: Any) -> list[Any]:
    if kind == "string":
        return [value]
    if kind in ("hash", "zset"):
        return [list(pair) for pair in zip(value[::2], value[1::2], strict=True)]
    return sorted(value) if kind == "set" else list(value)


def _fields(reply: Any) -> dict[bytes, Any]:
    return dict(zip(reply[::2], reply[1::2], strict=True))
