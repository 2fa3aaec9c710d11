"""History that is rewritten: a failover or a restore that lost entries which readers have seen.

Redis replicates asynchronously, so a promoted replica may lack the newest entries, and a restored
backup lacks more. Readers hold cursors into the lost part. They must be told, on every server, and
nobody else must be bothered. (centrifugo#664: entries lost, epoch unchanged, nobody notices.)
"""

from __future__ import annotations

import time

from tests.end_to_end.readers import Process, Reading
from tests.gateway.hub_harness import FakeSubscriber
from ticker.config import Settings
from ticker.domain.draft import Draft
from ticker.domain.filter import EVERYTHING
from ticker.gateway.query_parser import Subscription
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.stream.lane_store import LaneStore
from workers.relay import Relay


class House:
    """A newsroom with two gateways, whose store can be put back to an earlier state."""

    def __init__(
        self, redis: Redis, items: ItemService, live: LaneStore, settings: Settings
    ) -> None:
        self.redis = redis
        self.items = items
        self.live = live
        self.relay = Relay(live, settings)
        self.processes = [Process(live, settings) for _ in range(2)]
        self._number = 0

    async def open(self) -> None:
        for process in self.processes:
            await process.tail.start()

    async def publish(self, headline: str) -> str:
        done = await self.items.publish(Draft(headline=headline, edition="en"), by="desk")
        return done.item.id

    async def move(self, *processes: Process) -> None:
        await self.relay.drain()
        for process in processes or self.processes:
            await process.tail.step(0)
            process.settle()

    async def verify(self) -> None:
        for process in self.processes:
            await process.tail.verify()
            process.settle()

    def join(self, reading: Reading, process: Process) -> None:
        subscriber = FakeSubscriber(process.hub)
        reading.subscriber, reading.process = subscriber, process
        process.hub.join(subscriber, Subscription(reading.filter, reading.cursor, (200,)))
        process.settle()
        reading.take_in()

    async def save(self) -> dict[bytes, bytes]:
        keys = await self.redis.keys("*")
        return {key: await self.redis.dump(key) for key in keys}

    async def put_back(self, saved: dict[bytes, bytes]) -> None:
        await self.redis.flushall()
        for key, value in saved.items():
            await self.redis.restore(key, 0, value)


def resets(reading: Reading) -> list[str]:
    assert reading.subscriber is not None
    found = []
    for message in reading.subscriber.messages():
        if message["type"] == "welcome" and message["reset"]:
            found.append(message["reason"])
    return found


async def house(redis: Redis, items: ItemService, live: LaneStore, settings: Settings) -> House:
    made = House(redis, items, live, settings)
    await made.open()
    return made


async def test_a_lane_that_lost_entries_starts_an_epoch_that_every_server_adopts(
    redis: Redis, items: ItemService, live: LaneStore, settings: Settings
) -> None:
    h = await house(redis, items, live, settings)
    first, second = h.processes
    kept = await h.publish("Kept")
    await h.move()
    saved = await h.save()
    reading, other = Reading(EVERYTHING, ""), Reading(EVERYTHING, "")
    h.join(reading, first)
    h.join(other, second)
    lost = await h.publish("Lost with the old primary")
    await h.move()
    reading.take_in()
    assert lost in reading.board
    epoch = first.hub.lane.epoch

    await h.put_back(saved)
    fresh = await h.publish("After the failover")
    await h.move()
    await h.verify()

    assert first.hub.lane.epoch == second.hub.lane.epoch > epoch
    assert resets(reading) == ["epoch"]
    assert resets(other) == ["epoch"]
    for process in h.processes:
        again = Reading(EVERYTHING, "")
        again.cursor = reading.cursor
        subscriber = FakeSubscriber(process.hub)
        process.hub.join(subscriber, Subscription(EVERYTHING, reading.cursor, (200,)))
        welcome, snapshot = subscriber.messages()
        assert welcome["reason"] == "epoch", "a cursor into the lost part"
        assert {item["id"] for item in snapshot["items"]} == {kept, fresh}


async def test_a_lane_that_ends_before_a_servers_position_is_given_time_then_replaced(
    redis: Redis, items: ItemService, live: LaneStore, settings: Settings
) -> None:
    h = await house(redis, items, live, settings.model_copy(update={"ahead_wait": 0.2}))
    await h.publish("Kept")
    await h.move()
    saved = await h.save()
    await h.publish("Lost")
    await h.move()
    reading = Reading(EVERYTHING, "")
    h.join(reading, h.processes[0])
    await h.put_back(saved)
    h.processes[0].tail.clock = time.monotonic
    await h.processes[0].tail.verify()
    assert resets(reading) == ["epoch"]


async def test_a_store_that_was_emptied_is_another_history(
    redis: Redis, items: ItemService, live: LaneStore, settings: Settings
) -> None:
    h = await house(redis, items, live, settings)
    await h.publish("Gone")
    await h.move()
    reading = Reading(EVERYTHING, "")
    h.join(reading, h.processes[0])
    await redis.flushall()
    await h.processes[0].tail.verify()
    assert resets(reading) == ["epoch"]
    await h.publish("New")
    await h.move(h.processes[0])
    assert reading.subscriber is not None
    assert [m["action"] for m in reading.subscriber.messages()] == ["publish"]


async def test_a_restart_a_trim_and_a_retraction_are_no_loss(
    redis: Redis, items: ItemService, live: LaneStore, settings: Settings
) -> None:
    """The newest event that a server holds is missing in each case, and rightly so."""
    h = await house(redis, items, live, settings)
    reading = Reading(EVERYTHING, "")
    h.join(reading, h.processes[0])
    item = await h.publish("Wrong")
    await h.move(h.processes[0])
    await h.items.retract(item, "wrong", by="desk")
    await h.relay.drain()
    await h.processes[0].tail.verify()
    assert resets(reading) == []

    for number in range(30):
        await h.publish(f"Line {number}")
    await h.move()
    reading.take_in()
    await live.trim(0, 1_000)
    await h.verify()
    assert resets(reading) == []


async def test_a_relay_that_read_before_the_failover_leaves_no_gap_after_it(
    redis: Redis, items: ItemService, live: LaneStore, settings: Settings
) -> None:
    h = await house(redis, items, live, settings)
    await h.publish("Kept")
    await h.move()
    saved = await h.save()
    await h.publish("Lost")
    await h.relay.drain()  # it believes the lane to be further than it is
    await h.put_back(saved)
    ids = [await h.publish(f"After {number}") for number in range(3)]
    for _ in range(3):
        await h.relay.drain()
    lane = await live.read((await live.open())[1], 0, 100)
    shown = [record[b"e"] for _, record in lane if b"e" in record]
    assert [any(id.encode() in body for body in shown) for id in ids] == [True] * 3
