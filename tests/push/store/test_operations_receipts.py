"""Receipts as workers write them and editors read them, on real servers."""

from __future__ import annotations

from ticker.domain.cursor import StreamId
from ticker.push.model.alert_decision import Kind
from ticker.push.store.dry_runs import DryRunStore
from ticker.push.store.metrics import JOBS_READ
from ticker.push.store.operations import PushOperations
from ticker.push.store.progress import ProgressStore, Tally
from ticker.push.store.provider_state import ProviderStates, ProviderStop
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

ITEM = "0" * 26
NOON, SIX = StreamId(1_000_000, 0), StreamId(22_600_000, 3)


class Shards:
    """Workers that send one event after the other."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.store = ProgressStore(redis, keys, 3_600)
        self.desk = PushOperations(redis, redis, keys)

    async def send(
        self, event: StreamId, shard: int, at_ms: int, kind: Kind = "alert", done: bool = True
    ) -> None:
        name = f"fcm/en/*/urgent/{shard}"
        progress = await self.store.begin(event, name)
        progress.done = done
        tally = Tally()
        tally.accepted(at_ms)
        await self.store.advance(event, name, progress, tally, item=ITEM, provider="fcm", kind=kind)


async def test_how_far_an_event_is(redis: Redis, keys: Keys) -> None:
    shards = Shards(redis, keys)
    await shards.store.expect(NOON, ITEM, "alert", {"fcm": 2, "apns": 0})
    await shards.send(NOON, 0, 1_000_800, done=False)
    await shards.send(NOON, 0, 1_000_900)
    found = await shards.desk.receipts(ITEM)
    receipt = found.providers["fcm"]["alert"]
    assert (receipt.shards, receipt.done, receipt.complete) == (2, 1, False)
    assert found.providers["apns"]["alert"].complete, "nobody is registered there"
    await shards.send(NOON, 1, 1_003_100)
    receipt = (await shards.desk.receipts(ITEM)).providers["fcm"]["alert"]
    assert receipt.complete
    assert receipt.counts["accepted"] == 3
    assert (receipt.when.first_after, receipt.when.last_after) == (0.8, 3.1)


async def test_a_shard_is_done_once_however_often_it_says_so(redis: Redis, keys: Keys) -> None:
    shards = Shards(redis, keys)
    await shards.store.expect(NOON, ITEM, "alert", {"fcm": 2})
    for _ in range(3):
        await shards.send(NOON, 0, 1_000_800)
    assert (await shards.desk.receipts(ITEM)).providers["fcm"]["alert"].done == 1


async def test_an_event_that_comes_twice_forgets_nothing(redis: Redis, keys: Keys) -> None:
    """A fan-out that died before it acknowledged: another enqueues the event, for more shards."""
    shards = Shards(redis, keys)
    await shards.store.expect(NOON, ITEM, "alert", {"fcm": 2})
    await shards.send(NOON, 0, 1_000_800)
    for known in (3, 2):
        await shards.store.expect(NOON, ITEM, "alert", {"fcm": known})
        receipt = (await shards.desk.receipts(ITEM)).providers["fcm"]["alert"]
        assert (receipt.shards, receipt.done) == (3, 1)


async def test_times_are_those_of_the_newest_event_of_a_kind(redis: Redis, keys: Keys) -> None:
    """An alert at noon that is raised to a flash at six has no "last after 6 hours"."""
    shards = Shards(redis, keys)
    await shards.store.expect(NOON, ITEM, "alert", {"fcm": 1})
    await shards.send(NOON, 0, 1_000_800)
    await shards.store.expect(SIX, ITEM, "alert", {"fcm": 1})
    await shards.send(SIX, 0, 22_600_500)
    await shards.send(NOON, 1, 22_700_000)  # a straggler of noon
    receipt = (await shards.desk.receipts(ITEM)).providers["fcm"]["alert"]
    assert receipt.when.event == SIX
    assert (receipt.when.first_after, receipt.when.last_after) == (0.5, 0.5)
    assert receipt.counts["accepted"] == 3
    assert (receipt.shards, receipt.done) == (1, 1)
    [_, fcm, _] = await shards.desk.states()
    assert fcm.newest.last_after == 0.5


async def test_kinds_do_not_mix(redis: Redis, keys: Keys) -> None:
    shards = Shards(redis, keys)
    await shards.send(NOON, 0, 1_000_800)
    await shards.send(SIX, 0, 22_600_100, "withdraw")
    kinds = (await shards.desk.receipts(ITEM)).providers["fcm"]
    assert {kind: one.when.event for kind, one in kinds.items()} == {"alert": NOON, "withdraw": SIX}
    [_, fcm, _] = await shards.desk.states()
    assert fcm.newest.event == NOON, "alerts are what must be fast"


async def test_receipts_live_as_long_as_the_archive(redis: Redis, keys: Keys) -> None:
    shards = Shards(redis, keys)
    await shards.store.expect(NOON, ITEM, "alert", {"fcm": 1})
    assert 3_590_000 < await command(redis, "PTTL", keys.receipts(ITEM)) <= 3_600_000


async def test_the_figures_of_an_untouched_newsroom(redis: Redis, keys: Keys) -> None:
    found = await PushOperations(redis, redis, keys).metrics()
    assert (found.jobs, found.oldest_ms, found.outcomes, found.webhooks) == (0, None, {}, {})
    assert [state.provider for state in found.providers] == ["webpush", "fcm", "apns"]
    assert not any(
        state.configured or state.stop_reason or state.silent for state in found.providers
    )


async def test_the_oldest_event_is_found_whatever_the_queue_says_is_due(
    redis: Redis, keys: Keys
) -> None:
    """A flash is put twelve hours ahead, and a job that is run again moves back."""
    jobs = {
        "ticker:push:9000-0:fcm/en/*/flash/0": 1,
        "ticker:push:dry-run:fcm:77": 2,
        "ticker:push:4000-1:fcm/en/*/urgent/0": 9_000_000,
    }
    for name, score in jobs.items():
        await command(redis, "ZADD", keys.push_jobs("webpush"), score, name)
    found = await PushOperations(redis, redis, keys).metrics()
    assert (found.jobs, found.oldest_ms) == (3, 4_000)


async def test_a_queue_of_any_length_is_read_up_to_a_bound(redis: Redis, keys: Keys) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for n in range(JOBS_READ):
            name = f"ticker:push:{n + 5}-0:fcm/en/*/urgent/0"
            pipe.execute_command("ZADD", keys.push_jobs("webpush"), n, name)
        pipe.execute_command(
            "ZADD", keys.push_jobs("webpush"), 10**9, "ticker:push:1-0:fcm/en/*/urgent/0"
        )
        await pipe.execute()
    found = await PushOperations(redis, redis, keys).metrics()
    assert (found.jobs, found.oldest_ms) == (JOBS_READ + 1, 5)


async def test_a_stop_and_its_end(redis: Redis, keys: Keys) -> None:
    desk = PushOperations(redis, redis, keys)
    await ProviderStates(redis, keys).stop("apns", ProviderStop("the key is revoked", 77, "one"))
    [*_, apns] = await desk.states()
    assert (apns.stop_reason, apns.stop_ms) == ("the key is revoked", 77)
    assert await desk.resume("apns")
    assert not await desk.resume("apns")
    [*_, apns] = await desk.states()
    assert apns.stop_reason is None


async def test_a_provider_that_is_set_up_no_more_is_forgotten_after_a_week(
    redis: Redis, keys: Keys
) -> None:
    seconds, _ = await command(redis, "TIME")
    now_ms = int(seconds) * 1000
    runs = DryRunStore(redis, keys)
    await runs.worker_seen(["fcm"], now_ms - 8 * 86_400_000)
    [_, fcm, _] = await runs.states()
    assert not fcm.configured
    await runs.worker_seen(["fcm"], now_ms)
    [_, fcm, _] = await runs.states()
    assert (fcm.since_ms, fcm.seen_ms) == (now_ms, now_ms), "a new beginning"
    await runs.worker_seen(["fcm"], now_ms + 60_000)
    [_, fcm, _] = await runs.states()
    assert (fcm.since_ms, fcm.seen_ms) == (now_ms, now_ms + 60_000)


async def test_quarantine_is_cleared(redis: Redis, keys: Keys) -> None:
    desk = PushOperations(redis, redis, keys)
    await command(redis, "HSET", keys.push_quarantine("fcm"), "a", "1", "b", "2")
    assert (await desk.states())[1].quarantined == 2
    assert await desk.clear_quarantine("fcm") == 2
    assert await desk.clear_quarantine("fcm") == 0
