"""The lane in Redis as gateways use it: load, read, verify, rewrite; and trimming."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.support import lane
from tests.support.drafts import draft, publish_all
from tests.support.waiting import stays
from ticker.config import Settings
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import LaneEvent, read_lane
from ticker.publishing.service import ItemService
from ticker.storage.connection import BLOCK_MAX, Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts

Carrying = Callable[[], Awaitable[Counts]]


async def publish(items: ItemService, count: int) -> list[str]:
    done = await publish_all(items, [draft() for _ in range(count)])
    return [item.id for item in done]


async def test_an_empty_lane_has_an_epoch_and_a_position(live: LaneStore) -> None:
    first = await live.load(100)
    again = await live.load(100)
    assert replace(first, now_ms=again.now_ms) == again
    assert first.timeline.epoch > 1_700_000_000_000
    assert (first.current, first.recent, first.floor) == ([], [], ZERO)


async def test_the_first_event_does_not_start_a_new_epoch(
    items: ItemService, live: LaneStore, carry: Carrying
) -> None:
    """A reader of an empty newsroom keeps its cursor through the first line ever published."""
    before = await live.load(100)
    await publish(items, 1)
    await carry()
    after = await live.load(100)
    assert after.timeline == before.timeline
    assert len(await live.read(before.top, 1, 10)) == 1


async def test_load_returns_what_is_out_and_what_was_recent(
    items: ItemService, live: LaneStore, carry: Carrying
) -> None:
    out = await publish(items, 5)
    await items.retract(out[1], None, by="ana")
    await carry()
    everything = await live.load(100)
    shown = [read_lane(id, record, everything.timeline.epoch) for id, record in everything.current]
    assert {event.item_id for event in shown if isinstance(event, LaneEvent)} == {
        *out[:1],
        *out[2:],
    }
    assert len(everything.recent) == 5
    assert everything.recent == sorted(everything.recent, key=lambda entry: entry[0])
    assert everything.top == everything.recent[-1][0]
    assert everything.floor == ZERO
    some = await live.load(3)
    assert some.recent == everything.recent[2:]
    assert everything.recent[1][0] <= some.floor < everything.recent[2][0]
    assert len(some.current) == 4


async def test_read_waits_for_what_comes(
    items: ItemService, live: LaneStore, carry: Carrying
) -> None:
    top = (await live.load(10)).top
    assert await live.read(top, 1, 10) == []
    waiting = asyncio.create_task(live.read(top, 5_000, 10))
    await stays(lambda: not waiting.done(), 0.02)
    await publish(items, 3)
    await carry()
    first = await waiting
    assert first
    rest = await live.read(first[-1][0], 1, 2)
    assert len(first) + len(rest) >= 3
    with pytest.raises(ValueError, match="block_ms"):
        await live.read(top, int(BLOCK_MAX * 1000) + 1, 10)


async def test_verify_sees_a_whole_lane(
    items: ItemService, live: LaneStore, carry: Carrying
) -> None:
    nothing = await live.verify(ZERO, None)
    assert (nothing.epoch, nothing.top, nothing.present) == (0, ZERO, False)
    await publish(items, 3)
    await carry()
    seen = await live.load(10)
    position, witness = seen.top, seen.recent[-1][0]
    verified = await live.verify(position, witness)
    assert verified.present
    assert (verified.epoch, verified.top, verified.floor) == (seen.timeline.epoch, seen.top, ZERO)
    assert verified.retracted_since == set()


async def test_verify_names_what_was_retracted_since(
    items: ItemService, live: LaneStore, carry: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.stream.lane_store.VERIFY_PAGE", 3)
    out = await publish(items, 3)
    await carry()
    seen = await live.load(10)
    await publish(items, 7)
    await items.retract(out[2], None, by="ana")
    await publish(items, 4)
    await carry()
    verified = await live.verify(seen.top, seen.recent[-1][0])
    assert not verified.present
    assert verified.retracted_since == {out[2]}


async def test_verify_sees_that_the_end_was_lost(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """A failover to a replica that lagged: the same lane, shorter."""
    await publish(items, 5)
    await carry()
    dump = await redis.dump(keys.live)
    assert dump is not None
    await publish(items, 2)
    await carry()
    seen = await live.load(10)
    await redis.restore(keys.live, 0, dump, replace=True)
    verified = await live.verify(seen.top, seen.recent[-1][0])
    assert verified.top < seen.top
    assert not verified.present


async def test_one_of_many_gateways_starts_the_new_epoch(live: LaneStore) -> None:
    epoch = (await live.load(10)).timeline.epoch
    begun = await asyncio.gather(*(live.new_epoch(epoch, damaged=True) for _ in range(10)))
    [new] = set(begun)
    assert new > epoch
    assert await live.new_epoch(epoch, damaged=True) == new
    tomorrow = new + 86_400_000_000
    later = await live.new_epoch(tomorrow, damaged=False)
    assert later > tomorrow, "epochs grow, clocks may not"
    assert (await live.load(10)).timeline.epoch == later


async def test_trim_keeps_the_newest_and_tells_from_where(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    out = await publish(items, 20)
    await carry()
    all_ids = await lane.ids(redis, keys.live)
    assert await live.trim(8, 12) == (12, 8)
    assert await lane.ids(redis, keys.live) == all_ids[12:]
    assert await lane.ids(redis, keys.wire) == all_ids[8:]
    seen = await live.load(100)
    assert seen.floor == all_ids[11]
    assert len(seen.current) == len(out), "current items stay current"
    assert await live.trim(8, 12) == (0, 0)
    assert await live.trim(30, 30) == (0, 0)
    assert (await live.load(100)).floor == all_ids[11]


async def test_trim_takes_bounded_bites(
    items: ItemService, live: LaneStore, carry: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.stream.lane_store.TRIM_AT_ONCE", 7)
    await publish(items, 20)
    await carry()
    assert await live.trim(10, 10) == (7, 7)
    assert await live.trim(10, 10) == (3, 3)


async def test_trim_never_takes_what_is_not_carried_yet(
    redis: Redis, keys: Keys, live: LaneStore, carry: Carrying, settings: Settings
) -> None:
    items = lane.relayed(redis, settings)
    await live.open()
    await publish(items, 20)
    assert await live.trim(10, 10) == (0, 0)
    await carry()
    await publish(items, 30)
    lane_top = (await live.open())[2]
    assert await live.trim(10, 10) == (10, 20)
    assert min(await lane.ids(redis, keys.wire)) > lane_top
    assert await redis.xlen(keys.wire) == 30
    await redis.delete(keys.live)
    assert await live.trim(10, 10) == (0, 0), "without a lane nothing is known to be carried"


async def test_the_heartbeat_pushes_no_item_out(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    await publish(items, 10)
    await live.send_heartbeat(1_000)
    await carry()
    assert await live.trim(10, 10) == (0, 0)
    await publish(items, 1)
    await carry()
    assert await live.trim(10, 10) == (1, 1)
    assert (await lane.kinds(redis, keys)).count("publish") == 10


async def test_floor_survives_a_lane_that_was_trimmed_to_nothing(
    items: ItemService, live: LaneStore, carry: Carrying
) -> None:
    await publish(items, 5)
    await carry()
    top = (await live.load(10)).top
    await live.trim(0, 0)
    seen = await live.load(10)
    assert (seen.floor, seen.top, seen.recent) == (top, top, [])
    assert isinstance(seen.floor, StreamId)


async def test_a_consumer_group_before_the_first_relay_hides_no_loss(
    redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """A fan-out that came first made an empty stream, on which the relay failed until somebody
    published; and after a loss of the lane it was taken for the lane, under the old epoch."""
    await ConsumerGroup(redis, keys, "push", "one").open()
    epoch, _, top = await live.open()
    assert str(top) == "0-1"
    assert (await live.open())[0] == epoch
    await command(redis, "DEL", keys.live)
    await ConsumerGroup(redis, keys, "push", "one").open()
    assert (await live.open())[0] > epoch
