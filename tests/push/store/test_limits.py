"""Limits of registrations: bytes, unknown push services, browsers that never accepted a message."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.domain.item import Level
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.store.limits import FAILURES_MAX, UNPROVEN_MS, Limits
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

TAXONOMY = Settings().taxonomy
POINT = (
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW" + "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
)
KEYS = {"p256dh": POINT, "auth": "A" * 22}
KNOWN = "https://fcm.googleapis.com/fcm/send/"


def browser(endpoint: str, *sections: str) -> Subscription:
    subscription = {"endpoint": endpoint, "keys": KEYS}
    data = {"subscription": subscription, "edition": "en", "sections": sections}
    return read_browser(data, TAXONOMY, 1, PushServices())[0]


class Counted:
    """A store with small limits, and what it counts."""

    def __init__(self, redis: Redis, keys: Keys, **limits: Any) -> None:
        self.redis, self.keys = redis, keys
        self.store = Subscriptions(redis, keys, 1_000, limits=Limits(**limits))

    async def add(self, endpoint: str, *sections: str, replaces: str | None = None) -> Subscription:
        one = browser(endpoint, *sections)
        await self.store.register(one, replaces)
        return one

    async def unknown(self) -> dict[str, int]:
        found = await command(self.redis, "HGETALL", self.keys.push_unknown)
        return {name.decode(): int(value) for name, value in found.items()}

    async def bytes(self) -> int:
        return int(await command(self.redis, "HGET", self.keys.push_bytes, "webpush") or 0)

    async def age(self, id: str, ms: int) -> None:
        """Make the registration ``ms`` older."""
        await command(self.redis, "ZINCRBY", self.keys.push_unproven, -ms, id)


async def test_unknown_services_have_small_limits(redis: Redis, keys: Keys) -> None:
    there = Counted(redis, keys, unknown_max=3, unknown_host_max=2)
    for n in range(2):
        await there.add(f"https://push.example/{n}")
    with pytest.raises(Unavailable, match="at this push service") as refused:
        await there.add("https://push.example:8443/2")
    assert refused.value.retry_after == 3_600
    await there.add("https://push.example/1", "sports")  # a change is no further one
    await there.add("https://other.example/1")
    with pytest.raises(Unavailable, match="push services that it does not know"):
        await there.add("https://third.example/1")
    for n in range(10):
        await there.add(f"{KNOWN}{n}")
    assert await there.unknown() == {"*": 3, "push.example": 2, "other.example": 1}


async def test_a_place_at_an_unknown_service_is_free_again(redis: Redis, keys: Keys) -> None:
    there = Counted(redis, keys, unknown_max=1, unknown_host_max=1)
    one = await there.add("https://push.example/1")
    two = await there.add("https://push.example/2", replaces=one.id)
    assert await there.unknown() == {"*": 1, "push.example": 1}
    await there.store.forget("webpush", two.id)
    assert await there.unknown() == {}
    three = await there.add("https://push.example/3")
    record = (await there.store.some("webpush", [three.id])).records
    await there.store.quarantine("webpush", record.items())
    await there.add("https://push.example/4")
    assert await there.unknown() == {"*": 1, "push.example": 1}


async def test_one_that_never_accepted_makes_room_after_a_while(redis: Redis, keys: Keys) -> None:
    there = Counted(redis, keys, unknown_max=2, unknown_host_max=2)
    proven, idle = [await there.add(f"https://push.example/{n}") for n in range(2)]
    await there.store.judge_unproven([proven.id], [])
    await there.age(idle.id, UNPROVEN_MS - 60_000)
    with pytest.raises(Unavailable):
        await there.add("https://push.example/new")
    await there.age(idle.id, 60_001)
    new = await there.add("https://push.example/new")
    assert await there.store.get("webpush", idle.id) is None
    assert await there.store.get("webpush", proven.id) is not None
    await there.age(new.id, UNPROVEN_MS + 1)
    assert await there.store.expire_unproven() == 1
    assert await there.unknown() == {"*": 1, "push.example": 1}
    assert not await command(redis, "EXISTS", keys.push_unproven)


async def test_one_that_only_fails_is_deleted(redis: Redis, keys: Keys) -> None:
    there = Counted(redis, keys)
    proven, bad = [await there.add(f"https://push.example/{n}") for n in range(2)]
    known = await there.add(f"{KNOWN}1")
    ids = [proven.id, bad.id, known.id]
    await there.store.judge_unproven([proven.id], [bad.id])
    for _ in range(FAILURES_MAX - 2):
        assert await there.store.judge_unproven([], ids) == 0
    assert await there.store.judge_unproven([], ids) == 1
    assert await there.store.get("webpush", bad.id) is None
    assert await there.store.count("webpush") == 2
    assert not await command(redis, "EXISTS", keys.push_unproven_failures)


async def test_bytes_are_bounded_and_counted_exactly(redis: Redis, keys: Keys) -> None:
    there = Counted(redis, keys, bytes_max=20_000)
    added = [await there.add(f"{KNOWN}0/" + "x" * 800)]
    each = await there.bytes()
    while await there.bytes() + each < 20_000 - 200:
        added.append(await there.add(f"{KNOWN}{len(added)}/" + "x" * 800))
    with pytest.raises(Unavailable, match="accepts no more"):
        await there.add(f"{KNOWN}one-more/" + "x" * 800)
    assert 8 < len(added) < 16
    assert 0 < await there.bytes() <= 20_000
    same = added[0]
    await there.store.register(replace(same, registered_ms=2))  # no bigger than it was
    for one in added:
        await there.store.forget("webpush", one.id)
    assert await there.bytes() == 0


async def test_the_counts_are_right_after_anything(redis: Redis, keys: Keys) -> None:
    """After any registrations and removals the counts are those of a list built anew."""
    there = Counted(redis, keys, unknown_max=20, unknown_host_max=6)
    random_ = random.Random(7)
    endpoints = [f"https://p{n % 5}.example/{n}" for n in range(20)]
    endpoints += [f"{KNOWN}{n}" for n in range(10)]
    for _ in range(300):
        endpoint = random_.choice(endpoints)
        id = subscription_id("webpush", endpoint)
        match random_.randrange(4):
            case 0:
                await there.store.forget("webpush", id)
            case 1:
                await there.store.judge_unproven([], [id])
            case 2:
                other = subscription_id("webpush", random_.choice(endpoints))
                await there.add(endpoint, replaces=other)
            case _:
                await there.add(endpoint, *random_.sample(("sports", "health", "economy"), 2))
    ids = [subscription_id("webpush", endpoint) for endpoint in endpoints]
    left = (await there.store.some("webpush", ids)).subscriptions
    hosts = [one.unknown_host for one in left if one.unknown_host]
    expected = {host: hosts.count(host) for host in hosts} | ({"*": len(hosts)} if hosts else {})
    assert await there.unknown() == expected
    weight = await there.bytes()
    assert weight > 400 * len(left)
    for one in left:
        await there.store.forget("webpush", one.id)
    assert (await there.bytes(), await there.unknown()) == (0, {})
    assert Level.urgent == left[0].level
