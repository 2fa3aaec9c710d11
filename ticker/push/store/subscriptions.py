"""Who wants to be told, in shards of at most ``SHARD_MAX`` that are read in pages.

A shard is a sorted set of ids in which every score is 0, so that its order is that of the ids: an
id is a position that stays meaningful whatever is added and removed, and survives a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ticker.domain.errors import Unavailable
from ticker.push.model.subscription import PROVIDERS, ProviderName, Subscription
from ticker.push.model.topics import Topic
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, script

SHARD_MAX = 10_000
"""Subscriptions in one shard; the next one opens another."""
PAGE_MAX = 1_000
FORMER_MAX = 8
"""Topics that a device has left and is still filed under: who was told something there is found
there when it is corrected. Those that were left longest ago go first."""
RACES = 5
"""Times that one registration starts over because another of the same device was faster."""
QUARANTINE_MAX = 100_000
"""Subscriptions set aside of one provider; further ones are forgotten instead."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One list of subscriptions of a topic, named like ``webpush/en/politics/urgent/0``."""

    provider: ProviderName
    topic: Topic
    number: int

    def __str__(self) -> str:
        return f"{self.provider}/{self.topic}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that ``str()`` named. Raises ValueError or KeyError."""
        provider, _, rest = text.partition("/")
        topic, _, number = rest.rpartition("/")
        known = next((name for name in PROVIDERS if name == provider), None)
        if known is None:
            raise ValueError(f"unknown provider {provider!r}")
        return cls(known, Topic.parse(topic), int(number))


@dataclass(frozen=True, slots=True)
class Page:
    """Subscriptions in the order of their ids. ``last`` is where the next page begins, None at the
    shard's end. ``records`` are what was read, by id: what ``remove`` compares.
    """

    subscriptions: list[Subscription]
    last: str | None
    records: dict[str, bytes]


class Subscriptions:
    """The newsroom's subscribers. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, most: int, shard_max: int = SHARD_MAX) -> None:
        """``most`` subscriptions of one provider are kept."""
        self._redis = redis
        self._keys = keys
        self._most = most
        self._shard_max = shard_max

    async def register(self, subscription: Subscription, replaces: str | None = None) -> bool:
        """File ``subscription``, and forget the one with the id ``replaces``; return whether it is
        new. Raises Unavailable also when no more are taken.
        """
        provider = subscription.provider
        for _ in range(RACES):
            now, known, old = await self._read(provider, subscription.id, replaces)
            one = subscription.succeeding(known, now)
            args: list[Arg] = [self._keys.prefix, provider, one.id, one.record(), old]
            args += [self._shard_max, self._most, replaces or "", FORMER_MAX]
            args += [f"{provider}/{topic}" for topic in one.topics]
            keys = [*self._names(provider), self._keys.push_shards]
            reply = await script("push", "register")(self._redis, keys, args)
            if reply == b"full":
                raise Unavailable("this newsroom takes no more subscriptions", retry_after=3_600)
            if reply != b"raced":
                return bool(reply == b"new")
        raise Unavailable("somebody else registers the same device again and again")

    async def get(self, provider: ProviderName, id: str) -> Subscription | None:
        """Return the subscription ``id``, None if there is none."""
        with translate():
            record = await command(self._redis, "HGET", self._keys.push_subscriptions(provider), id)
        return None if record is None else Subscription.read(provider, id, record)

    async def forget(self, provider: ProviderName, id: str) -> bool:
        """Forget the subscription ``id``; return whether there was one."""
        return await self._remove(provider, [(id, b"")], 0) > 0

    async def prune(self, provider: ProviderName, read: Iterable[tuple[str, bytes]]) -> int:
        """Forget subscriptions, given as id and record, unless they changed since they were read.

        Return how many went.
        """
        return await self._remove(provider, read, 0)

    async def quarantine(self, provider: ProviderName, read: Iterable[tuple[str, bytes]]) -> int:
        """Set subscriptions aside, like ``prune``. Registered again they are back."""
        return await self._remove(provider, read, QUARANTINE_MAX)

    async def count(self, provider: ProviderName) -> int:
        """Return how many there are of a provider."""
        with translate():
            return int(await command(self._redis, "HLEN", self._keys.push_subscriptions(provider)))

    async def set_aside(self, provider: ProviderName) -> int:
        """Return how many are in quarantine."""
        with translate():
            return int(await command(self._redis, "HLEN", self._keys.push_quarantine(provider)))

    async def shards(self, provider: ProviderName, topics: Sequence[Topic]) -> list[Shard]:
        """Return the shards of ``topics``, in their order; one command, however many."""
        if not topics:
            return []
        names = [f"{provider}/{topic}" for topic in topics]
        with translate():
            counts = await command(self._redis, "HMGET", self._keys.push_shards, *names)
        return [
            Shard(provider, topic, number)
            for topic, count in zip(topics, counts, strict=True)
            for number in range(int(count or 0))
        ]

    async def page(self, shard: Shard, after: str = "", count: int = PAGE_MAX) -> Page:
        """Return up to ``count`` subscriptions of ``shard`` after the id ``after``."""
        keys = [self._keys.push_shard(str(shard)), self._keys.push_subscriptions(shard.provider)]
        ids, found = await script("push", "page")(self._redis, keys, [after, count])
        names = [id.decode() for id in ids]
        return _page(shard.provider, names, found, names[-1] if names else None)

    async def some(self, provider: ProviderName, ids: Sequence[str]) -> Page:
        """Return those of ``ids`` (``PAGE_MAX`` at most) that there still are."""
        if not ids:
            return Page([], None, {})
        with translate():
            found = await command(
                self._redis, "HMGET", self._keys.push_subscriptions(provider), *ids
            )
        return _page(provider, ids, found, None)

    async def remaining(self, shard: Shard, after: str, last: str = "") -> int:
        """Return how many subscriptions of ``shard`` come after ``after``, up to ``last``."""
        low, high = f"({after}" if after else "-", f"[{last}" if last else "+"
        name = self._keys.push_shard(str(shard))
        with translate():
            return int(await command(self._redis, "ZLEXCOUNT", name, low, high))

    async def _read(
        self, provider: ProviderName, id: str, replaces: str | None
    ) -> tuple[int, Subscription | None, bytes]:
        """Return the time, who is to be succeeded, and the record under ``id``, empty for none."""
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
            keys.push_filed(provider),
            keys.push_quarantine(provider),
        ]

    async def _remove(
        self, provider: ProviderName, read: Iterable[tuple[str, bytes]], aside: int
    ) -> int:
        pairs = [part for pair in read for part in pair]
        if not pairs:
            return 0
        args = [self._keys.prefix, aside, *pairs]
        return int(await script("push", "remove")(self._redis, self._names(provider), args))


def _page(
    provider: ProviderName, ids: Sequence[str], found: Sequence[bytes | None], last: str | None
) -> Page:
    """Return the page of those ``ids`` whose records were ``found``."""
    records = {id: text for id, text in zip(ids, found, strict=True) if text is not None}
    read = [Subscription.read(provider, id, text) for id, text in records.items()]
    return Page(read, last, records)
