"""The order of the wire is the display order: by time and id, whoever publishes."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

from tests.support.drafts import change, draft, publish_all
from ticker.config import Settings
from ticker.domain.clock import parse_ms, rfc3339, to_ms
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.publishing.service import ItemService, system_clock
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore

HOUR_MS = 3_600_000
HOUR = timedelta(hours=1)


def with_clock(redis: Redis, keys: Keys, settings: Settings, ahead_ms: int) -> ItemService:
    """Return the service of a process whose clock is ``ahead_ms`` ahead of Redis'."""
    return ItemService(redis, keys, settings.taxonomy, settings, lambda: system_clock() + ahead_ms)


async def published(redis: Redis, keys: Keys) -> list[tuple[int, Item]]:
    """Return the published items in the order of the wire, with its milliseconds."""
    entries = await redis.xrange(keys.wire)
    found = [(int(id.split(b"-")[0]), WireEvent.read(record).item) for id, record in entries]
    for (_, record), (_, item) in zip(entries, found, strict=True):
        assert f'"id":"{item.id}"'.encode() in record[b"v"]
        assert f'"published_at":"{item.published_at}"'.encode() in record[b"v"]
    return found


def display_key(item: Item) -> tuple[str, str]:
    return item.published_at, item.id


def assert_in_order(items: list[Item]) -> None:
    assert items == sorted(items, key=display_key)
    assert len({item.id for item in items}) == len(items)


async def test_publishers_at_once_with_different_clocks_agree_on_the_order(
    redis: Redis, keys: Keys, settings: Settings, live: LaneStore
) -> None:
    """Three newsrooms' processes, one an hour ahead and one an hour behind, and a scheduler."""
    clients = [connect(settings.redis_url) for _ in range(3)]
    skews = (0, HOUR_MS, -HOUR_MS)
    services = [
        with_clock(client, keys, settings, skew)
        for client, skew in zip(clients, skews, strict=True)
    ]
    later = datetime.now(UTC) + 2 * HOUR
    waiting = [(await services[0].publish(draft(at=later), by="ana")).item for _ in range(20)]
    random.Random(3).shuffle(waiting)

    async def publish(items: ItemService) -> None:
        for _ in range(15):
            await items.publish(draft(), by="ana")
        await publish_all(items, [draft() for _ in range(40)])

    async def release(items: ItemService) -> None:
        for item in waiting:
            await items.release(item.id, by="schedule")

    await asyncio.gather(*map(publish, services), release(services[1]))
    found = await published(redis, keys)
    assert len(found) == 3 * 55 + 20
    assert_in_order([item for _, item in found])
    assert all(parse_ms(item.published_at) == ms for ms, item in found)
    assert len({ms for ms, _ in found}) < len(found), "some share a millisecond"
    for item in (found[0][1], found[-1][1]):
        assert await services[2].get(item.id) == item
        assert await redis.zscore(keys.published, item.id) == parse_ms(item.published_at)
    for client in clients:
        await client.aclose()


async def test_items_with_the_same_time_of_their_own_are_in_wire_order(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    minute = datetime(2026, 11, 28, 12, 3, tzinfo=UTC)
    await publish_all(items, [draft(published_at=minute) for _ in range(30)])
    await items.publish(draft(published_at=minute), by="ana")
    found = [item for _, item in await published(redis, keys)]
    assert {item.published_at for item in found} == {"2026-11-28T12:03:00.000Z"}
    assert_in_order(found)


async def test_an_item_from_the_future_is_published_now(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    """By whichever clock: it must not cover what is newer. Its own past time it keeps."""
    year = datetime.now(UTC) + timedelta(days=365)
    for skew in (0, HOUR_MS, -HOUR_MS):
        items = with_clock(redis, keys, settings, skew)
        await items.publish(draft(published_at=year), by="ana", key=f"k{skew}")
        await publish_all(items, [draft(published_at=year)])
        at = datetime.now(UTC) + 2 * HOUR
        waits = (await items.publish(draft(at=at, published_at=year), by="ana")).item
        assert parse_ms(waits.published_at) <= system_clock()
        await items.release(waits.id, by="ana")
        again = await items.publish(draft(published_at=year), by="ana")
        newest = await items.publish(draft(), by="ana")
        assert display_key(again.item) < display_key(newest.item)
    found = await published(redis, keys)
    assert_in_order([item for _, item in found])
    assert all(parse_ms(item.published_at) == ms for ms, item in found)


async def test_a_release_in_the_millisecond_of_its_creation_comes_before_what_follows(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    """Its id has no place of the wire: beside one that has, it might be the greater one."""
    for number in range(100):
        waits = await items.publish(draft(at=datetime.now(UTC) + HOUR), by="ana")
        await items.release(waits.item.id, by="ana")
        await items.publish(draft(f"Ferry {number}"), by="ana")
    assert_in_order([item for _, item in await published(redis, keys)])


async def test_a_time_of_its_own_is_kept_to_the_millisecond(items: ItemService) -> None:
    """Also over leap days and the turn of centuries: the script has a calendar of its own."""
    rng = random.Random(7)
    times = [rng.randrange(31_536_000_000, system_clock() - HOUR_MS) for _ in range(150)]
    texts = ("1972-02-29T23:59:59.999Z", "2000-02-29T00:00:00Z", "2000-03-01", "2024-12-31T23:59Z")
    times += [to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC)) for text in texts]
    drafts = [draft(published_at=rfc3339(ms)) for ms in times]
    for ms, item in zip(times, await publish_all(items, drafts), strict=True):
        assert item.published_at == rfc3339(ms)


async def test_a_repeat_names_the_item_that_was_published(items: ItemService) -> None:
    same = draft("Line")
    first = await items.publish(same, by="ana", key="k")
    again = await items.publish(same, by="ana", key="k")
    assert (again.item, again.repeated) == (first.item, True)
    assert (await items.get(first.item.id)) == first.item


async def test_scheduled_items_of_one_moment_are_released_in_the_order_of_their_creation(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    at = datetime.now(UTC) + HOUR
    made = await publish_all(items, [draft(at=at) for _ in range(30)])
    ids = [item.id for item in made]
    assert ids == sorted(ids)
    assert [item.id for item in await items.scheduled(30)] == ids


async def test_a_wire_id_that_was_forced_ahead_stops_nothing(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    """A double counts to 2^53 only: the wire goes on in the next millisecond."""
    ahead = system_clock() + HOUR_MS
    for seq in (2**53 - 1, 2**64 - 1):
        await redis.xadd(keys.wire, {b"h": b"0"}, id=f"{ahead}-{seq}")
        made = [await items.publish(draft(), by="ana") for _ in range(3)]
        ids = [(one.wire_id.ms, one.wire_id.seq) for one in made if one.wire_id is not None]
        assert ids == [(ahead + 1, place) for place in range(3)]
        assert_in_order([one.item for one in made])
        ahead += 2


async def test_a_change_has_the_time_of_redis(redis: Redis, keys: Keys, settings: Settings) -> None:
    """Of the item, its correction and its history, whatever clock the process has."""
    for skew in (HOUR_MS, -HOUR_MS):
        items = with_clock(redis, keys, settings, skew)
        start = await items.now_ms()
        at = datetime.now(UTC) + 2 * HOUR
        id = (await items.publish(draft(at=at), by="ana")).item.id
        moved = await items.change(id, change(at=at + HOUR), by="ana")
        out = await items.release(id, by="ana")
        assert out.item.updated_at == out.item.published_at
        mended = await items.change(id, change(headline="Two", correction="not one"), by="ana")
        assert mended.item.correction is not None
        assert mended.item.correction.at == mended.item.updated_at
        pinned = await items.pin(id, True, by="ana", key=f"pin{skew}")
        assert await items.get(id) == pinned.item
        assert (await items.pin(id, True, by="ana", key=f"pin{skew}")).item == pinned.item
        gone = await items.retract(id, None, by="ana")
        changes = [one.item for one in (moved, out, mended, pinned, gone)]
        history = [one.at for one in await items.history(id)]
        assert history[1:] == [item.updated_at for item in changes]
        times = [start, *map(parse_ms, history), await items.now_ms()]
        assert times == sorted(times)
