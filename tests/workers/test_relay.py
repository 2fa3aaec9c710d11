"""The relay against real servers: crashes, rivals and refusals; the lane stays exact."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support import lane
from tests.support.drafts import change, draft, publish_all
from tests.support.redis_servers import RedisServer
from tests.support.seeds import seeds
from tests.support.waiting import simulated_delay, wait_until
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import Carried, LaneStore
from workers import relay as relay_module
from workers.relay import Relay


class Crash(Exception):
    """The worker process is gone."""


class Fragile(LaneStore):
    """A lane whose relays crash at random: before carrying, or just after it."""

    def __init__(self, redis: Redis, keys: Keys, chance: random.Random) -> None:
        super().__init__(redis, keys)
        self.chance = chance
        self.crashes = 0

    async def carry(self, count: int) -> Carried | None:
        await simulated_delay(self.chance.random() / 500)
        self._perhaps()
        done = await super().carry(self.chance.randint(1, 40))
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


@pytest.mark.parametrize("seed", seeds(2))
async def test_rival_relays_that_crash_at_random_lose_and_repeat_nothing(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, settings: Settings, seed: int
) -> None:
    """Some commits carry their own events, others leave them, and relays race them all."""
    chance = random.Random(seed)
    inline, relayed = items, lane.relayed(redis, settings)
    await live.open()
    fragile = Fragile(redis, keys, chance)
    workers = [asyncio.create_task(work(fragile, settings)) for _ in range(3)]
    out: list[str] = []
    retracted: set[str] = set()
    for _ in range(60):
        items = chance.choice([inline, relayed])
        done = await publish_all(items, [draft() for _ in range(chance.randint(1, 60))])
        out += [item.id for item in done]
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
            await redis.hdel(keys.heartbeat, "wire_ms")  # type: ignore[misc]
            await live.send_heartbeat(1_000)
    out.append((await items.publish(draft("The last line"), by="ana")).item.id)
    wire = await lane.entries(redis, keys.wire)
    await wait_until(
        lambda: live.open(),
        lambda found: found[2] >= wire[-1][0] or any(worker.done() for worker in workers),
        seconds=60,
    )
    assert not any(worker.done() for worker in workers), workers
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
    board = await lane.current_items(redis, keys)
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
    epoch, _, _ = await live.open()
    await redis.delete(keys.live)
    await items.publish(draft(), by="ana")
    await relay.drain()
    assert relay.counts.reopened == 2
    assert (await live.open())[0] > epoch
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    assert len(await lane.ids(redis, keys.live)) == 6


async def test_an_entry_that_redis_itself_refuses_is_buried_alone(
    redis: Redis, keys: Keys, live: LaneStore, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The item's key holds something of another type."""
    items = lane.relayed(redis, settings)
    relay = Relay(live, settings)
    done = [await items.publish(draft(), by="ana") for _ in range(5)]
    await redis.delete(keys.item(done[2].item.id))
    await redis.set(keys.item(done[2].item.id), "not a hash")
    await relay.drain()
    assert await lane.kinds(redis, keys) == ["publish", "publish", "noop", "publish", "publish"]
    assert relay.counts.buried == 1
    assert "dead letters" in caplog.text
    [(_, letter)] = await live.dead_letters(10)
    assert letter[b"wire"].decode() == str(done[2].wire_id)
    assert b"WRONGTYPE" in letter[b"reason"]


async def test_a_retraction_is_carried_even_if_its_versions_cannot_be_found(
    redis: Redis, keys: Keys, live: LaneStore, settings: Settings
) -> None:
    """The list of the item's events holds something else: readers are told all the same."""
    items = lane.relayed(redis, settings)
    relay = Relay(live, settings)
    id = (await items.publish(draft(), by="ana")).item.id
    await items.retract(id, None, by="ana")
    await redis.delete(keys.log(id))
    await redis.set(keys.log(id), "not a list")
    await relay.drain()
    assert (await lane.kinds(redis, keys))[-1] == "retract"
    [(_, letter)] = await live.dead_letters(10)
    assert b"not scrubbed" in letter[b"reason"]


async def test_the_relay_trims_by_itself(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    live: LaneStore,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An import does not have to wait for the sweep to be cut to size."""
    monkeypatch.setattr(relay_module, "TRIM_OVER", 50)
    small = settings.model_copy(update={"lane_events_max": 20, "wire_events_max": 30})
    relay = Relay(live, small)
    await publish_all(items, [draft() for _ in range(120)])
    await relay.drain()
    assert await redis.xlen(keys.live) == 20
    assert await redis.xlen(keys.wire) == 30
    assert len(await lane.current_items(redis, keys)) == 120


async def test_a_relay_that_finds_nothing_looks_again_soon_and_one_with_a_backlog_at_once(
    redis: Redis, live: LaneStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "BATCH", 2)
    items = lane.relayed(redis, settings)
    every = relay_module.LOOK_EVERY
    relay = Relay(live, settings, clock=lambda: 12.75 * every)
    for _ in range(3):
        await items.publish(draft(), by="ana")
    pause = pytest.approx(every / 4)  # all workers of a machine look at the same moments
    assert [await relay.step() for _ in range(3)] == [0.0, pause, pause]
    assert relay.counts.shown == 3


async def test_away_is_told_to_the_caller_and_the_next_step_goes_on(
    items: ItemService, live: LaneStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(live, settings)
    await items.publish(draft(), by="ana")

    async def away(count: int) -> Carried:
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(live, "carry", away)
        with pytest.raises(Unavailable):
            await relay.step()
    await relay.step()
    assert relay.counts.shown == 1


async def test_a_relay_carries_from_one_server_whatever_another_says() -> None:
    """Regression: after a failover acknowledged items never reached a screen, and a retracted one
    stayed on it. The relay's blocking read still hung on the old primary, which was frozen and came
    back, and its appends went to the new one: the old wire's heartbeat moved the new lane past what
    the new primary had acknowledged. Wire and lane are now read and written by one script.
    """
    old, new = RedisServer("valkey", port=True), RedisServer("valkey", port=True)
    chosen = Settings(durability="local", namespace="test")
    keys = Keys("test")
    old.start()
    new.start()
    before, after = connect(old.url, blocking=True), connect(new.url, blocking=True)
    try:
        service = ItemService(before, keys, chosen.taxonomy, chosen)
        first = LaneStore(before, keys)
        await first.open()
        wrong = await service.publish(draft("To be retracted"), by="ana")
        await command(after, "REPLICAOF", "127.0.0.1", old.port)
        await wait_until(lambda: lane.ids(after, keys.live), lambda ids: ids == [wrong.wire_id])
        await command(after, "REPLICAOF", "NO", "ONE")
        service = ItemService(after, keys, chosen.taxonomy, chosen)
        relay = Relay(LaneStore(after, keys, reader=before), chosen)
        kept = await service.publish(draft("Acknowledged by the new primary"), by="ana")
        await service.retract(wrong.item.id, "wrong", by="ana")
        left = await lane.relayed(after, chosen).publish(draft("Left to the relay"), by="ana")
        assert left.wire_id is not None
        later = f"{left.wire_id.ms + 1}-0"
        await command(before, "XADD", keys.wire, later, "h", "1")
        await relay.drain()
        assert set(await lane.current_items(after, keys)) == {kept.item.id, left.item.id}
        assert (await lane.kinds(after, keys)) == ["publish", "retract", "publish"]
    finally:
        await before.aclose()
        await after.aclose()
        old.stop()
        new.stop()
