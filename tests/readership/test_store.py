"""Rankings and totals on real servers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.drafts import change, counted, draft
from tests.support.redis_servers import KINDS, Kind, RedisServer
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.readership import store as module
from ticker.readership.scores import HALF_LIVES, WINDOWS, Batch, Counted, Window
from ticker.readership.store import ReadershipStore
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

ALL = tuple(WINDOWS)


def batch(number: int, **counts: int) -> Batch:
    return Batch(
        number, 0.0, tuple(Counted(id, n, 0, (float(n),) * len(ALL)) for id, n in counts.items())
    )


async def out(items: ItemService, count: int = 1) -> list[str]:
    return [(await items.publish(draft(), by="ana")).item.id for _ in range(count)]


async def score(redis: Redis, keys: Keys, window: str, id: str) -> float | None:
    found = await command(redis, "ZSCORE", keys.reads(window), id)
    return None if found is None else float(found)


async def test_rankings_and_totals(items: ItemService, redis: Redis, keys: Keys) -> None:
    one, two, three = await out(items, 3)
    reads = ReadershipStore(redis, keys)
    await reads.add("p", [batch(1, **{one: 1, two: 3}), batch(2, **{one: 1, three: 7})])
    shared = Counted(one, 0, 4, (4.0, 4.0, 4.0))
    await reads.add("p", [Batch(3, 0.0, (shared,))])
    for window in ALL:
        assert await reads.best(window, 10) == [three, one, two]
        assert await reads.best(window, 2) == [three, one]
    assert await reads.totals([one, two, three, "0" * 26]) == [(2, 4), (3, 0), (7, 0), (0, 0)]
    assert await reads.totals([]) == []


async def test_without_reads_the_ranking_is_empty(redis: Redis, keys: Keys) -> None:
    assert await ReadershipStore(redis, keys).best("day", 10) == []


async def test_a_batch_counts_once_however_often_it_is_sent(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    [one] = await out(items)
    reads = ReadershipStore(redis, keys)
    for numbers in ((1,), (1,), (1, 2), (2, 1)):
        await reads.add("p", [batch(n, **{one: 1}) for n in numbers])
    assert await reads.totals([one]) == [(2, 0)]
    await reads.add("another process", [batch(1, **{one: 1})])
    assert await reads.totals([one]) == [(3, 0)]


async def test_a_script_that_redis_lost_is_loaded_again(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    [one] = await out(items)
    reads = ReadershipStore(redis, keys)
    for number in (1, 2):
        await redis.script_flush()
        await reads.add("p", [batch(number, **{one: 1})])
    assert await reads.totals([one]) == [(2, 0)]


async def test_a_write_is_one_round_trip_and_so_is_a_ranking(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    ids = await out(items, 3)
    reads = ReadershipStore(redis, keys)
    await reads.add("p", [batch(1, **{ids[0]: 1})])
    await reads.totals(ids)
    async with counted(redis) as calls:
        await reads.add("p", [batch(n, **dict.fromkeys(ids, 1)) for n in (2, 3)])
        await reads.best("hour", 10)
        await reads.totals(ids)
    assert calls == {"EVALSHA": 3, "ZRANGE": 1}


async def test_two_processes_add_at_once(items: ItemService, redis: Redis, keys: Keys) -> None:
    ids = await out(items, 4)

    async def process(name: str) -> None:
        reads = ReadershipStore(redis, keys)
        for number in range(1, 26):
            await reads.add(name, [batch(number, **dict.fromkeys(ids, 1))])

    await asyncio.gather(process("one"), process("two"))
    assert await ReadershipStore(redis, keys).totals(ids) == [(50, 0)] * 4
    assert sorted(await ReadershipStore(redis, keys).best("week", 10)) == sorted(ids)


@pytest.mark.parametrize("act", ["retract", "expire"])
async def test_a_deleted_item_has_no_counts(
    items: ItemService, redis: Redis, keys: Keys, act: str
) -> None:
    one, two = await out(items, 2)
    reads = ReadershipStore(redis, keys)
    await reads.add("p", [batch(1, **{one: 9, two: 1})])
    if act == "retract":
        await items.retract(one, "wrong", by="ana")
    else:
        await items.expire(one, by="schedule")
    await reads.add("p", [batch(2, **{one: 9, two: 1})])
    for window in ALL:
        assert await reads.best(window, 10) == [two]
    assert await reads.totals([one, two]) == [(0, 0), (2, 0)]


async def test_counting_never_recreates_a_deleted_item(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    [one] = await out(items)
    await redis.delete(keys.item(one))
    await ReadershipStore(redis, keys).add("p", [batch(1, **{one: 1, "0" * 26: 1})])
    assert await redis.exists(keys.item(one), keys.item("0" * 26), keys.reads("day")) == 0


async def test_only_live_items_are_counted(items: ItemService, redis: Redis, keys: Keys) -> None:
    later = await items.publish(draft(at="2099-01-01T00:00:00Z", force=True), by="ana")
    unpublished = await items.publish(draft(test=True), by="ana")
    ids = [later.item.id, unpublished.item.id]
    reads = ReadershipStore(redis, keys)
    await reads.add("p", [batch(1, **dict.fromkeys(ids, 5))])
    assert await reads.best("day", 10) == []
    assert await reads.totals(ids) == [(0, 0), (0, 0)]


async def test_a_change_keeps_the_counts(items: ItemService, redis: Redis, keys: Keys) -> None:
    [one] = await out(items)
    reads = ReadershipStore(redis, keys)
    await reads.add("p", [batch(1, **{one: 3})])
    await items.change(one, change(headline="Other words"), by="ana")
    assert await reads.totals([one]) == [(3, 0)]
    assert await reads.best("hour", 10) == [one]


async def test_rankings_are_bounded_and_drop_the_lowest(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    ids = await out(items, 8)
    reads = ReadershipStore(redis, keys, size_max=5)
    await reads.add("p", [batch(1, **{id: n + 1 for n, id in enumerate(ids)})])
    for window in ALL:
        assert await reads.best(window, 100) == list(reversed(ids[3:]))


async def test_a_batch_is_bounded(redis: Redis, keys: Keys) -> None:
    with pytest.raises(ValueError, match="at most"):
        await ReadershipStore(redis, keys).add(
            "p", [batch(1, **{f"{n:026}": 1 for n in range(module.BATCH_MAX + 1)})]
        )


async def test_landmarks_move_long_before_a_score_overflows(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    one, two = await out(items, 2)
    now = 1_764_000_000_000
    half = int(HALF_LIVES["hour"] * 1000)
    reads = ReadershipStore(redis, keys, lambda: now)
    await reads.add("p", [batch(1, **{one: 3, two: 2})])
    landmark = int(await command(redis, "HGET", keys.reads_since, "hour"))
    now += 255 * half + 7
    await reads.add("p", [batch(2, **{two: 1})])
    assert int(await command(redis, "HGET", keys.reads_since, "hour")) == landmark
    before = await score(redis, keys, "hour", two)
    now += half
    await reads.add("p", [batch(3, **{one: 1})])
    assert int(await command(redis, "HGET", keys.reads_since, "hour")) == landmark + 256 * half
    after = await score(redis, keys, "hour", two)
    assert before is not None
    assert after == before * 2.0**-256, "not a digit is lost"
    assert await score(redis, keys, "day", one) == pytest.approx(
        3 + 2.0 ** ((256 * half + 7) / 21_600_000)
    )


@pytest.mark.parametrize("half_lives", [300, 1_050, 1_074, 5_000, 1_000_000])
async def test_after_a_long_pause_new_reads_lead_the_ranking(
    items: ItemService, redis: Redis, keys: Keys, half_lives: int
) -> None:
    one, two = await out(items, 2)
    now = 1_764_000_000_000
    reads = ReadershipStore(redis, keys, lambda: now)
    await reads.add("p", [batch(1, **{one: 1_000})])
    now += half_lives * 151_200_000
    await reads.add("p", [batch(2, **{two: 1})])
    for window in ALL:
        assert await reads.best(window, 10) == [two]
        assert await score(redis, keys, window, two) == 1.0


async def test_a_clock_that_goes_back_is_handled(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    [one] = await out(items)
    times = iter([1_764_000_000_000, 1_763_999_100_000])
    reads = ReadershipStore(redis, keys, lambda: next(times))
    await reads.add("p", [batch(1, **{one: 1})])
    await reads.add("p", [batch(2, **{one: 1})])
    assert await score(redis, keys, "hour", one) == 1.5


async def test_unavailable_when_redis_is_away(keys: Keys) -> None:
    away = connect("unix:///tmp/there-is-no-server-here")
    reads = ReadershipStore(away, keys)
    with pytest.raises(Unavailable):
        await reads.add("p", [batch(1, **{"0" * 26: 1})])
    with pytest.raises(Unavailable):
        await reads.best("day", 10)
    await away.aclose()


class Bench:
    """A server and a loop for hypothesis, which runs a test many times within one."""

    def __init__(self, server: RedisServer) -> None:
        self.loop = asyncio.new_event_loop()
        self.redis = connect(server.url)
        self.keys = Keys("decay")
        self.now = 0

    def run(self, script: list[tuple[int, str, int]]) -> dict[Window, list[str]]:
        return self.loop.run_until_complete(self._run(script))

    async def _run(self, script: list[tuple[int, str, int]]) -> dict[Window, list[str]]:
        await self.redis.flushall()
        for id in "abcde":
            await command(self.redis, "HSET", self.keys.item(id), "state", "live")
        self.now = 1_764_000_000_000
        reads = ReadershipStore(self.redis, self.keys, lambda: self.now)
        for number, (pause, id, count) in enumerate(script, 1):
            self.now += pause
            await reads.add("p", [batch(number, **{id: count})])
        return {window: await reads.best(window, 10) for window in WINDOWS}

    def close(self) -> None:
        self.loop.run_until_complete(self.redis.aclose())
        self.loop.close()


@pytest.fixture(scope="module", params=KINDS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    kind: Kind = request.param
    server = RedisServer(kind, append=False)
    server.start()
    bench = Bench(server)
    yield bench
    bench.close()
    server.stop()


pauses = st.one_of(
    st.integers(0, 5_000),
    st.integers(0, 3 * 900_000),
    st.sampled_from([900_000 * 255, 900_000 * 256, 900_000 * 300, 21_600_000 * 256]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(pauses, st.sampled_from("abcde"), st.integers(1, 20)), max_size=25))
def test_forward_decay_ranks_as_the_exact_sum(
    bench: Bench, script: list[tuple[int, str, int]]
) -> None:
    found = bench.run(script)
    for window, half in HALF_LIVES.items():
        sums: dict[str, float] = {}
        at = list(itertools.accumulate(pause for pause, _, _ in script))
        for time, (_, id, count) in zip(at, script, strict=True):
            sums[id] = sums.get(id, 0.0) + count * 2.0 ** -((at[-1] - time) / (half * 1000))
        # Tiny scores may have been dropped, and close scores may be in any order.
        assert {id for id, total in sums.items() if total > 2.0**-30} <= set(found[window])
        assert set(found[window]) <= set(sums)
        for better, worse in itertools.pairwise(found[window]):
            assert sums[better] >= sums[worse] * (1 - 1e-9)


def test_there_is_room_between_a_landmark_and_an_overflow() -> None:
    assert 2.0**module.REBASE * 1e12 < 1e300
