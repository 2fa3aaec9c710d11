"""Durability: the promise of an acknowledgement, and the part that each server can keep."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.drafts import change, counted, draft, publish_all
from tests.support.redis_servers import KINDS, Kind, RedisServer
from tests.support.waiting import simulated_delay, wait_until
from ticker.config import Durability as Level
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Duplicate, Unavailable
from ticker.publishing.attempts import Committed
from ticker.publishing.import_record import Incoming
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


@pytest.fixture
def own(kind: Kind) -> Iterator[dict[str, RedisServer]]:
    """Servers that a test makes for itself; stopped afterwards."""
    servers: dict[str, RedisServer] = {}
    yield servers
    for server in servers.values():
        server.stop()


def start(
    own: dict[str, RedisServer], kind: Kind, *, append: bool = True, fsync: str = "always"
) -> str:
    server = own[f"{append} {fsync}"] = RedisServer(kind, append=append, fsync=fsync)
    server.start()
    return server.url


@contextlib.asynccontextmanager
async def editing(
    url: str, durability: Level = "fsync", timeout: float = 1.0, replicas: int = 1
) -> AsyncIterator[tuple[ItemService, Redis]]:
    settings = Settings(
        redis_url=url, durability=durability, durability_timeout=timeout, replicas=replicas
    )
    redis = connect(url, wait=timeout)
    try:
        yield ItemService(redis, Keys("test"), settings.taxonomy, settings), redis
    finally:
        await redis.aclose()


async def test_fsync_is_kept_or_degraded_and_said_once(
    own: dict[str, RedisServer], kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    modern = kind == "valkey"
    expected = {
        (True, "always"): "fsync",
        (True, "everysec"): "fsync" if modern else "local",
        (True, "no"): "local",
        (False, "always"): "local",
    }
    for (append, fsync), effective in expected.items():
        caplog.clear()
        url = start(own, kind, append=append, fsync=fsync)
        async with editing(url, timeout=3.0) as (items, _):
            with caplog.at_level(logging.WARNING, "ticker.publishing.durability"):
                for _ in range(2):
                    assert (await items.publish(draft(), by="ana")).durability == effective
                    assert (await items.recheck_durability()).effective == effective
            known = await items.durability()
            assert known.requested == "fsync"
            assert known.degraded == (effective == "local")
            assert known.report()["why"] == known.why
            assert len(caplog.records) == (1 if known.degraded else 0), known
            if known.degraded:
                word = "appendonly" if not append else "appendfsync"
                assert word in caplog.text


async def test_a_check_tells_the_settings_of_now(own: dict[str, RedisServer], kind: Kind) -> None:
    url = start(own, kind)
    async with editing(url) as (items, redis):
        before = await items.check_writes()
        await command(redis, "CONFIG", "SET", "appendfsync", "everysec")
        after = await items.check_writes()
    assert (before.effective, before.why) == ("fsync", "appendfsync always")
    assert "everysec" in after.why
    assert after.effective == ("fsync" if kind == "valkey" else "local")


async def test_local_asks_nothing(own: dict[str, RedisServer], kind: Kind) -> None:
    async with editing(start(own, kind), "local") as (items, redis):
        await items.publish(draft(), by="ana")
        async with counted(redis) as calls:
            await items.publish(draft(), by="ana")
        assert calls == {"EVALSHA": 1}


async def test_a_promise_not_kept_is_503_and_the_retry_waits_again(
    own: dict[str, RedisServer], kind: Kind
) -> None:
    """No replica is there. The item is written; the same key never makes a second one."""
    async with editing(start(own, kind), "replicated", timeout=0.05) as (items, redis):
        line = draft()
        for _ in range(2):
            with pytest.raises(Unavailable) as refused:
                await items.publish(line, by="ana", key="k")
            assert "written" in refused.value.detail
        assert await redis.xlen(Keys("test").wire) == 1
        [many] = await items.importer.run([Incoming("k", line)], by="ana")
        assert isinstance(many, (Unavailable, Duplicate))
        async with counted(redis) as calls:
            with pytest.raises(Unavailable):
                await items.publish(line, by="ana", key="k")
        assert calls == {"EVALSHA": 1, "WAIT": 1}


async def test_replicated_is_kept_with_a_replica(own: dict[str, RedisServer], kind: Kind) -> None:
    master, replica = RedisServer(kind, port=True), RedisServer(kind, port=True)
    own["master"], own["replica"] = master, replica
    master.start()
    replica.start()
    follower = connect(replica.url)
    await command(follower, "REPLICAOF", "127.0.0.1", master.port)
    async with editing(master.url, "replicated", timeout=5.0) as (items, redis):
        await wait_until(lambda: redis.info("replication"), lambda found: "online" in str(found))
        done = await items.publish(draft(), by="ana", key="k")
        assert done.durability == "replicated"
        assert await follower.exists(Keys("test").item(done.item.id))
        again = await items.publish(draft(done.item.headline), by="ana", key="k")
        assert again.repeated
    await follower.aclose()


async def test_a_repeat_on_a_new_connection_waits_for_the_first_write(
    own: dict[str, RedisServer],
) -> None:
    """WAIT and WAITAOF look at the connection's own last write; a repeat has to make one.

    The server stops to sync once it is known to sync every second, so a WAITAOF that succeeds did
    not wait for the write. Redis 7.0 has no WAITAOF.
    """
    url = start(own, "valkey", fsync="everysec")
    item = draft()
    for repeats in (2, 1):
        async with editing(url, timeout=0.05) as (items, redis):
            await redis.config_set("appendfsync", "everysec")
            assert (await items.durability()).waits
            await redis.config_set("appendfsync", "no")
            for _ in range(repeats):
                with pytest.raises(Unavailable):
                    await items.publish(item, by="ana", key="k")
    async with editing(url, timeout=5.0) as (patient, redis):
        await redis.config_set("appendfsync", "everysec")
        assert (await patient.publish(item, by="ana", key="k")).repeated


async def test_killed_in_mid_stream_nothing_acknowledged_is_lost_or_doubled(
    own: dict[str, RedisServer], kind: Kind
) -> None:
    server = own["own"] = RedisServer(kind)
    server.start()
    acknowledged: list[str] = []
    async with editing(server.url) as (items, redis):
        stop = asyncio.Event()

        async def editor(number: int) -> None:
            turn = 0
            while not stop.is_set():
                turn += 1
                try:
                    done = await items.publish(draft(), by="ana", key=f"{number}-{turn}")
                except Unavailable:
                    await simulated_delay(0.02)
                    continue
                acknowledged.append(done.item.id)

        editors = [asyncio.create_task(editor(n)) for n in range(10)]
        for _ in range(3):
            goal = len(acknowledged) + 200
            await wait_until(lambda: len(acknowledged) >= goal)
            server.kill()
            await simulated_delay(0.1)
            server.start()
        stop.set()
        await asyncio.gather(*editors)
        on_wire = [record for _, record in await redis.xrange(Keys("test").wire)]
        text = b"".join(record[b"e"] for record in on_wire).decode()
        assert len(acknowledged) == len(set(acknowledged))
        assert [id for id in acknowledged if text.count(f'"id":"{id}"') != 1] == []


async def test_a_connection_cut_in_mid_call_is_retried_without_a_second_item(
    own: dict[str, RedisServer], kind: Kind
) -> None:
    """All connections are cut five times while editors publish without keys of their own."""
    server = own["own"] = RedisServer(kind)
    server.start()
    async with editing(server.url) as (items, redis):
        killer = connect(server.url)
        results: list[Committed] = []

        async def editor() -> None:
            for _ in range(40):
                results.append(await items.publish(draft(), by="ana"))

        editors = [asyncio.create_task(editor()) for _ in range(10)]
        for cut in range(1, 6):
            await wait_until(lambda: len(results) >= 60 * cut)
            await command(killer, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await asyncio.gather(*editors)
        await killer.aclose()
        assert not any(r.repeated for r in results), "a retry of our own is no repetition"
        wire = [StreamId.parse(id) for id, _ in await redis.xrange(Keys("test").wire)]
        assert sorted(r.wire_id for r in results if r.wire_id) == wire
        assert len(wire) == 400


async def test_away_is_503_in_bounded_time(own: dict[str, RedisServer], kind: Kind) -> None:
    server = own["own"] = RedisServer(kind)
    server.start()
    async with editing(server.url) as (items, _):
        id = (await items.publish(draft(), by="ana")).item.id
        server.kill()
        async with asyncio.timeout(30):
            for call in (
                items.publish(draft(), by="ana"),
                items.change(id, change(summary="S"), by="ana"),
                items.get(id),
                items.history(id),
                items.latest(5),
                items.importer.run([Incoming("k", draft())], by="ana"),
            ):
                with pytest.raises(Unavailable):
                    await call
        server.start()
        assert (await items.get(id)).id == id
        await publish_all(items, [draft()])


async def test_a_failover_that_can_lose_items_is_said_once(
    own: dict[str, RedisServer], kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    master, replica = RedisServer(kind, port=True), RedisServer(kind, port=True)
    own["master"], own["replica"] = master, replica
    master.start()
    replica.start()
    follower = connect(replica.url, replica=True)
    async with editing(master.url) as (items, redis):
        assert (await items.durability()).risk == ""
        await command(follower, "REPLICAOF", "127.0.0.1", master.port)
        await wait_until(lambda: redis.info("replication"), lambda found: "online" in str(found))
        with caplog.at_level(logging.WARNING, "ticker.publishing.durability"):
            known = await items.recheck_durability()
            await items.recheck_durability()
        assert known.replicas == 1
        assert "failover can lose acknowledged items" in known.report()["risk"]
        assert len(caplog.records) == 1
    async with editing(master.url, "replicated") as (items, _):
        assert (await items.durability()).risk == ""
    await follower.aclose()


async def test_a_retraction_waits_for_a_replica_where_there_is_one(
    own: dict[str, RedisServer], kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    master, replica = RedisServer(kind, port=True), RedisServer(kind, port=True)
    own["master"], own["replica"] = master, replica
    master.start()
    replica.start()
    follower = connect(replica.url, replica=True)
    async with editing(master.url, "local", timeout=0.3) as (items, redis):
        first = await items.publish(draft(), by="ana")
        async with counted(redis) as calls:
            await items.retract(first.item.id, "wrong", by="ana")
        assert "WAIT" not in calls, "without a replica nothing waits"
        await command(follower, "REPLICAOF", "127.0.0.1", master.port)
        await wait_until(lambda: redis.info("replication"), lambda found: "online" in str(found))
        await items.recheck_durability()
        second = await items.publish(draft(), by="ana")
        async with counted(redis) as calls:
            await items.retract(second.item.id, "wrong", by="ana")
        assert calls["WAIT"] == 1
        third = await items.publish(draft(), by="ana")
        replica.freeze()
        done = await items.retract(third.item.id, "wrong", by="ana")
        assert (done.item.state, done.durability) == ("retracted", "local")
        assert "on no replica yet" in caplog.text
        replica.thaw()
    await follower.aclose()
