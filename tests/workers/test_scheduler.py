"""Releases and expiries: on time, once, and never held up by one item that cannot be done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.media.test_records import picture, stored
from tests.support import lane
from tests.support.drafts import draft, publish_all, when_due
from tests.support.waiting import simulated_delay, wait_past
from ticker.config import Settings
from ticker.media.records import MediaRecords
from ticker.publishing.audit_log import AuditFilter, AuditLog
from ticker.publishing.index_check import IndexCheck
from ticker.publishing.schedule_index import ScheduleIndex
from ticker.publishing.service import ItemService
from ticker.publishing.transitions import TAKEN_DOWN
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers import scheduler as schedule_module
from workers.relay import Counts
from workers.scheduler import LOOK_EVERY, POSTPONE_MS, Schedule

Carrying = Callable[[], Awaitable[Counts]]


def make(items: ItemService, redis: Redis, keys: Keys, settings: Settings) -> Schedule:
    return Schedule(
        items,
        ScheduleIndex(redis, keys),
        IndexCheck(redis, keys),
        LaneStore(redis, keys),
        AuditLog(redis, keys),
        settings,
        MediaRecords(redis, keys, bytes_max=3_000, unused_ms=60_000),
    )


@pytest.fixture
def schedule(items: ItemService, redis: Redis, keys: Keys, settings: Settings) -> Schedule:
    return make(items, redis, keys, settings)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_an_item_is_released_at_its_time_and_not_before(
    items: ItemService, redis: Redis, keys: Keys, schedule: Schedule, carry: Carrying
) -> None:
    """Workers race for it; the lane is watched all the time."""
    at = soon(0.6)
    id = (await items.publish(draft("Under embargo", at=at), by="ana")).item.id

    async def worker() -> None:
        while True:
            await simulated_delay(await schedule.step())

    workers = [asyncio.create_task(worker()) for _ in range(3)]
    released = False
    while not released:
        await carry()
        on_wire = await redis.exists(keys.wire)
        released = b"embargo" in await lane.whole_lane(redis, keys)
        seconds, micros = await redis.time()
        if on_wire or released:
            assert seconds + micros / 1e6 >= at.timestamp()
        await simulated_delay(0.01)
    for one in workers:
        one.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    [(wire_id, _)] = await lane.entries(redis, keys.wire)
    assert wire_id.ms >= int(at.timestamp() * 1000)
    assert (await items.get(id)).state == "live"
    assert await lane.kinds(redis, keys) == ["publish"]


async def test_a_picture_that_was_removed_meanwhile_does_not_go_out(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings, schedule: Schedule
) -> None:
    records = MediaRecords(redis, keys, bytes_max=3_000, unused_ms=60_000)
    kept, removed = picture(1), picture(2)
    renditions = kept.renditions.model_dump()
    media = [
        {"id": one, "href": f"https://news.test/{one or 'other'}.jpg", "renditions": found}
        for one, found in ((kept.id, renditions), (removed.id, renditions), (None, None))
    ]

    async def embargoed(at: datetime) -> str:
        await stored(records, kept, removed)
        id = (await items.publish(draft("Dam holds", at=at, media=media), by="ana")).item.id
        await records.remove(removed.id, "eva", 0)
        return id

    _, id = await when_due(embargoed, redis.flushall)
    assert await schedule.release() == 1
    item = await items.get(id)
    assert (item.state, [one.id for one in item.media]) == ("live", [kept.id, None])
    [*_, change] = await items.history(id)
    assert (change.action, change.by, change.note) == ("publish", "schedule", TAKEN_DOWN)
    [entry, *_] = (await AuditLog(redis, keys).page(AuditFilter(item=id), None, 5)).entries
    assert (entry["action"], entry["reason"]) == ("release", TAKEN_DOWN)
    assert "media" in entry["changes"]
    [(_, fields)] = await lane.entries(redis, keys.wire)
    assert removed.id.encode() not in b"".join(fields.values())


async def test_the_next_look_is_when_something_is_due(
    items: ItemService, schedule: Schedule
) -> None:
    assert await schedule.step() == LOOK_EVERY
    at, look_in = soon(0), 0.0
    while datetime.now(UTC) >= at:  # a machine that is too slow for so short a time tries again
        at = soon(0.1)
        await items.publish(draft(at=at), by="ana")
        look_in = await schedule.step()
    assert 0.0 < look_in <= 0.1
    await wait_past(at)
    assert await schedule.step() == LOOK_EVERY, "done, and nothing else is near"


async def test_items_expire_at_their_time(
    items: ItemService, redis: Redis, keys: Keys, schedule: Schedule, carry: Carrying
) -> None:
    _, done = await when_due(
        lambda over: items.publish(draft(expires_at=over), by="ana"), redis.flushall
    )
    short = done.item.id
    long = (await items.publish(draft(), by="ana")).item.id
    await schedule.step()
    await carry()
    assert (await items.get(short)).state == "expired"
    assert list(await lane.current_items(redis, keys)) == [long]


async def test_over_age_items_expire_and_pinned_ones_stay(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    week = 7 * 86_400_000
    old = (await items.publish(draft(), by="ana")).item.id
    pinned = (await items.publish(draft(pinned=True), by="ana")).item.id
    assert await redis.zscore(keys.expiry, pinned) is None
    await redis.zincrby(keys.expiry, -week, old)
    schedule = make(items, redis, keys, settings)
    assert (await schedule.sweep()).expired == 1
    assert (await items.get(old)).state == "expired"
    assert (await items.get(pinned)).state == "live"


async def test_the_oldest_over_the_limit_expire_but_no_pinned_ones(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    small = settings.model_copy(update={"current_items_max": 5})
    schedule = make(items, redis, keys, small)
    pinned = (await items.publish(draft(pinned=True, published_at=soon(-9_000)), by="a")).item.id
    ids = [
        (await items.publish(draft(published_at=soon(n - 1_000)), by="ana")).item.id
        for n in range(7)
    ]
    report = await schedule.sweep()
    assert report.crowded_out == 3
    states = [(await items.get(id)).state for id in ids]
    assert states == ["expired"] * 3 + ["live"] * 4
    assert (await items.get(pinned)).state == "live"
    assert (await schedule.sweep()).crowded_out == 0
    await redis.hset(keys.item(ids[3]), "doc", "{}")  # type: ignore[misc]
    ids.append((await items.publish(draft(), by="ana")).item.id)
    report = await schedule.sweep()
    assert (report.crowded_out, report.repaired.unreadable) == (1, 1)
    assert (await items.get(ids[4])).state == "expired", "an unreadable item does not stop the rest"


async def test_a_stale_entry_of_the_schedule_index_is_cleared(
    items: ItemService, redis: Redis, keys: Keys, schedule: Schedule
) -> None:
    """Released, retracted or vanished, and still on the index: once, not at every finding."""
    live = (await items.publish(draft(), by="ana")).item.id
    gone = (await items.publish(draft(), by="ana")).item.id
    await items.retract(gone, None, by="ana")
    for id in (live, gone, "0" * 26, "not an id"):
        await redis.zadd(keys.due, {id: 1})
        await redis.zadd(keys.expiry, {id: 1})
    await schedule.step()
    assert await redis.zcard(keys.due) == 0
    assert await redis.zrange(keys.expiry, 0, -1) == []
    assert (await items.get(live)).state == "expired", "its expiry was said to be over"


async def test_an_unreadable_item_is_postponed_and_holds_up_nothing(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    schedule: Schedule,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, made = await when_due(
        lambda at: publish_all(items, [draft(at=at - timedelta(milliseconds=10)), draft(at=at)]),
        redis.flushall,
    )
    broken, sound = (one.id for one in made)
    await redis.hset(keys.item(broken), "doc", "{}")  # type: ignore[misc]
    with caplog.at_level(logging.ERROR):
        await schedule.step()
        await schedule.step()
    assert (await items.get(sound)).state == "live"
    assert len(caplog.records) == 1
    until = await redis.zscore(keys.due, broken)
    assert until is not None
    assert until > soon(POSTPONE_MS / 1000 - 5).timestamp() * 1000


async def test_much_at_once_is_done_in_bounded_bites(
    items: ItemService, redis: Redis, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule_module, "AT_ONCE", 5)
    await when_due(lambda at: publish_all(items, [draft(at=at) for _ in range(12)]), redis.flushall)
    assert await schedule.step() == 0.0
    assert len(await items.scheduled(100)) == 7
    assert await schedule.step() == 0.0
    assert await schedule.step() > 0.0
    assert await items.scheduled(100) == []


async def test_a_job_that_runs_twice_releases_once(
    items: ItemService, redis: Redis, keys: Keys, schedule: Schedule
) -> None:
    """arq runs a cancelled job again, and two workers may run the same one."""
    await when_due(lambda at: publish_all(items, [draft(at=at) for _ in range(20)]), redis.flushall)
    released = await asyncio.gather(*(schedule.release() for _ in range(4)))
    assert sum(released) == 20
    assert await redis.xlen(keys.wire) == 20
    assert await schedule.release() == 0


async def test_the_sweep_trims(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings, carry: Carrying
) -> None:
    small = settings.model_copy(update={"lane_events_max": 4, "wire_events_max": 6})
    await publish_all(items, [draft() for _ in range(10)])
    await carry()
    report = await make(items, redis, keys, small).sweep()
    assert (report.trimmed_lane, report.trimmed_wire) == (6, 4)
    assert not report.repaired
