"""Reports of the position: when it moves or is old, and none of a process that has ended."""

from __future__ import annotations

import asyncio

from tests.support.in_memory import at
from tests.support.waiting import wait_until
from ticker.gateway.position_report import REPEAT, PositionReport
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.process_store import EXPIRE_MS, FORGOTTEN, ProcessStore


async def test_a_report_is_written_when_the_position_moves_or_it_is_old(
    redis: Redis, keys: Keys
) -> None:
    store, now, position = ProcessStore(redis, keys), [0.0], [at(1)]
    report = PositionReport(store, "a", "gateway", lambda: position[0], lambda: now[0])
    for moved, later, written in ((1, 0, True), (1, 0, False), (2, 0, True), (2, REPEAT, True)):
        position[0] = at(moved)
        now[0] += later
        await command(redis, "DEL", keys.processes)
        await report.step()
        assert [one.position for one in await store.all()] == ([at(moved)] if written else [])


async def test_a_process_that_ends_takes_itself_off_and_a_silent_one_is_forgotten(
    redis: Redis, keys: Keys
) -> None:
    store = ProcessStore(redis, keys)
    running = asyncio.create_task(
        PositionReport(store, "a", "web", lambda: at(1), lambda: 0.0).run()
    )
    (found,) = await wait_until(store.all)
    assert (found.role, found.age) == ("web", 0)
    running.cancel()
    await asyncio.wait([running])
    assert await store.all() == []
    await store.report("b", "gateway", "host:1", at(1))
    report = await command(redis, "HGET", keys.processes, "b")
    seconds, _, body = report.partition(b" ")
    old = b"%d %s" % (int(seconds) - FORGOTTEN - 1, body)
    await command(redis, "HSET", keys.processes, "b", old)
    assert await store.all() == []


async def test_a_new_process_takes_off_those_that_crashed_long_ago(
    redis: Redis, keys: Keys
) -> None:
    store = ProcessStore(redis, keys)
    await store.report("young", "gateway", "host:1", at(1))
    report = await command(redis, "HGET", keys.processes, "young")
    seconds, _, body = report.partition(b" ")
    old = b"%d %s" % (int(seconds) - EXPIRE_MS // 1000 - 1, body)
    await command(redis, "HSET", keys.processes, "crashed", old, "unreadable", b"")
    await store.report("young", "gateway", "host:1", at(2))
    assert await command(redis, "HLEN", keys.processes) == 3, "a known process looks for none"
    await store.report("new", "gateway", "host:2", at(1))
    assert set(await command(redis, "HKEYS", keys.processes)) == {b"young", b"new"}


async def test_without_redis_it_goes_on() -> None:
    away = connect("redis://127.0.0.1:1")
    report = PositionReport(ProcessStore(away, Keys("x")), "a", "web", lambda: at(1), lambda: 0.0)
    await report.step()
    await report.step()
    await away.aclose()
