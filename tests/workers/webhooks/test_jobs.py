"""From the lane to a receiver through the consumer group and arq, as a worker process does it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import orjson
import pytest
from arq import ArqRedis, Retry, Worker

from tests.client.web import Answer
from tests.workers.webhooks.newsroom import LOOPBACK, Clock, Desk, receiving
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.filter import Filter
from ticker.storage.connection import Redis
from ticker.stream import consumer_group
from ticker.stream.consumer_group import ConsumerGroup
from ticker.webhooks.lease import Lease
from workers import consumer, job_serializer
from workers.delivery_tasks import WEBHOOKS, DeliveryTasks
from workers.settings import webhook_options
from workers.webhooks import jobs, wake
from workers.webhooks.delivery_queue import JOB, Queue


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outbound_allow": LOOPBACK})


@pytest.fixture
async def head(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DeliveryTasks]:
    """Bridges whose tasks a test steps itself."""
    monkeypatch.setattr(consumer, "BLOCK_MS", 20)
    await desk.live.open()
    head = DeliveryTasks(settings)
    await head.wake.step()
    yield head
    await head.stop()


def arq_of(redis: Redis) -> ArqRedis:
    return ArqRedis(redis.connection_pool, job_serializer.serialize, orjson.loads)


@contextlib.asynccontextmanager
async def working(redis: Redis, settings: Settings, head: DeliveryTasks) -> AsyncIterator[Worker]:
    """Run arq on the webhooks' queue."""
    chosen = webhook_options(settings) | {"cron_jobs": [], "poll_delay": 0.05}
    worker = Worker(
        **chosen,
        redis_pool=ArqRedis(
            redis.connection_pool, job_serializer.serialize, orjson.loads, chosen["queue_name"]
        ),
        ctx={"courier": head.courier},
        handle_signals=False,
    )
    running = asyncio.create_task(worker.async_run())
    try:
        yield worker
    finally:
        # Cut off in mid-command, arq would leave a connection behind.
        worker.allow_pick_jobs = False
        await asyncio.sleep(0.2)
        if unfinished := list(worker.tasks.values()):
            await asyncio.wait(unfinished, timeout=10)
        running.cancel()
        await asyncio.wait([running])


async def eventually(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def queued(desk: Desk) -> list[str]:
    """Return the marks of the jobs in the queue."""
    ids = await desk.redis.zrange(desk.keys.webhook_jobs, 0, -1)
    return [id.decode().split(":", 3)[3] for id in ids]


async def consumers(desk: Desk) -> int:
    return len(await desk.redis.xinfo_consumers(desk.keys.live, WEBHOOKS))


async def test_who_leaves_is_forgotten(desk: Desk, head: DeliveryTasks) -> None:
    await desk.publish("One")
    await head.wake.step()
    assert await consumers(desk) == 1
    await head.wake.aclose()
    assert await consumers(desk) == 0


async def test_an_event_wakes_whom_it_concerns(
    desk: Desk, head: DeliveryTasks, settings: Settings
) -> None:
    async with receiving() as one, receiving() as two:
        await desk.endpoint(one.url)
        await desk.endpoint(two.url, Filter(editions=frozenset({"es"})))
        await desk.publish("Ferry runs")
        await head.wake.step()
        assert len(await queued(desk)) == 1
        async with working(desk.redis, settings, head):
            await eventually(lambda: one.lines == ["Ferry runs"])
        assert not two.asked
        assert not await queued(desk)
        assert not await desk.redis.keys("arq:result:*"), "what a job returned is not kept"


async def test_what_cannot_be_read_wakes_nobody_and_stops_nothing(
    desk: Desk, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        await desk.endpoint(receiver.url)
        await desk.redis.xadd(desk.keys.live, {"e": "{"})
        await head.wake.step()
        assert not await queued(desk)
        pending = await desk.redis.xpending(desk.keys.live, WEBHOOKS)
        assert pending["pending"] == 0


async def test_a_burst_is_one_job(desk: Desk, head: DeliveryTasks, settings: Settings) -> None:
    async with receiving() as receiver:
        await desk.endpoint(receiver.url)
        for number in range(20):
            await desk.publish(f"Line {number}")
        await head.wake.step()
        assert len(await queued(desk)) == 1
        async with working(desk.redis, settings, head):
            await eventually(lambda: len(receiver.asked) == 20)
        assert receiver.lines == [f"Line {number}" for number in range(20)]


async def test_what_a_dead_worker_did_not_acknowledge_wakes_again(
    desk: Desk, head: DeliveryTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_group, "IDLE_MS", 0)
    async with receiving() as receiver:
        clock = Clock()
        group = ConsumerGroup(desk.redis, desk.keys, WEBHOOKS, "other")
        other = wake.Wake(group, head.courier, Queue(arq_of(desk.redis), desk.keys), clock)
        await other.step()
        await desk.endpoint(receiver.url)
        await desk.publish("One")
        assert await ConsumerGroup(desk.redis, desk.keys, WEBHOOKS, "dead").read(10, 10)
        await other.step()
        assert not await queued(desk)
        clock.now += consumer.CLAIM_EVERY
        await other.step()
        first = await queued(desk)
        assert len(first) == 1
        pending = await desk.redis.xpending(desk.keys.live, WEBHOOKS)
        assert pending["pending"] == 0


async def test_a_retry_comes_back_through_the_queue(
    desk: Desk, head: DeliveryTasks, settings: Settings
) -> None:
    busy = Answer(429, b"", {"Retry-After": "1"})
    async with receiving(busy, busy) as receiver:
        made = await desk.endpoint(receiver.url)
        await desk.publish("One")
        await head.wake.step()
        async with working(desk.redis, settings, head):
            await eventually(lambda: len(receiver.asked) == 3)
            state = await desk.state(made.id)
            while state.delivered == 0:
                state = await desk.state(made.id)
        assert len(set(receiver.ids)) == 1
        assert not await queued(desk)
        assert await desk.webhooks.totals() == {"retried": 2, "delivered": 1}


async def test_an_endpoint_that_waits_is_not_woken(desk: Desk, head: DeliveryTasks) -> None:
    async with receiving() as receiver:
        made = await desk.endpoint(receiver.url)
        await desk.redis.hset(desk.keys.webhook(made.id), "retry_ms", "9999999999999")  # type: ignore[misc]
        await desk.publish("One")
        await head.wake.step()
        assert not await queued(desk)


async def test_the_sweep_finds_who_was_forgotten(desk: Desk, head: DeliveryTasks) -> None:
    async with receiving() as receiver:
        await desk.endpoint(receiver.url)
        await desk.publish("One")
        ctx = {"courier": head.courier, "redis": arq_of(desk.redis)}
        assert await jobs.sweep_webhooks(ctx) == 1
        [mark] = await queued(desk)
        assert mark.startswith("sweep-")


async def test_a_worker_that_begins_looks_who_is_behind(desk: Desk, head: DeliveryTasks) -> None:
    """The one before it acknowledged the event, and died before the job was in the queue: that
    cannot be, but a queue on another server may be lost."""
    async with receiving() as receiver:
        await desk.endpoint(receiver.url)
        await desk.publish("One")
        lost = ConsumerGroup(desk.redis, desk.keys, WEBHOOKS, "lost")
        await lost.done(id for id, _ in await lost.read(10, 10))
        head.wake.lost()
        await head.wake.step()
        [mark] = await queued(desk)
        assert mark.startswith("sweep-")


async def test_the_sweep_leaves_a_quiet_newsroom_alone(desk: Desk, head: DeliveryTasks) -> None:
    async with receiving() as receiver:
        made = await desk.endpoint(receiver.url)
        await desk.publish("One")
        await head.courier.deliver(made.id)
        await desk.live.beat(1_000)
        await desk.carry()
        ctx = {"courier": head.courier, "redis": arq_of(desk.redis)}
        assert await jobs.sweep_webhooks(ctx) == 0
        assert not await queued(desk)


async def test_the_desks_wishes_are_jobs(
    desk: Desk, head: DeliveryTasks, settings: Settings
) -> None:
    async with receiving() as receiver:
        made = await desk.endpoint(receiver.url)
        await desk.publish("One")
        await head.courier.deliver(made.id)
        await desk.webhooks.replay(made.id, StreamId(0, 0))
        await head.wishing.step()
        marks = await queued(desk)
        assert len(marks) == 1, "two wishes about one endpoint, one job"
        assert marks[0].startswith("wish-")
        async with working(desk.redis, settings, head):
            await eventually(lambda: receiver.lines == ["One", "One"])


async def test_a_job_that_finds_the_lease_taken_comes_back_when_it_ends(
    desk: Desk, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        made = await desk.endpoint(receiver.url)
        await desk.publish("One")
        lease = Lease(desk.redis, desk.keys, made.id, 20_000)
        await lease.take()
        ctx = {"courier": head.courier, "redis": arq_of(desk.redis), "job_try": 1}
        assert await jobs.webhook(ctx, made.id) == "busy"
        assert await jobs.webhook(ctx, made.id) == "busy"
        assert await queued(desk) == [f"after-{lease.token}"]


async def test_away_means_again_later(
    desk: Desk, head: DeliveryTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(head.courier, "deliver", away)
    monkeypatch.setattr(head.courier, "due", away)
    ctx = {"courier": head.courier, "redis": arq_of(desk.redis), "job_try": 1}
    with pytest.raises(Retry):
        await jobs.webhook(ctx, "we_1")
    with pytest.raises(Retry):
        await jobs.sweep_webhooks(ctx)


def test_two_newsrooms_on_one_server_have_job_ids_of_their_own() -> None:
    [one], [two] = jobs.cron_jobs("one"), jobs.cron_jobs("two")
    assert one.name != two.name
    assert [job.name for job in jobs.functions()] == [JOB]
