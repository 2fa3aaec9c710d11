"""Shards, moves, removals and pages of subscriptions, on real servers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.support.drafts import counted
from ticker.domain.errors import Unavailable
from ticker.domain.item import Level
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.model.topics import Topic
from ticker.push.store import subscriptions as module
from ticker.push.store.subscriptions import (
    FORMER_MAX,
    PAGE_MAX,
    SHARD_MAX,
    Page,
    Shard,
    Subscriptions,
)
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline, script

EN = Topic("en", "*", Level.urgent)
POLITICS = Topic("en", "politics", Level.urgent)
SPORTS = Topic("en", "sports", Level.urgent)


class Paged(Subscriptions):
    """The store, with the reads that only tests make."""

    def __init__(self, redis: Redis, keys: Keys, most: int, shard_max: int = SHARD_MAX) -> None:
        super().__init__(redis, keys, most, shard_max)
        self.redis = redis
        self.keys = keys

    async def page(self, shard: Shard, after: str = "", count: int = PAGE_MAX) -> Page:
        """Return the members of ``shard`` after ``after``; nothing is recorded."""
        low = f"({after}" if after else "-"
        ids = await command(
            self.redis,
            *("ZRANGEBYLEX", self.keys.push_shard(str(shard)), low, "+", "LIMIT", 0, count),
        )
        found = await self.some(shard.provider, [id.decode() for id in ids])
        return Page(found.subscriptions, ids[-1].decode() if ids else None, found.records)

    async def quarantined(self) -> int:
        return int(await command(self.redis, "HLEN", self.keys.push_quarantine("webpush")))


def one(
    token: str,
    *sections: str,
    edition: str = "en",
    level: Level = Level.urgent,
    provider: ProviderName = "webpush",
    at: int = 1_000,
) -> Subscription:
    id = subscription_id(provider, token)
    keys = (b"\4" + b"k" * 64, b"a" * 16) if provider == "webpush" else (b"", b"")
    return Subscription(id, provider, token, edition, tuple(sorted(sections)), level, at, *keys)


async def add(kept: Paged, count: int, *sections: str, first: int = 0) -> list[str]:
    made = [one(f"https://push.example/{n}", *sections) for n in range(first, first + count)]
    for each in made:
        await kept.register(each)
    return [each.id for each in made]


async def held(kept: Paged, topic: Topic, size: int = 1_000) -> list[list[str]]:
    """Return the ids in each shard of ``topic``, read in pages of ``size``."""
    found = []
    for shard in await kept.shards("webpush", [topic]):
        ids: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await kept.page(shard, after, size)
            ids += [each.id for each in page.subscriptions]
            after = page.last
        found.append(ids)
    return found


def flat(shards: Iterable[list[str]]) -> list[str]:
    return [id for ids in shards for id in ids]


@pytest.fixture
def kept(redis: Redis, keys: Keys) -> Paged:
    return Paged(redis, keys, most=1_000, shard_max=4)


async def test_a_registered_subscription_is_found_complete(kept: Paged) -> None:
    browser = one("https://push.example/1", "sports", "politics", at=1_700_000_000_123)
    phone = one("fcm:token", edition="ar", level=Level.flash, provider="fcm")
    assert await kept.register(browser)
    assert await kept.register(phone)
    found = await kept.get("webpush", browser.id)
    assert found is not None
    assert found.since_ms == found.changed_ms > 0
    assert found == replace(browser, since_ms=found.since_ms, changed_ms=found.changed_ms)
    assert (await kept.get("fcm", phone.id)) is not None
    assert await kept.get("apns", phone.id) is None
    assert (await kept.count("webpush"), await kept.count("fcm")) == (1, 1)
    assert await kept.shards("webpush", [POLITICS, EN, SPORTS]) == [
        Shard("webpush", POLITICS, 0),
        Shard("webpush", SPORTS, 0),
    ]
    assert await kept.shards("webpush", []) == []
    assert await held(kept, POLITICS) == await held(kept, SPORTS) == [[browser.id]]


async def test_a_full_shard_opens_another(kept: Paged) -> None:
    ids = await add(kept, 11)
    shards = await held(kept, EN)
    assert [len(shard) for shard in shards] == [4, 4, 3]
    assert sorted(flat(shards)) == sorted(ids)


async def test_free_room_is_used_again(kept: Paged) -> None:
    ids = await add(kept, 12)
    before = await held(kept, EN)
    gone = [before[0][1], before[1][0], before[1][3]]
    for id in gone:
        assert await kept.forget("webpush", id)
    await add(kept, 3, first=100)
    assert [len(shard) for shard in await held(kept, EN)] == [4, 4, 4]
    await add(kept, 1, first=200)
    assert [len(shard) for shard in await held(kept, EN)] == [4, 4, 4, 1]
    assert set(ids) - set(flat(await held(kept, EN))) == set(gone)


async def test_registering_again_changes_the_record_and_keeps_the_shard(
    kept: Paged,
) -> None:
    await add(kept, 9)
    before = await held(kept, EN)
    await kept.forget("webpush", before[0][0])  # there is room elsewhere now
    again = one("https://push.example/8", at=2_000)
    assert await kept.register(again) is False
    assert await held(kept, EN) == [before[0][1:], *before[1:]]
    found = await kept.get("webpush", again.id)
    assert found is not None
    assert found.registered_ms == 2_000
    assert found.before is None
    assert await kept.count("webpush") == 8


async def test_changed_interests_move_it_and_keep_its_former_topics(
    kept: Paged,
) -> None:
    wanted = one("https://push.example/1", "politics", "sports")
    await kept.register(wanted)
    changes = [
        replace(wanted, sections=("sports",)),
        replace(wanted, sections=(), level=Level.flash),
        replace(wanted, sections=("economy",), edition="es"),
    ]
    before, seen = wanted, set(wanted.topics)
    for change in changes:
        assert await kept.register(change) is False
        found = await kept.get("webpush", wanted.id)
        assert found is not None
        assert found.interests == change.interests
        assert found.before == before.interests
        assert found.interests_at(found.changed_ms) == change.interests
        assert found.interests_at(found.changed_ms - 1) in (before.interests, None)
        seen |= set(change.topics)
        everywhere = [
            Topic(edition, section, level)
            for edition in ("en", "es")
            for section in ("*", "economy", "politics", "sports")
            for level in Level
        ]
        # It is still found in its former topics, for corrections.
        assert {t for t in everywhere if wanted.id in flat(await held(kept, t))} == seen
        before = change
    assert await kept.count("webpush") == 1
    assert await kept.forget("webpush", wanted.id)
    assert not [t for t in seen if flat(await held(kept, t))]


async def test_former_topics_are_bounded(kept: Paged) -> None:
    sections = [f"s{n}" for n in range(FORMER_MAX + 3)]
    device = one("https://push.example/1", *sections)
    await kept.register(device)
    await kept.register(replace(device, sections=()))
    held_in = [
        section
        for section in sections
        if flat(await held(kept, Topic("en", section, Level.urgent)))
    ]
    assert len(held_in) == FORMER_MAX


async def test_a_new_token_replaces_the_old_one(kept: Paged) -> None:
    old, new = one("https://push.example/old"), one("https://push.example/new")
    await kept.register(old)
    assert await kept.register(new, replaces=old.id)
    assert await kept.get("webpush", old.id) is None
    assert flat(await held(kept, EN)) == [new.id]
    assert await kept.register(new, replaces=new.id) is False  # nothing is its own successor
    assert await kept.register(new, replaces="nobody") is False
    assert flat(await held(kept, EN)) == [new.id]


async def test_registrations_are_bounded(redis: Redis, keys: Keys) -> None:
    kept = Paged(redis, keys, most=3, shard_max=2)
    ids = await add(kept, 3)
    late = one("https://push.example/late")
    with pytest.raises(Unavailable) as refused:
        await kept.register(late)
    assert refused.value.retry_after == 3_600
    assert await kept.get("webpush", late.id) is None
    assert sorted(flat(await held(kept, EN))) == sorted(ids)
    assert await kept.register(one("https://push.example/0", "sports")) is False  # is there already
    assert await kept.register(one("token", provider="fcm"))  # another provider's bound
    assert await kept.register(late, replaces=ids[1])
    assert await kept.count("webpush") == 3


async def test_forgetting_is_idempotent_and_leaves_no_trace(
    kept: Paged, redis: Redis, keys: Keys
) -> None:
    browser = one("https://push.example/1", "politics", "sports")
    await kept.register(browser)
    assert await kept.forget("webpush", browser.id)
    assert not await kept.forget("webpush", browser.id)
    assert not await kept.forget("fcm", browser.id)
    assert flat([*await held(kept, POLITICS), *await held(kept, SPORTS)]) == []
    assert await command(redis, "HLEN", keys.push_placements("webpush")) == 0
    assert await kept.quarantined() == 0


async def test_only_unchanged_subscriptions_are_pruned(kept: Paged) -> None:
    ids = await add(kept, 3)
    [shard] = await kept.shards("webpush", [EN])
    page = await kept.page(shard)
    await kept.register(one("https://push.example/1", at=2_000))  # came back meanwhile
    assert await kept.prune("webpush", page.records.items()) == 2
    assert flat(await held(kept, EN)) == [ids[1]]
    assert await kept.prune("webpush", page.records.items()) == 0
    assert await kept.prune("webpush", []) == 0


async def test_a_quarantined_subscription_returns_when_it_registers(kept: Paged) -> None:
    ids = await add(kept, 2)
    [shard] = await kept.shards("webpush", [EN])
    page = await kept.page(shard)
    assert await kept.quarantine("webpush", [(ids[0], page.records[ids[0]])]) == 1
    assert await kept.quarantined() == 1
    assert flat(await held(kept, EN)) == [ids[1]]
    assert await kept.register(one("https://push.example/0")) is True
    assert await kept.quarantined() == 0
    assert sorted(flat(await held(kept, EN))) == sorted(ids)


async def test_the_quarantine_is_bounded(kept: Paged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUARANTINE_MAX", 2)
    await add(kept, 4)
    [shard] = await kept.shards("webpush", [EN])
    page = await kept.page(shard)
    assert await kept.quarantine("webpush", page.records.items()) == 4
    assert (await kept.quarantined(), await kept.count("webpush")) == (2, 0)


async def test_pages_go_on_where_they_stopped(redis: Redis, keys: Keys) -> None:
    kept = Paged(redis, keys, most=1_000, shard_max=100)
    ids = sorted(await add(kept, 25))
    [shard] = await kept.shards("webpush", [EN])
    first = await kept.page(shard, count=10)
    assert [each.id for each in first.subscriptions] == ids[:10]
    assert (first.last, set(first.records)) == (ids[9], set(ids[:10]))
    assert await kept.remaining(shard, "") == 25
    assert await kept.remaining(shard, ids[9]) == 15
    await kept.forget("webpush", ids[9])  # a position stays one though its owner is gone
    assert [each.id for each in (await kept.page(shard, ids[9], 10)).subscriptions] == ids[10:20]
    last = await kept.page(shard, ids[24], 10)
    assert (last.subscriptions, last.last, last.records) == ([], None, {})
    some = await kept.some("webpush", [ids[3], "nobody", ids[9], ids[0]])
    assert [each.id for each in some.subscriptions] == [ids[3], ids[0]]
    assert (await kept.some("webpush", [])).subscriptions == []


async def test_a_page_whose_owners_are_all_gone_does_not_look_like_the_end(
    redis: Redis, keys: Keys
) -> None:
    kept = Paged(redis, keys, most=1_000, shard_max=100)
    ids = sorted(await add(kept, 4))
    for id in ids[:2]:  # filed, and without a record: as if a shard were restored from elsewhere
        await command(redis, "HDEL", keys.push_subscriptions("webpush"), id)
    [shard] = await kept.shards("webpush", [EN])
    page = await kept.page(shard, count=2)
    assert (page.subscriptions, page.last) == ([], ids[1])
    assert flat(await held(kept, EN, size=2)) == ids[2:]


async def test_a_subscription_that_stays_is_read_once_while_others_come_and_go(
    redis: Redis, keys: Keys
) -> None:
    kept = Paged(redis, keys, most=10_000, shard_max=60)
    staying = set(await add(kept, 150))
    leaving = await add(kept, 150, first=1_000)
    shaken = random.Random(5)
    shaken.shuffle(leaving)

    async def come_and_go() -> None:
        for number, id in enumerate(leaving):
            await kept.forget("webpush", id)
            await add(kept, 1, first=2_000 + number)
            again = shaken.randrange(150)
            await kept.register(one(f"https://push.example/{again}", at=2_000 + number))

    moving = asyncio.create_task(come_and_go())
    met = flat(await held(kept, EN, size=7))
    await moving
    assert staying <= set(met)
    assert all(met.count(id) == 1 for id in staying)
    assert all(len(shard) <= 60 for shard in await held(kept, EN))


async def test_concurrent_registrations_do_not_overfill_a_shard(redis: Redis, keys: Keys) -> None:
    kept = Paged(redis, keys, most=1_000, shard_max=5)
    await asyncio.gather(*(kept.register(one(f"https://push.example/{n}")) for n in range(53)))
    shards = await held(kept, EN)
    assert [len(shard) for shard in shards] == [5] * 10 + [3]
    assert len(set(flat(shards))) == 53


async def test_listing_and_removing_take_one_round_trip_and_registering_two(
    kept: Paged, redis: Redis
) -> None:
    await add(kept, 6, "politics", "sports")
    [shard, *_] = await kept.shards("webpush", [POLITICS])
    page = await kept.page(shard)
    await kept.prune("webpush", list(page.records.items())[:1])  # loads the scripts
    async with counted(redis) as calls:
        await kept.register(one("https://push.example/9", "politics", "sports", "economy"))
        await kept.shards("webpush", [EN, POLITICS, SPORTS])
        await kept.some("webpush", list(page.records))
        await kept.prune("webpush", page.records.items())
        await kept.forget("webpush", "nobody")
    read = {"MULTI": 1, "TIME": 1, "HGET": 2, "EXEC": 1}  # one round trip
    assert calls == {"EVALSHA": 4, "HMGET": 1} | read


async def test_a_shard_without_members_is_not_listed(kept: Paged) -> None:
    ids = await add(kept, 9)
    first, second, third = await held(kept, EN)
    for id in second:
        await kept.forget("webpush", id)
    assert [shard.number for shard in await kept.shards("webpush", [EN])] == [0, 2]
    await add(kept, 1, first=100)  # the room is used again
    assert [shard.number for shard in await kept.shards("webpush", [EN])] == [0, 1, 2]
    assert set(first + third) == set(ids) - set(second)


async def test_twenty_thousand_in_small_shards(redis: Redis, keys: Keys) -> None:
    kept = Paged(redis, keys, most=1_000_000, shard_max=500)
    await add(kept, 1)  # teaches the server the script, so that the rest can go in pipelines
    for start in range(1, 20_000, 3_333):
        made = [one(f"https://push.example/{n}") for n in range(start, min(start + 3_333, 20_000))]
        calls = [script("push", "register").call(*kept.registration(each)) for each in made]
        replies = await pipeline(redis, calls)
        assert set(map(repr, replies)) == {repr(b"new")}
    assert await kept.count("webpush") == 20_000
    shards = await kept.shards("webpush", [EN])
    assert len(shards) == 40
    assert [await kept.remaining(shard, "") for shard in shards] == [500] * 40
    assert len(set(flat(await held(kept, EN)))) == 20_000


@pytest.mark.parametrize("text", ["", "webpush", "smtp/en/*/urgent/0", "webpush/en/*/urgent/x"])
def test_invalid_shard_names(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Shard.parse(text)


def test_a_shards_name_says_it_all() -> None:
    shard = Shard("apns", POLITICS, 12)
    assert str(shard) == "apns/en/politics/urgent/12"
    assert Shard.parse(str(shard)) == shard
