"""The relay against real servers: crashes, rivals and refusals; the lane stays exact."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.support import lane
from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import Appended, Entry, LaneStore, LaneWrite
from workers import relay as relay_module
from workers.relay import Relay


class Crash(Exception):
    """The worker process is gone."""


class Fragile(LaneStore):
    """A lane whose relays crash at random: after reading, before appending or just after it."""

    def __init__(self, redis: Redis, keys: Keys, chance: random.Random) -> None:
        super().__init__(redis, keys)
        self.chance = chance
        self.crashes = 0

    async def read_wire(self, after: StreamId, block_ms: int, count: int) -> list[Entry]:
        found = await super().read_wire(after, 20, self.chance.randint(1, 40))
        self._perhaps()
        return found

    async def append(self, batch: Sequence[LaneWrite], after: StreamId) -> Appended:
        await asyncio.sleep(self.chance.random() / 500)
        self._perhaps()
        done = await super().append(batch, after)
        self._perhaps()
        return done

    def _perhaps(self) -> None:
        if self.chance.random() < 0.1:
            self.crashes += 1
            raise Crash


async def work(fragile: Fragile, settings: Settings) -> None:
    """One worker: killed again and again, started again each time with nothing in mind."""
    while True:
        relay = Relay(fragile, settings)
        try:
            while True:
                await relay.step()
        except Crash:
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(2))
async def test_rival_relays_that_crash_at_random_lose_and_repeat_nothing(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, settings: Settings, seed: int
) -> None:
    chance = random.Random(seed)
    fragile = Fragile(redis, keys, chance)
    workers = [asyncio.create_task(work(fragile, settings)) for _ in range(3)]
    out: list[str] = []
    retracted: set[str] = set()
    for _ in range(60):
        done = await items.publish_many(
            [(draft(), None) for _ in range(chance.randint(1, 60))], by="ana"
        )
        out += [one.item.id for one in done if not isinstance(one, Exception)]
        for id in chance.sample(out, 3):
            if id in retracted:
                continue
            if chance.random() < 0.5:
                await items.change(id, change(summary=f"S {chance.random()}"), by="ben")
            else:
                await items.retract(id, "wrong", by="ben")
                retracted.add(id)
        if chance.random() < 0.2:
            await redis.xadd(keys.wire, {"e": "poison"})
        if chance.random() < 0.2:
            await redis.delete(keys.beat)
            await live.beat(1_000)
    out.append((await items.publish(draft("The last line"), by="ana")).item.id)
    wire = await lane.entries(redis, keys.wire)
    async with asyncio.timeout(60):
        while (await live.open())[2] < wire[-1][0]:
            for worker in workers:
                assert not worker.done(), worker
            await asyncio.sleep(0.01)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)

    assert fragile.crashes > 10
    assert len(wire) > 1_000
    shown = await lane.entries(redis, keys.live)
    ids = [id for id, record in shown if b"h" not in record]
    assert ids == sorted(set(ids)), "in order, and none twice"
    missing = {id for id, record in wire if b"h" not in record} - set(ids)
    scrubbed = {
        StreamId.parse(id)
        for item in retracted
        for id in await redis.lrange(keys.log(item), 0, -2)  # type: ignore[misc]
    }
    assert missing == scrubbed, "only what a retraction deletes is not there"
    board = await lane.board(redis, keys)
    assert set(board) == set(out) - retracted
    for id, (_, event) in board.items():
        assert event["item"]["version"] == (await items.get(id)).version
    assert await redis.xlen(keys.dead) == sum(record.get(b"e") == b"poison" for _, record in wire)


async def test_a_lane_lost_in_mid_flight_is_noticed_and_rebuilt(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, settings: Settings
) -> None:
    relay = Relay(live, settings)
    for _ in range(5):
        await items.publish(draft(), by="ana")
    await relay.drain()
    await redis.delete(keys.live)
    await items.publish(draft(), by="ana")
    await relay.drain()
    assert relay.counts.behind == 1
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    assert len(await lane.ids(redis, keys.live)) == 6


async def test_an_entry_that_redis_itself_refuses_is_buried_alone(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    live: LaneStore,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The item's key holds something of another type, so the script fails at this one entry."""
    relay = Relay(live, settings)
    done = [await items.publish(draft(), by="ana") for _ in range(5)]
    await redis.delete(keys.item(done[2].item.id))
    await redis.set(keys.item(done[2].item.id), "not a hash")
    await relay.drain()
    assert await lane.kinds(redis, keys) == ["publish", "publish", "noop", "publish", "publish"]
    assert relay.counts.buried == 1
    [(_, letter)] = await live.dead_letters(10)
    assert letter[b"wire"].decode() == str(done[2].wire_id)
    assert b"WRONGTYPE" in letter[b"reason"]


async def test_the_relay_trims_by_itself(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    live: LaneStore,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An import does not have to wait for the sweep to be cut to size."""
    monkeypatch.setattr(relay_module, "TRIM_EVERY", 50)
    small = settings.model_copy(update={"lane_events_max": 20, "wire_events_max": 30})
    relay = Relay(live, small)
    await items.publish_many([(draft(), None) for _ in range(120)], by="ana")
    await relay.drain()
    assert await redis.xlen(keys.live) == 20
    assert await redis.xlen(keys.wire) == 30
    assert len(await lane.board(redis, keys)) == 120


async def test_away_is_told_to_the_caller_and_the_position_is_asked_for_again(
    items: ItemService, live: LaneStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(live, settings)
    await items.publish(draft(), by="ana")

    async def away(batch: object, after: object) -> Appended:
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(live, "append", away)
        with pytest.raises(Unavailable):
            await relay.step()
    relay.forget()
    await relay.step()
    assert relay.counts.shown == 1
