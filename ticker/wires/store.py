"""Feeds of the wire desk in Redis: settings, states, what was seen, and the worker that looks.

Editors write a feed's record, the worker with the lease its state. A result is saved only while
both are as they were at the look; so neither overwrites the other, and nothing of a feed that was
removed comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ticker.domain.errors import Conflict, NotFound, Unavailable
from ticker.domain.messages import said, unknown
from ticker.imports.watch_step import WatchState
from ticker.storage import leases
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline, script
from ticker.wires.feed import EVERY_MIN, FEEDS_MAX, Feed, FeedState

EDITS = 5
"""Attempts of a change while other changes keep overtaking it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A feed with all that is known of it, for one look."""

    record: bytes
    feed: Feed
    state: FeedState
    watch: WatchState


class Wires:
    """The feeds of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def all(self) -> list[tuple[Feed, FeedState]]:
        """Return all feeds with their states, by name."""
        with translate():
            feeds = await command(self._redis, "HGETALL", self._keys.wires)
            states = await command(self._redis, "HGETALL", self._keys.wire_states)
        return [
            (Feed.read(record), FeedState.read(states.get(name)))
            for name, record in sorted(feeds.items())
        ]

    async def get(self, name: str) -> tuple[Feed, FeedState]:
        """Return one feed. Raises NotFound."""
        with translate():
            record = await command(self._redis, "HGET", self._keys.wires, name)
            state = await command(self._redis, "HGET", self._keys.wire_states, name)
        if record is None:
            raise await self._missing(name)
        return Feed.read(record), FeedState.read(state)

    async def _missing(self, name: str) -> NotFound:
        return NotFound(unknown("no-wire", name, [feed.name for feed, _ in await self.all()]))

    async def add(self, feed: Feed, now_ms: int) -> None:
        """Add a feed. Raises Conflict for a name that is taken, and beyond ``FEEDS_MAX``."""
        outcome = await self._put(feed, b"", now_ms)
        if outcome == b"exists":
            raise Conflict(said("wire-exists", name=feed.name))
        if outcome == b"full":
            raise Conflict(said("wires-full", most=FEEDS_MAX))

    async def change(
        self, name: str, now_ms: int, setters: Sequence[str] = (), **changes: Any
    ) -> Feed:
        """Set fields of a feed, which is looked at again at once. Raises NotFound.

        ``setters`` are who changes it: see ``Feed.changed``.
        """
        for _ in range(EDITS):
            with translate():
                old = await command(self._redis, "HGET", self._keys.wires, name)
            if old is None:
                break
            feed = Feed.read(old).changed(setters, **changes)
            outcome = await self._put(feed, old, now_ms)
            if outcome == b"done":
                return feed
            if outcome == b"gone":
                break
        else:
            raise Unavailable("other requests keep changing this wire")
        raise await self._missing(name)

    async def remove(self, name: str) -> None:
        """Remove a feed. Its drafts stay. Raises NotFound."""
        keys = self._keys
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HDEL", keys.wires, name)
                pipe.execute_command("HDEL", keys.wire_states, name)
                pipe.execute_command("ZREM", keys.wires_due, name)
                pipe.execute_command("DEL", keys.wire_seen(name))
                removed, *_ = await pipe.execute()
        if not removed:
            raise await self._missing(name)

    async def look_soon(self, name: str) -> None:
        """Let the worker look at a feed soon, whatever its pause. Raises NotFound.

        At once, but not sooner than ``EVERY_MIN`` seconds after the last look: editors who ask
        again and again are no burden to the agency.
        """
        _, state = await self.get(name)
        at = 0 if state.looked_ms is None else state.looked_ms + EVERY_MIN * 1000
        with translate():
            await command(self._redis, "ZADD", self._keys.wires_due, "XX", at, name)

    # What the worker needs.

    async def names(self) -> frozenset[str]:
        """Return the names of all feeds."""
        with translate():
            found = await command(self._redis, "HKEYS", self._keys.wires)
        return frozenset(name.decode() for name in found)

    async def due(self, now_ms: int) -> list[str]:
        """Return the names of the feeds to look at now, those that wait longest first."""
        with translate():
            found = await command(self._redis, "ZRANGEBYSCORE", self._keys.wires_due, 0, now_ms)
        return [name.decode() for name in found]

    async def known(self, name: str) -> Known | None:
        """Return what is known of a feed, None if it was removed."""
        keys = self._keys
        with translate():
            record, state, seen = await pipeline(
                self._redis,
                [
                    ("HGET", keys.wires, name),
                    ("HGET", keys.wire_states, name),
                    ("GET", keys.wire_seen(name)),
                ],
            )
            for reply in (record, state, seen):
                if isinstance(reply, Exception):
                    raise reply
        if not isinstance(record, bytes):
            with translate():
                await command(self._redis, "ZREM", keys.wires_due, name)
            return None
        watch = WatchState()
        if isinstance(seen, bytes):
            try:
                watch = WatchState.read(seen)
            except ValueError:
                watch = WatchState()  # of another version; the newsroom knows its entries by key
        return Known(
            record,
            Feed.read(record),
            FeedState.read(state if isinstance(state, bytes) else None),
            watch,
        )

    async def save(
        self, known: Known, holder: str, state: FeedState, watch: WatchState | None
    ) -> bool:
        """Save the result of a look; ``watch`` None leaves what was seen as it is.

        Return False if the feed was changed or removed meanwhile, or the lease was lost.
        """
        keys = self._keys
        name = known.feed.name
        saved = await script("wires", "save")(
            self._redis,
            (keys.wires, keys.wire_states, keys.wires_due, keys.wires_lease, keys.wire_seen(name)),
            (
                *(name, known.record, holder, state.record(), state.next_ms),
                b"" if watch is None else watch.encoded(),
            ),
        )
        return bool(saved)

    async def lead(self, holder: str, ms: int) -> bool:
        """Take or renew the lease for ``ms``; return whether ``holder`` has it."""
        return await leases.hold(self._redis, self._keys.wires_lease, holder, ms)

    async def release(self, holder: str) -> None:
        """Release the lease of ``holder``, so that another worker can take it at once."""
        await leases.release(self._redis, self._keys.wires_lease, holder)

    async def _put(self, feed: Feed, old: bytes, now_ms: int) -> bytes:
        keys = self._keys
        outcome = await script("wires", "put")(
            self._redis,
            (keys.wires, keys.wires_due, keys.wire_states),
            (feed.name, old, feed.record(), FEEDS_MAX, now_ms),
        )
        assert isinstance(outcome, bytes)
        return outcome
