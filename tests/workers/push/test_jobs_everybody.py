"""Every device that an alert concerns gets it, and no subscription stops others.

Regression tests: each docstring says what went wrong.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import orjson
import pytest
from arq import ArqRedis, Worker

from tests.support.drafts import draft
from tests.support.providers.webpush import Answer
from tests.support.push_newsroom import PAGE, Provider, PushNewsroom
from tests.support.waiting import wait_until
from tests.workers.push.test_webpush_day import browsers, newsroom_of_browsers
from ticker.config import Settings
from ticker.domain.item import Item, Level
from ticker.publishing.service import ItemService
from ticker.push.model.alert_decision import Order
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.topics import Topic
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.push.model.webpush_verdicts import webpush_verdict
from ticker.push.store.dry_runs import DryRunStore
from ticker.push.store.subscriptions import Shard
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.job_serializer import serialize
from workers.push import jobs
from workers.push import shard as shard_module
from workers.push.context import PushContext
from workers.push.dry_run import DryRunner
from workers.push.fanout import CONDITIONS, job_name
from workers.push.shard import SLICE, ShardRun


async def alert(newsroom: PushNewsroom, **fields: Any) -> Item:
    wanted: dict[str, Any] = {"push": True, "level": "urgent"} | fields
    done = await newsroom.items.publish(draft(**wanted), by="ana")
    return done.item


def pool(newsroom: PushNewsroom) -> ArqRedis:
    return ArqRedis(
        newsroom.redis.connection_pool,
        serialize,
        orjson.loads,
        newsroom.keys.push_jobs(newsroom.provider.provider),
    )


def no_dry_runs(newsroom: PushNewsroom) -> DryRunner:
    store = DryRunStore(newsroom.redis, newsroom.keys)
    queue = jobs.PushQueue(pool(newsroom), newsroom.keys, newsroom.now)
    return DryRunner(store, {}, queue, newsroom.now)


async def work(
    newsroom: PushNewsroom,
    context: PushContext,
    runs: int = -1,
    provider: ProviderName | None = None,
) -> Worker:
    """Run an arq worker on a push queue until it is empty, or for so many ``runs``."""
    worker = Worker(
        functions=jobs.functions(Settings()),
        queue_name=newsroom.keys.push_jobs(provider or newsroom.provider.provider),
        redis_pool=pool(newsroom),
        ctx=jobs.PushJobs(context, no_dry_runs(newsroom)).as_context(),
        handle_signals=False,
        burst=True,
        max_burst_jobs=runs,
        max_jobs=jobs.MAX_JOBS,
        poll_delay=0.02,
        job_serializer=serialize,
        job_deserializer=orjson.loads,
    )
    try:
        async with asyncio.timeout(20):
            await worker.async_run()
    finally:
        for task in list(worker.tasks.values()):
            task.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    return worker


async def enqueue(newsroom: PushNewsroom, order: Order) -> list[Shard]:
    shards = await newsroom.shards(order)
    queue = jobs.PushQueue(pool(newsroom), newsroom.keys, newsroom.now)
    for shard in shards:
        await queue.push(order, shard)
    return shards


@pytest.mark.parametrize("value", ["²", "1³", "¹"])
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    """``"²".isdigit()`` is true and int() raises: a server's header failed the run."""
    answer = webpush_verdict(
        503, {b"retry-after": value.encode("latin-1")}, b"", known=False, now_s=0.0
    )
    assert answer.outcome is Outcome.RETRY


async def test_one_invalid_answer_does_not_cost_the_others_their_alert(
    newsroom: PushNewsroom,
) -> None:
    """One exception in ``send`` lost the batch's outcomes and failed the arq job for good, and with
    it the rest of the shard.
    """
    ids = await newsroom.register(20)

    def answer(one: Subscription) -> Verdict:
        if one.id == ids[0]:
            return webpush_verdict(503, {b"retry-after": b"\xb2"}, b"", known=False, now_s=0.0)
        return ACCEPTED

    newsroom.provider.answer = answer
    await alert(newsroom)
    await enqueue(newsroom, await newsroom.order())
    await work(newsroom, newsroom.fresh(concurrency=1), runs=1)
    assert {id for id, _ in newsroom.provider.delivered} >= set(ids[1:])


async def test_one_invalid_answer_over_a_real_connection(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore
) -> None:
    """The same from end to end: one address at an own server that answers ``503`` with
    ``Retry-After: ²`` cost all browsers of the shard their alert.
    """
    async with newsroom_of_browsers(redis, keys, items, live, known=False) as (newsroom, service):
        good = await browsers(newsroom, service, 8)
        [bad] = await browsers(newsroom, service, 1)
        bad.answers.append(Answer(503, headers={b"retry-after": b"\xb2"}))
        await items.publish(draft(level="urgent", push=True), by="ana")
        order = await newsroom.order()
        await enqueue(newsroom, order)
        await work(newsroom, newsroom.context, runs=1)
        assert [len(one.got) for one in good] == [1] * 8
        shards = await newsroom.shards(order)
        progress = await newsroom.progress.look(order.event, str(shards[0]))
        assert progress is not None
        assert progress.position  # the outcomes are stored


async def test_a_flash_whose_job_failed_holds_nothing_up(newsroom: PushNewsroom) -> None:
    """A flash's job that ended with an exception never called ``flash_ends``: all other alerts
    waited until its deadline, an hour, and were too late by then.
    """
    ids = await newsroom.register(3)
    broken = True

    def answer(one: Subscription) -> Verdict:
        if broken and one.id == ids[0]:
            raise ValueError("a bug, or an invalid answer")
        return ACCEPTED

    newsroom.provider.answer = answer
    await alert(newsroom, level="flash")
    flash = await newsroom.order()
    shards = await enqueue(newsroom, flash)
    await newsroom.providers.flash_begins([job_name(flash, s) for s in shards], flash.deadline_ms)
    await work(newsroom, newsroom.fresh())
    assert (
        await newsroom.redis.zcard(newsroom.keys.push_jobs("fcm")) == 0
    )  # no job is left that could end it
    broken = False
    assert await newsroom.providers.flash_pending(newsroom.now()) == 0
    await alert(newsroom)
    assert set(await newsroom.run(await newsroom.order())) == {None}


async def test_a_flash_whose_event_is_repeated_holds_nothing_up(newsroom: PushNewsroom) -> None:
    """``Fanout._enqueue`` records the flash again though its jobs are done: arq takes no new ones
    while it keeps their results, and a later run returned at ``progress.done`` without
    ``flash_ends``. All other alerts waited for an hour.
    """
    await newsroom.register(3)
    await alert(newsroom, level="flash")
    flash = await newsroom.order()
    shards = await enqueue(newsroom, flash)
    names = [job_name(flash, shard) for shard in shards]
    await newsroom.providers.flash_begins(names, flash.deadline_ms)
    await work(newsroom, newsroom.fresh())
    assert await newsroom.providers.flash_pending(newsroom.now()) == 0
    # The fan-out does this when XAUTOCLAIM returns the same event once more:
    await newsroom.providers.flash_begins(names, flash.deadline_ms)
    await enqueue(newsroom, flash)
    await work(newsroom, newsroom.fresh())
    await newsroom.run(flash)  # and if arq had forgotten the result
    assert len(newsroom.provider.delivered) == 3
    assert await newsroom.providers.flash_pending(newsroom.now()) == 0


async def test_a_job_that_takes_too_long_is_run_again(
    newsroom: PushNewsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """arq treats a timeout as a failure and removes the job: the rest of the shard got nothing, and
    corrections waited for it until they were late.
    """
    caplog.set_level(logging.CRITICAL, "arq")
    ids = await newsroom.register(5)
    newsroom.provider.pause = 3.0
    asyncio.get_running_loop().call_later(0.5, setattr, newsroom.provider, "pause", 0.0)
    await alert(newsroom)
    await enqueue(newsroom, await newsroom.order())
    context = newsroom.fresh()
    context.run_limit = 1.0
    await work(newsroom, context)
    assert sorted({id for id, _ in newsroom.provider.delivered}) == sorted(ids)


def test_a_run_ends_before_arq_ends_it() -> None:
    """``push_timeout`` may be 30 s, a request takes twice that, and it may wait for another shard's
    requests before.
    """
    settings = Settings(push_timeout=30.0)
    assert SLICE + 3 * settings.push_timeout < jobs.run_limit(settings) < jobs.timeout(settings)


class TwoServers(Provider):
    """A provider whose devices named ``dead`` are at a server of their own."""

    def origin(self, subscription: Subscription) -> str:
        at = "dead" if subscription.token.startswith("dead") else "good"
        return f"https://{at}.example"


async def test_a_dead_server_with_many_devices_does_not_hold_up_other_servers(
    newsroom: PushNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With PENDING_MAX devices waiting for a dead server a run never read on: the rest of the shard
    waited until the deadline. Anybody can register that many addresses at a server of their own.
    """
    monkeypatch.setattr(shard_module, "PENDING_MAX", 2 * PAGE)  # as two pages of the product's
    newsroom.provider = TwoServers()
    good = await newsroom.register(150)
    await newsroom.register(260, name="dead")
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.RETRY, "503") if one.token.startswith("dead") else ACCEPTED
    )
    await alert(newsroom)
    order = await newsroom.order()
    context = newsroom.fresh()
    for _ in range(12):
        await newsroom.run(order, context)
    assert len({id for id, _ in newsroom.provider.delivered}) == len(good)


class Tarpits(Provider):
    """A provider whose devices named ``slow`` are at servers that never answer."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = asyncio.Event()

    def origin(self, subscription: Subscription) -> str:
        return f"https://{subscription.token}.example"

    def untrusted(self, origin: str) -> bool:
        return origin.startswith("https://slow")

    async def send(self, message: object, subscription: Subscription) -> Verdict:
        if subscription.token.startswith("slow"):
            self.asked.append(subscription.id)
            await self.hold.wait()
            return Verdict(Outcome.RETRY, "no answer")
        return await super().send(message, subscription)  # type: ignore[arg-type]


async def test_slow_untrusted_servers_do_not_take_all_requests_in_flight(
    newsroom: PushNewsroom,
) -> None:
    """As many slow addresses as requests in flight, each at an origin of its own, took all of them
    for ``push_timeout``; no breaker trips before twenty failures at one origin.
    """
    newsroom.provider = slow = Tarpits()
    good = await newsroom.register(200)
    await newsroom.register(20, name="slow")
    await alert(newsroom)
    order = await newsroom.order()
    task = asyncio.create_task(newsroom.run(order, newsroom.fresh(concurrency=10)))
    await wait_until(lambda: len(slow.delivered) >= len(good))
    sent = len(slow.delivered)
    slow.hold.set()
    await task
    assert sent == len(good)


async def test_two_mismatched_tokens_in_a_quiet_topic_do_not_stop_the_provider(
    newsroom: PushNewsroom,
) -> None:
    """In a topic that few or none use, two mismatched tokens were most of the send, and stopped the
    whole provider until a person resumed it.
    """
    await newsroom.register(500)  # good ones, in the same provider
    await newsroom.register(2, sections=("health",), level=Level.flash, name="invented")
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.QUARANTINE, "BadDeviceToken")
        if one.token.startswith("invented")
        else ACCEPTED
    )
    await alert(newsroom, level="flash", sections=["health"])
    await newsroom.run(await newsroom.order())
    assert await newsroom.providers.stopped("fcm") is None


async def test_receipts_of_a_retracted_alert_add_up(newsroom: PushNewsroom) -> None:
    """Devices that got nothing because the item was retracted or expired were not counted."""
    await newsroom.register(5)
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await newsroom.run(order)
    assert sum((await newsroom.receipts(item)).values()) == 5


async def test_receipts_of_devices_that_left_while_waiting_add_up(newsroom: PushNewsroom) -> None:
    """A device that unsubscribed between two tries was not counted."""
    ids = await newsroom.register(3)
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.RETRY, "503") if one.id == ids[0] else ACCEPTED
    )
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.run(order)
    await newsroom.subscriptions.forget("fcm", ids[0])
    await newsroom.finish(order)
    receipts = await newsroom.receipts(item)
    receipts.pop("fcm:alert:retried")
    assert sum(receipts.values()) == 3


async def test_conditions_that_are_too_late_are_counted(newsroom: PushNewsroom) -> None:
    """With FCM's topics ``remaining`` asked a sorted set that does not exist."""
    item = await alert(newsroom)
    order = await newsroom.order()
    newsroom.now = lambda: order.deadline_ms
    shard = Shard("fcm", Topic("en", CONDITIONS, Level.urgent), 0)
    await ShardRun(newsroom.context, order, shard).run()
    assert await newsroom.receipts(item) == {"fcm:alert:too_late": 1}


async def test_a_late_replacement_counts_the_devices_it_was_for(
    newsroom: PushNewsroom,
) -> None:
    """A withdrawal of an alert that reached no device counted the whole shard as too late."""
    await newsroom.register(5)
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await newsroom.run(order)
    withdrawal = await newsroom.order()
    newsroom.now = lambda: withdrawal.deadline_ms
    await newsroom.run(withdrawal)
    assert (await newsroom.receipts(item)).get("fcm:withdraw:too_late", 0) == 0


async def test_one_providers_slow_answers_do_not_delay_anothers_flash(
    newsroom: PushNewsroom,
) -> None:
    """All providers shared the four jobs of a process: while FCM answered slowly in four shards, a
    flash to browsers did not begin. Each provider has a queue of its own.
    """
    sections = ("politics", "economy", "sports", "health")
    for section in sections:
        await newsroom.register(3, sections=(section,), name=section)
    fcm = newsroom.provider
    fcm.pause = 30.0
    newsroom.provider = browsers = Provider("webpush")
    await newsroom.register(3, level=Level.flash, name="browser")
    context = newsroom.fresh()
    context.senders = {"fcm": fcm, "webpush": browsers}
    queue = jobs.PushQueue(pool(newsroom), newsroom.keys, newsroom.now)
    await alert(newsroom, sections=list(sections))
    plain = await newsroom.order()
    for shard in await newsroom.subscriptions.shards("fcm", plain.alert.topics):
        await queue.push(plain, shard)
    running = asyncio.create_task(work(newsroom, context, provider="fcm"))
    await wait_until(lambda: len(fcm.asked) >= 12)
    await alert(newsroom, level="flash")
    flash = await newsroom.order()
    for shard in await newsroom.subscriptions.shards("webpush", flash.alert.topics):
        await queue.push(flash, shard)
    await work(newsroom, context, provider="webpush")
    sent = len(browsers.delivered)
    running.cancel()
    await asyncio.wait([running])
    assert sent == 3
