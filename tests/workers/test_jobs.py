"""The arq jobs, run by arq itself against real servers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from arq import ArqRedis, Retry, Worker

from tests.support.drafts import draft, publish_all, when_due
from tests.support.waiting import forever, wait_until
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from workers import jobs
from workers.job_serializer import serialize
from workers.main import options
from workers.stream_tasks import StreamTasks

loads = orjson.loads


@pytest.fixture
async def tasks(redis: Redis, settings: Settings) -> AsyncIterator[StreamTasks]:
    """Tasks that are not started: only the jobs work."""
    tasks = StreamTasks(settings)
    yield tasks
    await tasks.stop()


def worker(redis: Redis, settings: Settings, tasks: StreamTasks, *, cron: bool = False) -> Worker:
    queue = Keys(settings.namespace).jobs
    chosen = options(settings) | ({} if cron else {"cron_jobs": []})
    return Worker(
        **chosen,
        redis_pool=ArqRedis(redis.connection_pool, serialize, loads, queue),
        ctx=tasks.as_context(),
        burst=not cron,
        handle_signals=False,
    )


async def test_jobs_by_name_do_their_work(
    items: ItemService, redis: Redis, settings: Settings, tasks: StreamTasks
) -> None:
    _, made = await when_due(
        lambda at: publish_all(items, [draft(at=at), draft(expires_at=at)]), redis.flushall
    )
    due, over = (one.id for one in made)
    pool = ArqRedis(redis.connection_pool, serialize, loads, Keys(settings.namespace).jobs)
    results = []
    for name in ("release", "expire", "sweep"):
        job = await pool.enqueue_job(name)
        assert job is not None
        assert await worker(redis, settings, tasks).run_check() == 1
        results.append(await job.result(30))
    assert (await items.get(due)).state == "live"
    assert (await items.get(over)).state == "expired"
    assert results[:2] == [1, 1]
    assert results[2]["expired"] == 0


async def test_a_job_cancelled_in_the_middle_is_run_again_and_repeats_nothing(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tasks: StreamTasks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker is stopped after half of the releases; the next one finds the job still queued."""
    await when_due(lambda at: publish_all(items, [draft(at=at) for _ in range(10)]), redis.flushall)
    pool = ArqRedis(redis.connection_pool, serialize, loads, keys.jobs)
    await pool.enqueue_job("release")
    halfway = asyncio.Event()
    original = tasks.items.due.release
    released = 0

    async def stalling(id: str, **options: Any) -> object:
        nonlocal released
        if released == 5:
            halfway.set()
            await forever()
        released += 1
        return await original(id, **options)

    with monkeypatch.context() as patch:
        patch.setattr(tasks.items.due, "release", stalling)
        first = worker(redis, settings, tasks)
        running = asyncio.create_task(first.async_run())
        await asyncio.wait_for(halfway.wait(), 20)
        jobs_running = list(first.tasks.values())
        first.handle_sig(signal.SIGTERM)
        await asyncio.wait([running, *jobs_running], timeout=10)
    assert await redis.xlen(keys.wire) == 5
    await worker(redis, settings, tasks).async_run()
    assert await redis.xlen(keys.wire) == 10
    assert await redis.zcard(keys.due) == 0
    assert await redis.zcard(keys.jobs) == 0


async def test_away_means_again_later(tasks: StreamTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> int:
        raise Unavailable("gone")

    for name, job in (("release", jobs.release), ("expire", jobs.expire), ("sweep", jobs.sweep)):
        monkeypatch.setattr(tasks.schedule, name, away)
        with pytest.raises(Retry):
            await job(tasks.as_context() | {"job_try": 1})


async def test_cron_runs_the_sweep_at_start(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings, tasks: StreamTasks
) -> None:
    await items.publish(draft(), by="ana")
    await tasks.relay.drain()
    await redis.delete(keys.current)
    chosen = worker(redis, settings, tasks, cron=True)
    running = asyncio.create_task(chosen.async_run())
    await wait_until(lambda: redis.xlen(keys.wire), lambda found: found >= 2)
    running.cancel()
    await asyncio.wait([running])
    # The sweep's job still has its result to write; cut off, it would leave a connection behind.
    if unfinished := list(chosen.tasks.values()):
        await asyncio.wait(unfinished, timeout=10)


def test_two_newsrooms_on_one_server_have_job_ids_of_their_own() -> None:
    """arq keeps job ids apart by name only; with equal names one newsroom's sweep would keep the
    other's from being enqueued."""
    one = {job.name for job in jobs.cron_jobs("one")}
    two = {job.name for job in jobs.cron_jobs("two")}
    assert len(one) == 3
    assert not one & two


def test_results_are_json_even_when_they_are_errors() -> None:
    assert orjson.loads(serialize({"r": ValueError("no")})) == {"r": "ValueError('no')"}
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(b"\x80\x04pickle")
