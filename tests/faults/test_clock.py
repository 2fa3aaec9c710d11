"""The clock of the Redis server is set back and forward while the newsroom works.

The server is a real one whose C library is asked through a shim. The heartbeat used to stop for as
long as the clock was set back, and every server turned red at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.readers import Process, Reading
from tests.gateway.hub_harness import FakeSubscriber
from tests.support import lane as lanes
from tests.support.drafts import draft
from tests.support.faked_clock import FakedClock
from tests.support.redis_servers import KINDS, Kind, RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.filter import EVERYTHING
from ticker.domain.health import HeartbeatTimes, judge
from ticker.gateway.query_parser import Subscription
from ticker.publishing.schedule_index import ScheduleIndex
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.heartbeat import heartbeat_state
from ticker.stream.lane_store import LaneStore
from ticker.webhooks.lease import Lease
from workers.relay import Relay

INTERVAL_MS = 5_000
CENTURY = 100 * 365 * 86_400
SETTINGS = Settings(namespace="clock", durability="local")
KEYS = Keys("clock")


@pytest.fixture
def clock(tmp_path: Path) -> FakedClock:
    return FakedClock(tmp_path)


@pytest.fixture(params=KINDS)
def faked(request: pytest.FixtureRequest, clock: FakedClock) -> Iterator[RedisServer]:
    kind: Kind = request.param
    server = RedisServer(kind, environment=clock.environment)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(faked: RedisServer) -> AsyncIterator[Redis]:
    client = connect(faked.url, blocking=True)
    yield client
    await client.aclose()


async def now(redis: Redis) -> int:
    """Return the time that scripts see, in seconds: servers keep it for a moment."""
    return int(await command(redis, "EVAL", "return redis.call('TIME')[1]", 0))


async def step(redis: Redis, clock: FakedClock, seconds: int) -> None:
    """Set the clock of the server, and wait until it has noticed."""
    before = await now(redis)
    clock.set_forward(seconds)
    await wait_until(lambda: now(redis), lambda found: abs(found - before - seconds) < 600)


@pytest.mark.parametrize("seconds", [3_600, 86_400])
async def test_heartbeats_and_events_go_on_when_the_clock_is_set_back_and_forward(
    redis: Redis, clock: FakedClock, seconds: int
) -> None:
    live, items = LaneStore(redis, KEYS), ItemService(redis, KEYS, SETTINGS.taxonomy, SETTINGS)
    relay = Relay(live, SETTINGS)
    process = Process(live, SETTINGS)
    await process.tail.start()
    reading = Reading(EVERYTHING, "")
    reading.subscriber = FakeSubscriber(process.hub)
    process.hub.join(reading.subscriber, Subscription(EVERYTHING, None, (200,)))
    epoch = process.hub.lane.epoch
    before = await now(redis)

    board = set()
    for change in (-seconds, seconds, seconds, -seconds):
        board.add((await items.publish(draft(), by="ana")).item.id)
        sent, _ = await live.send_heartbeat(INTERVAL_MS)
        assert sent is not None, "one is due after every step"
        assert (await live.send_heartbeat(INTERVAL_MS))[0] is None, "and then one an interval"
        await relay.drain()
        await process.tail.verify()
        await process.tail.step(0)
        assert process.tail.last_heartbeat == process.now
        await step(redis, clock, change)
        process.now += 1
        state = await heartbeat_state(redis, KEYS)
        times = HeartbeatTimes(state.now_ms, state.wire_ms, state.live_ms)
        report = judge(times, process.now - process.tail.last_heartbeat, INTERVAL_MS / 1000)
        assert report.ready, report
    assert abs(await now(redis) - before) < 600, "all steps together are none"

    reading.take_in()
    assert set(reading.board) == board
    assert reading.resets == []
    assert process.hub.lane.epoch == epoch
    ids = await lanes.ids(redis, KEYS.live)
    assert ids == sorted(ids)
    await live.aclose()


async def test_an_embargo_follows_the_clock_of_redis_in_both_directions(
    redis: Redis, clock: FakedClock
) -> None:
    live, items = LaneStore(redis, KEYS), ItemService(redis, KEYS, SETTINGS.taxonomy, SETTINGS)
    index = ScheduleIndex(redis, KEYS)
    await live.open()
    id = (await items.publish(draft(at="2090-01-01T00:00:00Z", force=True), by="ana")).item.id
    await step(redis, clock, -86_400)
    assert (await index.due(10)).releases == []
    await step(redis, clock, CENTURY)
    assert (await index.due(10)).releases == [id]
    await step(redis, clock, -CENTURY)
    assert await items.due.release(id, by="schedule") is None, "the commit looks once more"
    await live.aclose()


async def test_leases_and_idempotency_keys_bear_an_hour_in_both_directions(
    redis: Redis, clock: FakedClock
) -> None:
    """A step makes shorter or longer whatever Redis keeps for a while: it keeps a time of day.

    A repeat finds its first answer after either step. A lease of a dead worker ends in its own time
    after a step back, and at once after a step forward: what is written under it is refused then.
    """
    items = ItemService(redis, KEYS, SETTINGS.taxonomy, SETTINGS)
    first = await items.publish(draft("Line"), by="ana", key="k")
    dead, other = (Lease(redis, KEYS, "hook", 20_000) for _ in range(2))
    assert await dead.take() == 0
    await step(redis, clock, -3_600)
    assert (await items.publish(draft("Line"), by="ana", key="k")).item == first.item
    assert 0 < await other.take() <= 20_000
    await step(redis, clock, 7_200)
    assert (await items.publish(draft("Line"), by="ana", key="k")).item == first.item
    assert await other.take() == 0
    assert await other.holder() == other.token != dead.token
    assert await command(redis, "XLEN", KEYS.wire) == 1
