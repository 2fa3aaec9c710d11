"""The lane in Redis: gateways load, read and verify it, relays carry the wire into it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import orjson

from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import Record
from ticker.domain.timeline import Timeline
from ticker.storage.connection import BLOCK_MAX, Redis, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from ticker.stream.replica_follower import Follower, ReplicaFollower
from ticker.stream.replica_proof import prove
from ticker.stream.stream_info import last_id, raw_entries
from ticker.stream.tail_connection import TailConnection

Entry: TypeAlias = tuple[StreamId, Record]

TRIM_AT_ONCE = 1_000
"""Entries that one call of ``trim`` takes off each stream; Redis serves nobody else meanwhile."""
VERIFY_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The lane at one moment. Below ``floor``, ``recent`` (oldest first) lacks events."""

    timeline: Timeline
    floor: StreamId
    top: StreamId
    now_ms: int
    """Redis' clock."""
    current: list[Entry]
    """The event of each current item that made it what it is."""
    recent: list[Entry]


@dataclass(frozen=True, slots=True)
class Verification:
    """The facts from which ``stream.replay.rewritten`` decides."""

    epoch: int
    top: StreamId
    floor: StreamId
    present: bool
    retracted_since: set[str]
    authoritative: bool
    """Whether the server is a primary, or a replica that hears from its primary."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Counts of one ``carry``, and the lane after it."""

    entries: int
    """Entries of the wire that it took."""
    top: StreamId
    shown: int
    removed: int
    withheld: int
    """Events of items that were retracted before they were carried; noops stand in their place."""
    buried: int
    heartbeats: int
    scrubbed: int
    """Entries about retracted items that it deleted from the lane."""
    lane_length: int
    wire_length: int


class LaneStore:
    """The lane of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        reader: Redis | None = None,
        replica: Redis | None = None,
        silence: float = 10.0,
    ) -> None:
        """``reader`` serves ``read``, ``follow`` and ``read_wire``: ``connect(blocking=True)``.

        Without one, ``redis`` itself must be made like that. ``follow`` uses ``replica`` if there
        is one, as long as it has an entry every ``silence`` seconds.
        """
        self._redis = redis
        self._reader = redis if reader is None else reader
        self._keys = keys
        self._follower: Follower = TailConnection(self._reader, keys)
        self._replica: ReplicaFollower | None = None
        if replica is not None:
            self._follower = self._replica = ReplicaFollower(
                TailConnection(replica, keys),
                self._follower,
                partial(prove, redis, replica, keys),
                silence,
                time.monotonic,
            )

    async def aclose(self) -> None:
        """Close the connection that ``follow`` keeps. The caller closes the clients."""
        await self._follower.aclose()

    @property
    def on_replica(self) -> bool:
        """Tell whether the last ``follow`` was of a replica."""
        return self._replica is not None and self._replica.on_replica

    async def leave_replica(self, why: str) -> bool:
        """Follow the lane on the primary for a while, because of something that the replica said.

        Return whether the last ``follow`` was of a replica: what it said is not to be believed.
        """
        return self._replica is not None and await self._replica.leave(why)

    async def open(self) -> tuple[int, StreamId, StreamId]:
        """Return epoch, floor and top of the lane, after making sure that it exists.

        A lane that existed and is gone gets a new epoch; relays rebuild it from the wire. So does a
        lane that another server began the epoch of: after a failover, a restart or a restore.
        """
        keys = self._keys
        names = (keys.live, keys.wire, keys.epochs, keys.floor)
        epoch, floor, top = await script("stream", "open")(self._redis, names)
        return int(epoch), StreamId.parse(floor), StreamId.parse(top)

    async def load(self, window: int) -> Checkpoint:
        """Return the lane at one moment: the current items, and the last ``window`` entries."""
        keys = self._keys
        for _ in range(3):
            await self.open()
            with translate():
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.execute_command("HGETALL", keys.epochs)
                    pipe.execute_command("TIME")
                    pipe.execute_command("GET", keys.floor)
                    pipe.execute_command("XINFO STREAM", keys.live)
                    pipe.execute_command("HVALS", keys.current)
                    pipe.execute_command("XREVRANGE", keys.live, "+", "-", "COUNT", window)
                    try:
                        epochs, now, floor, info, current, recent = await pipe.execute()
                    except ResponseError as error:
                        if "no such key" not in str(error):
                            raise
                        continue  # the lane was deleted since open()
            break
        else:
            raise AssertionError("the lane is deleted again and again")
        entries: list[Entry] = [(StreamId.parse(id), record) for id, record in reversed(recent)]
        lowest = StreamId.parse(floor or b"0-0")
        if len(entries) == window:
            lowest = max(lowest, entries[0][0].before())
        return Checkpoint(
            Timeline.read(epochs),
            lowest,
            last_id(info),
            int(now[0]) * 1000 + int(now[1]) // 1000,
            [_current_entry(value) for value in current],
            entries,
        )

    async def read(self, after: StreamId, block_ms: int, count: int) -> list[Entry]:
        """Return up to ``count`` lane entries after ``after``; wait ``block_ms`` for one."""
        return await self._read(self._keys.live, after, block_ms, count)

    async def follow(
        self, after: StreamId, block_ms: int, count: int
    ) -> tuple[list[Entry], StreamId]:
        """Return what ``read`` does, and the floor if entries may be missing. One task at a time.

        A floor above ``after`` means that entries were trimmed which the caller has not seen: what
        came may follow a gap. Load again then. It is ``ZERO`` where nothing can be missing.
        """
        _check_block(block_ms)
        return await self._follower.read(after, block_ms, count)

    async def read_wire(self, after: StreamId, block_ms: int, count: int) -> list[Entry]:
        """Return up to ``count`` wire entries after ``after``; wait ``block_ms`` for one."""
        return await self._read(self._keys.wire, after, block_ms, count)

    async def wire_entries(self, ids: Sequence[StreamId]) -> list[Entry]:
        """Return the wire's entries with the lane's ``ids``, as far as the wire keeps them."""
        if not ids:
            return []
        names = [str(id) for id in ids]
        reply = await script("stream", "wire_entries")(self._redis, [self._keys.wire], names)
        return raw_entries(reply)

    async def verify(self, position: StreamId, witness: StreamId | None) -> Verification:
        """Return the facts that tell whether the lane still is the one read up to ``position``.

        ``witness`` is the newest event it holds, if it holds any.
        """
        keys = self._keys
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HGET", keys.epochs, "current")
                pipe.execute_command("INFO", "replication")
                pipe.execute_command("GET", keys.floor)
                pipe.execute_command("EXISTS", keys.live)
                pipe.execute_command("XINFO STREAM", keys.live)
                sought = str(witness or ZERO)
                pipe.execute_command("XRANGE", keys.live, sought, sought)
                replies = await pipe.execute(raise_on_error=False)
                epoch, replication, floor, exists, info, found = replies
                for reply in (epoch, floor, exists, found):
                    if isinstance(reply, Exception):
                        raise reply
        present = bool(found)
        return Verification(
            int(epoch or 0),
            last_id(info) if exists else ZERO,
            StreamId.parse(floor or b"0-0"),
            present,
            set() if present or witness is None else await self._retracted_since(position),
            _authoritative(replication),
        )

    async def timeline(self) -> Timeline:
        """Return the epoch in force and the ends of earlier ones; epoch 0 if there is none."""
        with translate():
            fields = await command(self._redis, "HGETALL", self._keys.epochs)
        return Timeline.read(fields)

    async def new_epoch(self, seen: int, *, damaged: bool) -> int:
        """Start an epoch greater than ``seen``, unless one has begun; return the one in force.

        ``damaged``: the lane lacks entries that were in it under its own epochs. Then no cursor of
        an earlier epoch is good any more; otherwise those up to the lane's end are.
        """
        names = (self._keys.epochs, self._keys.live)
        return int(await script("stream", "new_epoch")(self._redis, names, [seen, int(damaged)]))

    async def carry(self, count: int) -> Carried | None:
        """Carry up to ``count`` entries that wait on the wire into the lane, in one script.

        Wire and lane are those of the one server that runs it: no argument says where either
        stands. Return None if there is no lane; call ``open`` then.
        """
        keys = self._keys
        names = (keys.live, keys.wire, keys.current, keys.dead, keys.heartbeat)
        return read_carried(await script("stream", "carry")(self._redis, names, [count]))

    async def send_heartbeat(self, interval_ms: int) -> tuple[StreamId | None, int]:
        """Put the newsroom's heartbeat on the wire if this interval has none yet.

        Return its id, or None if another worker sent it, and the ms until the next is due.
        """
        keys = self._keys
        names = (keys.wire, keys.heartbeat)
        id, wait = await script("stream", "send_heartbeat")(self._redis, names, [interval_ms])
        return StreamId.parse(id) if id else None, max(0, wait)

    async def trim(self, lane_keep: int, wire_keep: int) -> tuple[int, int]:
        """Take up to ``TRIM_AT_ONCE`` old entries off lane and wire; return how many went.

        At least ``lane_keep`` and ``wire_keep`` stay, and everything on the wire that is not in the
        lane yet. Current items stay current.
        """
        keys = self._keys
        names = (keys.live, keys.wire, keys.floor, keys.heartbeat)
        lane, wire = await script("stream", "trim")(
            self._redis, names, [lane_keep, wire_keep, TRIM_AT_ONCE]
        )
        return int(lane), int(wire)

    async def dead_letters(self, limit: int) -> list[Entry]:
        """Return up to ``limit`` dead letters, newest first: ``wire``, ``reason``, ``record``."""
        with translate():
            reply = await command(
                self._redis, "XREVRANGE", self._keys.dead, "+", "-", "COUNT", limit
            )
        return [(StreamId.parse(id), record) for id, record in reply]

    async def _read(self, key: str, after: StreamId, block_ms: int, count: int) -> list[Entry]:
        _check_block(block_ms)
        with translate():
            return _entries(await command(self._reader, *_xread(key, after, block_ms, count)))

    async def _retracted_since(self, position: StreamId) -> set[str]:
        ids: set[str] = set()
        after = position
        while True:
            with translate():
                reply = await command(
                    self._redis,
                    *("XRANGE", self._keys.live, f"({after}", "+", "COUNT", VERIFY_PAGE),
                )
            for id, record in reply:
                after = StreamId.parse(id)
                body = record.get(b"e", b"")
                if b'"retract"' in body:
                    event = orjson.loads(body)
                    if event["action"] == "retract":
                        ids.add(event["item"]["id"])
            if len(reply) < VERIFY_PAGE:
                return ids
            await asyncio.sleep(0)


def read_carried(reply: list[Any]) -> Carried | None:
    """Return what the script ``carry`` replied; None if there is no lane."""
    entries, top, *counts = reply
    return None if entries < 0 else Carried(entries, StreamId.parse(top), *counts)


def _check_block(block_ms: int) -> None:
    if block_ms > BLOCK_MAX * 1000:
        raise ValueError(f"block_ms is at most {BLOCK_MAX * 1000:.0f}")


def _xread(key: str, after: StreamId, block_ms: int, count: int) -> tuple[str | int, ...]:
    # BLOCK 0 would wait forever.
    block = ("BLOCK", block_ms) if block_ms > 0 else ()
    return ("XREAD", "COUNT", count, *block, "STREAMS", key, str(after))


def _entries(reply: Any) -> list[Entry]:
    if not reply:
        return []
    return [(StreamId.parse(id), record) for id, record in reply[0][1]]


def _authoritative(info: Any) -> bool:
    """Tell whether a server with this INFO knows where the lane ends."""
    if not isinstance(info, dict):
        return True  # it may not be asked: take it for what its address says
    return info.get("role") == "master" or info.get("master_link_status") == "up"


def _current_entry(value: bytes) -> Entry:
    id, _, body = value.partition(b" ")
    return StreamId.parse(id), {b"e": body}
