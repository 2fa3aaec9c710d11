"""Push subscriptions in Redis, in shards of at most ``SHARD_MAX`` that are read in pages.

A shard is a sorted set of ids in which every score is 0, so it is ordered by id. An id is therefore
a position that stays valid while subscriptions come and go, and after a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.push.model.subscription import PROVIDERS, ProviderName, Subscription
from ticker.push.model.topics import Topic
from ticker.push.store.limits import FAILURES_MAX, REFUSALS, UNPROVEN_MS, Limits
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, pipeline, script

SHARD_MAX = 10_000
"""Subscriptions in one shard; a further one opens a new shard."""
PAGE_MAX = 1_000
FORMER_MAX = 8
"""Former topics of a device under which it stays filed: a correction finds it where the alert did.
The oldest are dropped first."""
RACES = 5
"""Attempts of one registration while another of the same device keeps overtaking it."""
QUARANTINE_MAX = 100_000
"""Quarantined subscriptions of one provider; further ones are deleted instead."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One list of a topic's subscriptions, named like ``webpush/en/politics/urgent/0``."""

    provider: ProviderName
    topic: Topic
    number: int

    def __str__(self) -> str:
        return f"{self.provider}/{self.topic}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard with the name ``text``. Raises ValueError or KeyError."""
        provider, _, rest = text.partition("/")
        topic, _, number = rest.rpartition("/")
        known = next((name for name in PROVIDERS if name == provider), None)
        if known is None:
            raise ValueError(f"unknown provider {provider!r}")
        return cls(known, Topic.parse(topic), int(number))


@dataclass(frozen=True, slots=True)
class Page:
    """Subscriptions in the order of their ids.

    ``last`` is the last id of the page, None at the shard's end. ``records`` are the stored bytes
    by id; pass them to ``prune`` and ``quarantine``.
    """

    subscriptions: list[Subscription]
    last: str | None
    records: dict[str, bytes]


class Subscriptions:
    """The subscriptions of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        most: int,
        shard_max: int = SHARD_MAX,
        limits: Limits | None = None,
    ) -> None:
        """Keep at most ``most`` subscriptions of each provider, within ``limits``."""
        self._redis = redis
        self._keys = keys
        self._most = most
        self._shard_max = shard_max
        self._limits = Limits() if limits is None else limits

    async def register(self, subscription: Subscription, replaces: str | None = None) -> bool:
        """Store ``subscription`` in place of the one with the id ``replaces``.

        Return whether it is new. Also raises Unavailable when ``most`` are registered, or when a
        limit is reached.
        """
        provider = subscription.provider
        for _ in range(RACES):
            now, known, old = await self._read(provider, subscription.id, replaces)
            one = subscription.succeeding(known, now)
            keys, args = self.registration(one, old, replaces)
            reply = await script("push", "register")(self._redis, keys, args)
            if (why := REFUSALS.get(reply)) is not None:
                raise Unavailable(why, retry_after=3_600)
            if reply != b"raced":
                return bool(reply == b"new")
        raise Unavailable("other requests keep changing the same device")

    def registration(
        self, one: Subscription, read: bytes = b"", replaces: str | None = None
    ) -> tuple[list[str], list[Arg]]:
        """Return keys and arguments of the script that registers ``one``.

        ``read`` is the record that is stored now, if there is one.
        """
        limits = {
            "subscriptions": self._most,
            "shard": self._shard_max,
            "former_topics": FORMER_MAX,
            **self._limits.fields,
        }
        command = {
            "provider": one.provider,
            "id": one.id,
            "topics": [f"{one.provider}/{topic}" for topic in one.topics],
            "replaces": replaces or "",
            "limits": limits,
        }
        keys = [*self._names(one.provider), self._keys.push_shards]
        return keys, [self._keys.prefix, orjson.dumps(command), one.record(), read]

    async def get(self, provider: ProviderName, id: str) -> Subscription | None:
        """Return the subscription ``id``, None if there is none."""
        with translate():
            record = await command(self._redis, "HGET", self._keys.push_subscriptions(provider), id)
        return None if record is None else Subscription.read(provider, id, record)

    async def forget(self, provider: ProviderName, id: str) -> bool:
        """Delete the subscription ``id``; return whether there was one."""
        return await self._remove(provider, [(id, b"")], 0) > 0

    async def prune(self, provider: ProviderName, read: Iterable[tuple[str, bytes]]) -> int:
        """Delete subscriptions, given as id and record, unless they changed since they were read.

        Return how many were deleted.
        """
        return await self._remove(provider, read, 0)

    async def quarantine(self, provider: ProviderName, read: Iterable[tuple[str, bytes]]) -> int:
        """Move subscriptions to the quarantine, like ``prune``. Registering again restores them."""
        return await self._remove(provider, read, QUARANTINE_MAX)

    async def judge_unproven(self, accepted: Iterable[str], failed: Iterable[str]) -> int:
        """Note which browsers at unknown services accepted a message, and for which it failed.

        One that never accepted one is deleted after ``FAILURES_MAX``; return how many were.
        """
        keys = self._keys
        pairs: list[Arg] = []
        for id in accepted:
            pairs += [id, 1]
        for id in failed:
            pairs += [id, 0]
        if not pairs:
            return 0
        names = [keys.push_unproven, keys.push_unproven_failures]
        args: list[Arg] = [keys.prefix, FAILURES_MAX, *pairs]
        return int(await script("push", "judge_unproven")(self._redis, names, args))

    async def expire_unproven(self) -> int:
        """Delete browsers at unknown services that accepted nothing for ``UNPROVEN_MS``.

        Return how many were deleted.
        """
        total = 0
        while True:
            args: list[Arg] = [self._keys.prefix, UNPROVEN_MS, PAGE_MAX]
            names = [self._keys.push_unproven]
            count = int(await script("push", "expire_unproven")(self._redis, names, args))
            total += count
            if count < PAGE_MAX:
                return total

    async def count(self, provider: ProviderName) -> int:
        """Return how many subscriptions a provider has."""
        with translate():
            return int(await command(self._redis, "HLEN", self._keys.push_subscriptions(provider)))

    async def reach(self, provider: ProviderName, topics: Sequence[Topic]) -> int:
        """Return how many subscriptions are filed under ``topics``.

        One that is filed under several of them counts for each.
        """
        shards = await self.shards(provider, topics)
        with translate():
            sizes = await pipeline(
                self._redis, [("ZCARD", self._keys.push_shard(str(shard))) for shard in shards]
            )
        for size in sizes:
            if isinstance(size, Exception):
                raise size
        return sum(size for size in sizes if isinstance(size, int))

    async def shards(self, provider: ProviderName, topics: Sequence[Topic]) -> list[Shard]:
        """Return the shards of ``topics`` that have members, in the order of the topics.

        One command, however many topics.
        """
        if not topics:
            return []
        names = [f"{provider}/{topic}" for topic in topics]
        found = await script("push", "shards")(
            self._redis, [self._keys.push_shards], [self._keys.prefix, *names]
        )
        return [
            Shard(provider, topic, number)
            for topic, numbers in zip(topics, found, strict=True)
            for number in numbers
        ]

    async def some(self, provider: ProviderName, ids: Sequence[str]) -> Page:
        """Return the subscriptions of ``ids`` (at most ``PAGE_MAX``) that still exist."""
        if not ids:
            return Page([], None, {})
        with translate():
            found = await command(
                self._redis, "HMGET", self._keys.push_subscriptions(provider), *ids
            )
        return _page(provider, ids, found, None)

    async def remaining(self, shard: Shard, after: str, last: str = "") -> int:
        """Return how many subscriptions of ``shard`` have ids after ``after``, up to ``last``."""
        low, high = f"({after}" if after else "-", f"[{last}" if last else "+"
        name = self._keys.push_shard(str(shard))
        with translate():
            return int(await command(self._redis, "ZLEXCOUNT", name, low, high))

    async def _read(
        self, provider: ProviderName, id: str, replaces: str | None
    ) -> tuple[int, Subscription | None, bytes]:
        """Return the time, the subscription to be succeeded, and the record of ``id`` or b''."""
        name = self._keys.push_subscriptions(provider)
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("TIME")
                pipe.execute_command("HGET", name, id)
                pipe.execute_command("HGET", name, replaces or "")
                (seconds, micros), old, other = await pipe.execute()
        now = int(seconds) * 1000 + int(micros) // 1000
        known, whose = (old, id) if old is not None else (other, replaces or "")
        return now, None if known is None else Subscription.read(provider, whose, known), old or b""

    def _names(self, provider: ProviderName) -> list[str]:
        keys = self._keys
        return [
            keys.push_subscriptions(provider),
            keys.push_placements(provider),
            keys.push_quarantine(provider),
        ]

    async def _remove(
        self, provider: ProviderName, read: Iterable[tuple[str, bytes]], quarantine_max: int
    ) -> int:
        pairs = [part for pair in read for part in pair]
        if not pairs:
            return 0
        names = [self._keys.push_subscriptions(provider), self._keys.push_quarantine(provider)]
        args = [self._keys.prefix, provider, quarantine_max, *pairs]
        return int(await script("push", "remove")(self._redis, names, args))


def registrations(redis: Redis, keys: Keys, settings: Settings) -> Subscriptions:
    """Return the subscriptions with the limits that ``settings`` give."""
    limits = Limits(
        settings.push_bytes_max, settings.push_unknown_max, settings.push_unknown_host_max
    )
    return Subscriptions(redis, keys, settings.push_subscriptions_max, limits=limits)


def read_page(provider: ProviderName, ids: Sequence[bytes], found: Sequence[bytes | None]) -> Page:
    """Return the page with ``ids`` whose records are ``found``; None stands for a missing one."""
    names = [id.decode() for id in ids]
    return _page(provider, names, found, names[-1] if names else None)


def _page(
    provider: ProviderName, ids: Sequence[str], found: Sequence[bytes | None], last: str | None
) -> Page:
    records = {id: text for id, text in zip(ids, found, strict=True) if text is not None}
    read = [Subscription.read(provider, id, text) for id, text in records.items()]
    return Page(read, last, records)
