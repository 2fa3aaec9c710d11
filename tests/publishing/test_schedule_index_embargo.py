"""Embargoes go by Redis' clock alone: neither a fast nor a slow clock of ours lets one out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.drafts import draft, publish_all, when_due
from ticker.config import Settings
from ticker.publishing.schedule_index import ScheduleIndex
from ticker.publishing.service import ItemService, system_clock
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

HOUR = 3_600_000


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_fast_clock_schedules_and_does_not_publish(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    """The server's clock is a day ahead: by it, the embargo is long over."""
    fast = ItemService(redis, keys, settings.taxonomy, settings, lambda: system_clock() + 24 * HOUR)
    done = await fast.publish(draft(at=soon(60)), by="ana")
    [many] = await publish_all(fast, [draft(at=soon(60))])
    assert {done.item.state, many.state} == {"scheduled"}
    assert await fast.due.release(done.item.id, by="schedule") is None
    assert not await redis.exists(keys.wire)


async def test_a_slow_clock_schedules_what_is_due_and_it_is_released_at_once(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    slow = ItemService(redis, keys, settings.taxonomy, settings, lambda: system_clock() - 24 * HOUR)
    done = await slow.publish(draft(at=soon(-60)), by="ana")
    assert done.item.state == "scheduled"
    due = await ScheduleIndex(redis, keys).due(10)
    assert due.releases == [done.item.id]
    out = await slow.due.release(done.item.id, by="schedule")
    assert out is not None
    assert out.item.state == "live"


async def test_a_time_that_has_just_passed_publishes_now(items: ItemService) -> None:
    done = await items.publish(draft(at=soon(-30)), by="ana")
    assert done.item.state == "live"
    assert done.wire_id is not None


async def test_the_schedule_index_says_when_to_look_again(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    index = ScheduleIndex(redis, keys)
    assert (await index.due(10)).wait_ms > HOUR
    id = (await items.publish(draft(at=soon(30)), by="ana")).item.id
    assert 20_000 < (await index.due(10)).wait_ms <= 30_000
    await items.publish(draft(expires_at=soon(10)), by="ana")
    assert 5_000 < (await index.due(10)).wait_ms <= 10_000
    until = int(soon(90).timestamp() * 1000)
    await index.postpone(id, until)
    assert await redis.zscore(keys.due, id) == until
    assert await redis.zscore(keys.expiry, id) is None, "postponing adds to no index"


async def test_the_schedule_index_is_read_in_bounded_bites(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    await when_due(
        lambda over: publish_all(items, [draft(expires_at=over) for _ in range(7)]),
        redis.flushall,
    )
    assert len((await ScheduleIndex(redis, keys).due(5)).expiries) == 5
