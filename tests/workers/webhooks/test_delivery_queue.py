"""From the lane to a receiver through the consumer group and arq, as in a worker process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import orjson
import pytest
from arq import ArqRedis, Retry, Worker

from tests.support.clock import FakeClock
from tests.support.http_server import Answer
from tests.support.waiting import simulated_delay, wait_until
from tests.support.webhook_newsroom import LOOPBACK, WebhookNewsroom, receiving
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
from workers.main import webhook_options
from workers.webhooks import jobs, wake
from workers.webhooks.delivery_queue import JOB, DeliveryQueue


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outbound_private_networks": LOOPBACK})


@pytest.fixture
async def head(
    newsroom: WebhookNewsroom, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DeliveryTasks]:
    """Delivery tasks that a test steps itself."""
    monkeypatch.setattr(wake, "BLOCK_MS", 20)
    await newsroom.live.open()
    head = DeliveryTasks(settings)
    await head.waker.step()
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
        ctx=head.webhooks.as_context(),
        handle_signals=False,
    )
    running = asyncio.create_task(worker.async_run())
    try:
        yield worker
    finally:
        # Cut off in mid-command, arq would leave a connection behind.
        worker.allow_pick_jobs = False
        await simulated_delay(0.2)
        if unfinished := list(worker.tasks.values()):
            await asyncio.wait(unfinished, timeout=10)
        running.cancel()
        await asyncio.wait([running])


async def queued(newsroom: WebhookNewsroom) -> list[str]:
    """Return the reasons of the jobs in the queue."""
    ids = await newsroom.redis.zrange(newsroom.keys.webhook_jobs, 0, -1)
    return [id.decode().split(":", 3)[3] for id in ids]


async def consumers(newsroom: WebhookNewsroom) -> int:
    return len(await newsroom.redis.xinfo_consumers(newsroom.keys.live, WEBHOOKS))


async def test_a_worker_that_stops_leaves_the_group(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    await newsroom.publish("One")
    await head.waker.step()
    assert await consumers(newsroom) == 1
    await head.waker.aclose()
    assert await consumers(newsroom) == 0


async def test_an_event_wakes_the_endpoints_it_matches(
    newsroom: WebhookNewsroom, head: DeliveryTasks, settings: Settings
) -> None:
    async with receiving() as one, receiving() as two:
        await newsroom.endpoint(one.url)
        await newsroom.endpoint(two.url, Filter(editions=frozenset({"es"})))
        await newsroom.publish("Ferry runs")
        await head.waker.step()
        assert len(await queued(newsroom)) == 1
        async with working(newsroom.redis, settings, head):
            await wait_until(lambda: one.lines == ["Ferry runs"])
        assert not two.asked
        assert not await queued(newsroom)
        assert not await newsroom.redis.keys("arq:result:*"), "what a job returned is not kept"


async def test_an_unreadable_entry_wakes_no_endpoint_and_stops_nothing(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        await newsroom.endpoint(receiver.url)
        await newsroom.redis.xadd(newsroom.keys.live, {"e": "{"})
        await head.waker.step()
        await head.waker.step()  # acknowledges
        assert not await queued(newsroom)
        pending = await newsroom.redis.xpending(newsroom.keys.live, WEBHOOKS)
        assert pending["pending"] == 0


async def test_a_burst_is_one_job(
    newsroom: WebhookNewsroom, head: DeliveryTasks, settings: Settings
) -> None:
    async with receiving() as receiver:
        await newsroom.endpoint(receiver.url)
        for number in range(20):
            await newsroom.publish(f"Line {number}")
        await head.waker.step()
        assert len(await queued(newsroom)) == 1
        async with working(newsroom.redis, settings, head):
            await wait_until(lambda: len(receiver.asked) == 20)
        assert receiver.lines == [f"Line {number}" for number in range(20)]


async def test_events_that_a_dead_worker_did_not_acknowledge_wake_again(
    newsroom: WebhookNewsroom, head: DeliveryTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_group, "IDLE_MS", 0)
    async with receiving() as receiver:
        clock = FakeClock(1_800_000_000.0)
        group = ConsumerGroup(newsroom.redis, newsroom.keys, WEBHOOKS, "other")
        other = wake.EndpointWaker(
            group,
            head.webhooks.dispatcher,
            DeliveryQueue(arq_of(newsroom.redis), newsroom.keys),
            clock,
        )
        await other.step()
        await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        assert await ConsumerGroup(newsroom.redis, newsroom.keys, WEBHOOKS, "dead").read(10)
        await other.step()
        assert not await queued(newsroom)
        clock.now += consumer.CLAIM_EVERY
        await other.step()
        first = await queued(newsroom)
        assert len(first) == 1
        await other.step()  # acknowledges
        pending = await newsroom.redis.xpending(newsroom.keys.live, WEBHOOKS)
        assert pending["pending"] == 0


async def test_a_retry_comes_back_through_the_queue(
    newsroom: WebhookNewsroom, head: DeliveryTasks, settings: Settings
) -> None:
    busy = Answer(429, b"", {"Retry-After": "1"})
    async with receiving(busy, busy) as receiver:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await head.waker.step()
        async with working(newsroom.redis, settings, head):
            await wait_until(lambda: len(receiver.asked) == 3)
            state = await newsroom.state(made.id)
            while state.delivered == 0:
                state = await newsroom.state(made.id)
        assert len(set(receiver.ids)) == 1
        assert not await queued(newsroom)
        assert await newsroom.webhooks.totals() == {"retried": 2, "delivered": 1}


async def test_an_endpoint_that_waits_is_not_woken(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.redis.hset(newsroom.keys.webhook(made.id), "retry_ms", "9999999999999")  # type: ignore[misc]
        await newsroom.publish("One")
        await head.waker.step()
        assert not await queued(newsroom)


async def test_the_sweep_finds_endpoints_that_are_behind(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        ctx = head.webhooks.as_context()
        assert await jobs.sweep_webhooks(ctx) == 1
        [mark] = await queued(newsroom)
        assert mark.startswith("sweep-")


async def test_a_new_worker_looks_for_endpoints_that_are_behind(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    """The worker before it acknowledged the event and died before the job was in the queue. That
    happens if the queue is on another server that loses it.
    """
    async with receiving() as receiver:
        await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        lost = ConsumerGroup(newsroom.redis, newsroom.keys, WEBHOOKS, "lost")
        await lost.done(id for id, _ in await lost.read(10))
        head.waker.reset()
        await head.waker.step()
        [mark] = await queued(newsroom)
        assert mark.startswith("sweep-")


async def test_the_sweep_leaves_a_quiet_newsroom_alone(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await head.webhooks.dispatcher.deliver(made.id)
        await newsroom.live.send_heartbeat(1_000)
        await newsroom.carry()
        ctx = head.webhooks.as_context()
        assert await jobs.sweep_webhooks(ctx) == 0
        assert not await queued(newsroom)


async def test_changes_by_editors_are_jobs(
    newsroom: WebhookNewsroom, head: DeliveryTasks, settings: Settings
) -> None:
    async with receiving() as receiver:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await head.webhooks.dispatcher.deliver(made.id)
        await newsroom.webhooks.replay(made.id, StreamId(0, 0))
        await head.wake_reader.step()
        marks = await queued(newsroom)
        assert len(marks) == 1, "two changes of one endpoint, one job"
        assert marks[0].startswith("change-")
        async with working(newsroom.redis, settings, head):
            await wait_until(lambda: receiver.lines == ["One", "One"])


async def test_a_job_that_finds_the_lease_taken_comes_back_when_it_ends(
    newsroom: WebhookNewsroom, head: DeliveryTasks
) -> None:
    async with receiving() as receiver:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        lease = Lease(newsroom.redis, newsroom.keys, made.id, 20_000)
        await lease.take()
        ctx = head.webhooks.as_context() | {"job_try": 1}
        assert await jobs.webhook(ctx, made.id) == "busy"
        assert await jobs.webhook(ctx, made.id) == "busy"
        assert await queued(newsroom) == [f"after-{lease.token}"]


async def test_away_means_again_later(
    newsroom: WebhookNewsroom, head: DeliveryTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(head.webhooks.dispatcher, "deliver", away)
    monkeypatch.setattr(head.webhooks.dispatcher, "behind", away)
    ctx = head.webhooks.as_context() | {"job_try": 1}
    with pytest.raises(Retry):
        await jobs.webhook(ctx, "we_1")
    with pytest.raises(Retry):
        await jobs.sweep_webhooks(ctx)


def test_two_newsrooms_on_one_server_have_job_ids_of_their_own() -> None:
    [one], [two] = jobs.cron_jobs("one"), jobs.cron_jobs("two")
    assert one.name != two.name
    assert [job.name for job in jobs.functions()] == [JOB]
