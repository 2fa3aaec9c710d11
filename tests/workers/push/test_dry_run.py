"""The dry run: when it is due, how far it gets, and the log lines of failures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from arq import ArqRedis, Worker

from tests.support.drafts import draft
from tests.support.providers.apns import KEY_ID, TEAM_ID, TOPIC, Apns
from tests.support.providers.oauth import OAuth
from tests.support.push_newsroom import PushNewsroom
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import system_clock
from ticker.push.model.provider_state import DRY_RUN_EVERY_MS, DRY_RUN_LATE_MS, ProviderState
from ticker.push.model.subscription import ProviderName
from ticker.push.store.dry_runs import DryRunStore
from ticker.push.vapid_keys import create
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from workers.job_serializer import serialize
from workers.push.dry_run import REPORT_EVERY, DryRunner, dry_run_note, dry_run_subscription
from workers.push.fanout import Fanout
from workers.push.jobs import PushJobs, PushQueue, functions
from workers.push.null_transport import NullTransport
from workers.push.senders import make_dry_run_senders
from workers.push.webpush import WebPush
from workers.relay import Relay


class Called:
    """A queue that records its jobs."""

    def __init__(self) -> None:
        self.runs: list[tuple[ProviderName, int]] = []

    async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
        self.runs.append((provider, beat_ms))
        return True


def dry_runner(
    newsroom: PushNewsroom,
    settings: Settings,
    queue: Any,
    clock_ms: Callable[[], int] = system_clock,
    monotonic: Callable[[], float] = time.monotonic,
) -> DryRunner:
    store = DryRunStore(newsroom.redis, newsroom.keys)
    return DryRunner(store, make_dry_run_senders(settings), queue, clock_ms, monotonic)


@pytest.fixture
def web(tmp_path: Path) -> Settings:
    create(tmp_path / "vapid.pem")
    return Settings(vapid_key_file=tmp_path / "vapid.pem")


async def state(newsroom: PushNewsroom, provider: ProviderName = "webpush") -> ProviderState:
    found = await DryRunStore(newsroom.redis, newsroom.keys).states()
    return next(one for one in found if one.provider == provider)


async def test_all_three_get_as_far_as_the_network(newsroom: PushNewsroom, tmp_path: Path) -> None:
    """With real keys and the real senders. Google is not asked for a token."""
    create(tmp_path / "vapid.pem")
    async with OAuth() as oauth:
        settings = Settings(
            vapid_key_file=tmp_path / "vapid.pem",
            fcm_credentials_file=oauth.write(tmp_path),
            apns_key_file=Apns().write(tmp_path),
            apns_key_id=KEY_ID,
            apns_team_id=TEAM_ID,
            apns_topic=TOPIC,
        )
        tests = dry_runner(newsroom, settings, Called())
        assert list(tests.senders) == ["webpush", "fcm", "apns"]
        await tests.watch()
        for provider in tests.senders:
            assert await tests.run(provider), provider
            found = await state(newsroom, provider)
            assert found.dry_run.succeeded_ms == found.dry_run.attempted_ms is not None
            assert not found.dry_run_late
        assert oauth.minted == 0
        await tests.aclose()


async def test_the_requests_are_whole(web: Settings) -> None:
    """Encrypted, signed and addressed like any other: only the network is missing."""
    asked: list[tuple[str, bytes, bytes, int]] = []

    class Seen(NullTransport):
        async def post(self, origin: str, path: bytes, head: Any, extra: Any, body: bytes) -> Any:
            asked.append((origin, path, head.h1, len(body)))
            return await super().post(origin, path, head, extra, body)

    [sender] = make_dry_run_senders(web).values()
    assert isinstance(sender, WebPush)
    transport = Seen(201)
    sender.transport = transport
    await sender.send(sender.prepare(dry_run_note(1_000)), dry_run_subscription("webpush"))
    [(origin, path, head, size)] = asked
    assert (origin, path) == ("https://dry-run.invalid", b"/push/1")
    assert b"vapid t=" in head
    assert b"aes128gcm" in head
    assert size > 512
    assert transport.requests == 1


async def test_unusable_credentials_are_reported(
    newsroom: PushNewsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "vapid.pem"
    broken.write_text("not a key")
    tests = dry_runner(newsroom, Settings(vapid_key_file=broken), Called())
    await tests.watch()
    assert not await tests.run("webpush")
    found = await state(newsroom)
    assert found.dry_run.succeeded_ms is None
    assert found.dry_run.attempted_ms is not None
    assert str(broken) in found.dry_run.error
    assert "dry run of webpush: failed" in caplog.text


async def test_one_an_hour_whatever_number_of_workers(
    newsroom: PushNewsroom, web: Settings
) -> None:
    queue = Called()
    workers = [dry_runner(newsroom, web, queue) for _ in range(5)]
    for beat_ms in (1, 2):
        for worker in workers:
            await worker.on_heartbeat(beat_ms)
    assert queue.runs == [("webpush", 1)]
    key = newsroom.keys.push_dry_run_claim("webpush", "hourly")
    left = await command(newsroom.redis, "PTTL", key)
    assert DRY_RUN_EVERY_MS - 60_000 < left <= DRY_RUN_EVERY_MS
    await command(newsroom.redis, "DEL", key)  # an hour passes
    for worker in workers:
        await worker.on_heartbeat(3)
    assert queue.runs == [("webpush", 1), ("webpush", 3)]


async def test_a_queue_that_is_away_costs_no_hour(newsroom: PushNewsroom, web: Settings) -> None:
    class Away(Called):
        async def dry_run(self, provider: ProviderName, beat_ms: int) -> bool:
            if not self.runs:
                self.runs.append((provider, beat_ms))
                raise Unavailable("the job queue is away")
            return await super().dry_run(provider, beat_ms)

    queue = Away()
    tests = dry_runner(newsroom, web, queue)
    with pytest.raises(Unavailable):
        await tests.on_heartbeat(1)
    await tests.on_heartbeat(2)
    await tests.on_heartbeat(3)
    assert queue.runs == [("webpush", 1), ("webpush", 2)]


async def test_a_start_is_tested_at_once_and_many_starts_once(
    newsroom: PushNewsroom, web: Settings
) -> None:
    queue = Called()
    await dry_runner(newsroom, web, queue).on_heartbeat(1)
    await command(newsroom.redis, "DEL", newsroom.keys.push_dry_run_claim("webpush", "start"))
    for worker in [dry_runner(newsroom, web, queue) for _ in range(5)]:
        await worker.on_heartbeat(2)
    assert queue.runs == [("webpush", 1), ("webpush", 2)]


async def test_late_dry_runs_are_logged_once_an_hour(
    newsroom: PushNewsroom, web: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    seconds, _ = await command(newsroom.redis, "TIME")
    now = {"ms": int(seconds) * 1000 - DRY_RUN_LATE_MS - 1_000, "monotonic": 0}
    tests = dry_runner(newsroom, web, Called(), lambda: now["ms"], lambda: now["monotonic"])
    await DryRunStore(newsroom.redis, newsroom.keys).worker_seen(["webpush"], now["ms"])
    await tests.run("webpush")
    now["ms"] = int(seconds) * 1000
    for _ in range(3):
        await tests.watch()
    now["monotonic"] += int(REPORT_EVERY)
    await tests.watch()
    said = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert len(said) == 2
    assert "no dry run of webpush has succeeded for 2.0 hours" in said[0].getMessage()


async def test_a_heartbeat_passes_lane_fan_out_and_queue(
    newsroom: PushNewsroom, web: Settings
) -> None:
    """The whole way with arq's own worker; the receipts have the number of shards."""
    redis, keys = newsroom.redis, newsroom.keys
    arq = ArqRedis(
        redis.connection_pool,
        job_serializer=serialize,
        job_deserializer=orjson.loads,
    )
    jobs = PushQueue(arq, keys, system_clock)
    tests = dry_runner(newsroom, web, jobs)
    await tests.watch()
    fanout = Fanout(
        ConsumerGroup(redis, keys, "push", "one"),
        newsroom.live,
        newsroom.alerts,
        newsroom.providers,
        newsroom.subscriptions,
        jobs,
        ["fcm"],
        time.monotonic,
        progress=newsroom.progress,
        on_heartbeat=tests.on_heartbeat,
    )
    await fanout.step()
    await newsroom.register(3)
    item = (await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")).item
    await newsroom.live.send_heartbeat(1_000)
    await Relay(newsroom.live, web).drain()
    await fanout.step()
    names = await command(redis, "ZRANGE", keys.push_jobs("webpush"), 0, -1)
    assert sum(b":push:dry-run:webpush:" in name for name in names) == 1
    for queue in (keys.push_jobs("webpush"), keys.push_jobs("fcm")):
        worker = Worker(
            functions=functions(web),
            queue_name=queue,
            redis_pool=arq,
            ctx=PushJobs(newsroom.context, tests).as_context(),
            burst=True,
            poll_delay=0.01,
            job_serializer=serialize,
            job_deserializer=orjson.loads,
            handle_signals=False,
        )
        assert await worker.run_check() == 1
    assert (await state(newsroom)).dry_run.succeeded_ms is not None
    from ticker.push.store.receipts import receipts

    receipt = (await receipts(redis, keys, item.id)).providers["fcm"]["alert"]
    assert (receipt.shards, receipt.done, receipt.counts["accepted"]) == (1, 1, 3)
    assert (receipt.when.first_after or 0) <= (receipt.when.last_after or 0)
