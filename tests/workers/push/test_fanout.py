"""From the lane to jobs, on real servers and a real queue."""

from __future__ import annotations

import time

import pytest
from arq import ArqRedis

from tests.support.drafts import change, draft
from tests.support.push_newsroom import PushNewsroom
from ticker.publishing.service import system_clock
from ticker.push.model.alert_decision import AlertRecord
from ticker.push.store.receipts import receipts
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from workers.job_serializer import serialize
from workers.push.fanout import Fanout
from workers.push.jobs import FLASH_LEAD, PushQueue
from workers.relay import Relay


class Fan:
    """A fan-out in a push newsroom, one step at a time."""

    def __init__(
        self, newsroom: PushNewsroom, consumer: str = "one", fcm_topics: bool = False
    ) -> None:
        self.newsroom = newsroom
        self.beats: list[int] = []
        self.arq = ArqRedis(newsroom.redis.connection_pool, job_serializer=serialize)
        self.group = ConsumerGroup(newsroom.redis, newsroom.keys, "push", consumer)
        self.fanout = Fanout(
            self.group,
            newsroom.live,
            newsroom.alerts,
            newsroom.providers,
            newsroom.subscriptions,
            PushQueue(self.arq, newsroom.keys, system_clock),
            ["fcm"],
            time.monotonic,
            fcm_topics=fcm_topics,
            progress=newsroom.progress,
            on_heartbeat=self._beat,
        )

    async def _beat(self, at_ms: int) -> None:
        self.beats.append(at_ms)

    async def jobs(self) -> list[str]:
        """Return the queue in the order in which jobs are taken."""
        found = await command(
            self.newsroom.redis, "ZRANGE", self.newsroom.keys.push_jobs("fcm"), 0, -1
        )
        return [name.decode() for name in found]

    async def carry(self) -> None:
        await Relay(self.newsroom.live, self.newsroom.items_settings).drain()


@pytest.fixture
async def fan(newsroom: PushNewsroom) -> Fan:
    fan = Fan(newsroom)
    await fan.fanout.step()
    return fan


async def test_one_job_a_shard_and_none_twice(fan: Fan) -> None:
    newsroom = fan.newsroom
    newsroom.subscriptions = type(newsroom.subscriptions)(newsroom.redis, newsroom.keys, 1_000, 10)
    await newsroom.register(25)
    await newsroom.register(5, sections=("sports",), name="sports")
    await newsroom.register(5, sections=("health",), name="health")
    await newsroom.items.publish(draft(push=True, level="urgent", sections=["sports"]), by="ana")
    await newsroom.items.publish(draft(), by="ana")
    await fan.carry()
    await fan.fanout.step()
    jobs = await fan.jobs()
    assert len(jobs) == 4
    assert sorted(name.rpartition(":")[2] for name in jobs) == [
        "fcm/en/*/urgent/0",
        "fcm/en/*/urgent/1",
        "fcm/en/*/urgent/2",
        "fcm/en/sports/urgent/0",
    ]
    assert fan.fanout.counts.events == 2
    assert await fan.group.read(10) == []


async def test_the_events_of_a_dead_worker_are_enqueued_once(
    fan: Fan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.stream.consumer_group.IDLE_MS", 0)
    newsroom = fan.newsroom
    await newsroom.register(3)
    await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")
    await fan.carry()
    [left] = await fan.group.read(10)
    other = Fan(newsroom, "two")
    await other.fanout.step()
    jobs = await other.jobs()
    assert len(jobs) == 1
    assert str(left[0]) in jobs[0]
    await other.fanout.step()  # acknowledges
    pending = await command(newsroom.redis, "XPENDING", newsroom.keys.live, "push")
    assert pending["pending"] == 0
    # The first one was only slow, and does it as well.
    await fan.fanout.take([left])
    assert await fan.jobs() == jobs
    assert fan.fanout.counts.jobs == 0


async def test_an_alert_that_another_worker_saves_meanwhile_is_withdrawn(
    fan: Fan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the events before its retraction in a batch are under way."""
    newsroom, other = fan.newsroom, Fan(fan.newsroom, "two")
    await newsroom.register(1)
    wrong = (await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")).item
    await fan.carry()
    alerts = await fan.group.read(10)
    await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")
    await newsroom.items.retract(wrong.id, "wrong", by="ana")
    await fan.carry()
    batch = await other.group.read(10)
    get = newsroom.alerts.get

    async def read_before(item: str) -> tuple[AlertRecord | None, bytes]:
        found = await get(item)
        if item != wrong.id:
            await fan.fanout.take(alerts)
        return found

    monkeypatch.setattr(newsroom.alerts, "get", read_before)
    await other.fanout.take(batch)
    alert, _ = await newsroom.alerts.get(wrong.id)
    assert alert is not None
    assert len(alert.changes) == 1


async def test_a_batch_without_push_is_read_in_two_round_trips(fan: Fan) -> None:
    newsroom = fan.newsroom
    for _ in range(5):
        await newsroom.items.publish(draft(), by="ana")
    await fan.carry()
    await newsroom.redis.config_resetstat()
    await fan.fanout.step()
    stats = await newsroom.redis.info("commandstats")
    assert fan.fanout.counts.events == 5
    assert "cmdstat_get" not in stats
    assert stats["cmdstat_evalsha"]["calls"] == 2  # group, wire


async def test_flashes_go_first(fan: Fan) -> None:
    newsroom = fan.newsroom
    await newsroom.register(1)
    await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")
    await newsroom.items.publish(draft(push=True, level="flash"), by="ana")
    await fan.carry()
    await fan.fanout.step()
    first, second = await fan.jobs()
    scores = [
        float(await command(newsroom.redis, "ZSCORE", newsroom.keys.push_jobs("fcm"), name))
        for name in (first, second)
    ]
    assert scores[1] - scores[0] > FLASH_LEAD.total_seconds() * 1000 - 60_000
    assert await newsroom.providers.flash_pending(system_clock()) == 1


async def test_a_correction_and_a_retraction_are_orders_of_their_own(fan: Fan) -> None:
    newsroom = fan.newsroom
    await newsroom.register(1)
    item = (await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")).item
    await fan.carry()
    await fan.fanout.step()
    await newsroom.items.change(item.id, change(headline="Another line"), by="ana")
    await fan.carry()
    await fan.fanout.step()
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await fan.carry()
    await fan.fanout.step()
    assert fan.fanout.counts.orders == 3
    assert len(await fan.jobs()) == 3


async def test_an_alert_that_was_retracted_before_it_was_seen_is_no_order(fan: Fan) -> None:
    newsroom = fan.newsroom
    await newsroom.register(1)
    item = (await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")).item
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await fan.carry()
    await fan.fanout.step()
    assert await fan.jobs() == []
    found = await receipts(newsroom.redis, newsroom.keys, item.id)
    assert found.providers["fcm"]["withdraw"].shards == 0
    assert found.complete


async def test_topics_are_one_job(newsroom: PushNewsroom) -> None:
    fan = Fan(newsroom, fcm_topics=True)
    await fan.fanout.step()
    await newsroom.items.publish(draft(push=True, level="urgent", sections=["sports"]), by="ana")
    await fan.carry()
    await fan.fanout.step()
    [job] = await fan.jobs()
    assert job.endswith("fcm/en/@conditions/urgent/0")


async def test_heartbeats_are_passed_on_and_done_with(fan: Fan) -> None:
    newsroom = fan.newsroom
    await newsroom.live.send_heartbeat(1)
    await fan.carry()
    await fan.fanout.step()
    await fan.fanout.step()  # acknowledges
    assert len(fan.beats) == 1
    pending = await command(newsroom.redis, "XPENDING", newsroom.keys.live, "push")
    assert pending["pending"] == 0


async def test_a_rebuilt_lane_repeats_no_old_alert(fan: Fan) -> None:
    newsroom = fan.newsroom
    await newsroom.register(1)
    await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")
    await fan.carry()
    await fan.fanout.step()
    before = await fan.jobs()
    await command(newsroom.redis, "DEL", newsroom.keys.live)
    await fan.carry()
    fan.fanout.reset()
    await fan.fanout.step()
    await newsroom.items.publish(draft(push=True, level="urgent"), by="ana")
    await fan.carry()
    await fan.fanout.step()
    jobs = await fan.jobs()
    assert len(jobs) == 2
    assert set(before) < set(jobs)


async def test_a_worker_that_stops_leaves_the_group(fan: Fan) -> None:
    newsroom = fan.newsroom
    await fan.fanout.aclose()
    consumers = await command(newsroom.redis, "XINFO", "CONSUMERS", newsroom.keys.live, "push")
    assert consumers == []
