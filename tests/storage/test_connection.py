"""Connections: every kind of URL, bounded pools, and which errors mean "come back"."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError, ResponseError

from tests.support.drafts import draft
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer, find
from tests.support.waiting import simulated_delay, wait_until
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.attempts import Committed
from ticker.publishing.service import ItemService
from ticker.storage import connection as connect_module
from ticker.storage.connection import connect, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def test_a_url_may_name_a_socket_or_a_port_and_a_database() -> None:
    server = RedisServer("redis", port=True)
    server.start()
    try:
        for url in (server.url, f"{server.url}?db=3", server.tcp_url, server.tcp_url[:-1] + "3"):
            client = connect(url)
            assert await client.ping()
            await client.set("where", url)
            await client.aclose()
        third = connect(server.tcp_url[:-1] + "3")
        assert (await third.dbsize(), await third.get("where")) == (1, third and url.encode())
        await third.aclose()
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url", ["http://x", "redis+sentinel://", "redis+sentinel://h:1", "redis+sentinel://h:x/s"]
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - redis-py words its own
        connect(url)


def test_what_is_temporary_is_503_and_our_own_mistakes_are_not() -> None:
    for error in (
        ConnectionError("gone"),
        OSError("no route"),
        ResponseError("LOADING data"),
        ResponseError("MISCONF disk full"),
        ResponseError("CLUSTERDOWN"),
    ):
        with pytest.raises(Unavailable), translate():
            raise error
    with pytest.raises(ResponseError), translate():
        raise ResponseError("ERR wrong number of arguments")


async def test_a_full_pool_makes_callers_wait_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "CONNECTIONS", 3)
    server = RedisServer("redis")
    server.start()
    client = connect(server.url)
    try:
        await asyncio.gather(*(command(client, "INCR", "n") for _ in range(50)))
        assert await client.get("n") == b"50"
        assert (await client.info("clients"))["connected_clients"] <= 3
    finally:
        await client.aclose()
        server.stop()


async def test_a_task_can_be_cancelled_at_any_moment() -> None:
    """A worker hung at its shutdown: a cancellation that came as a command had just been sent was
    swallowed by asyncio.wait_for (Python 3.11), and the task went on forever."""
    server = RedisServer("redis")
    server.start()
    client = connect(server.url)

    async def forever() -> None:
        while True:
            await command(client, "INCR", "n")

    try:
        for turns in range(300):
            task = asyncio.create_task(forever())
            for _ in range(turns % 30):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=20)
            assert done, f"still running after a cancellation at turn {turns}"
    finally:
        await client.aclose()
        server.stop()


async def test_a_server_that_hangs_is_503_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "TIMEOUT", 0.2)
    server = RedisServer("redis")
    server.start()
    client = connect(server.url)
    settings = Settings(redis_url=server.url)
    items = ItemService(client, Keys("test"), settings.taxonomy, settings)
    try:
        await items.publish(draft(), by="ana")
        server.freeze()
        async with asyncio.timeout(8):
            with pytest.raises(Unavailable):
                await items.publish(draft(), by="ana")
        server.thaw()
        await items.publish(draft(), by="ana")
    finally:
        await client.aclose()
        server.stop()


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[tuple[RedisServer, RedisServer, int]]:
    """A master, its replica, and one sentinel that watches them."""
    master, replica = RedisServer("redis", port=True), RedisServer("redis", port=True)
    master.start()
    replica.start()
    port = free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nlogfile {tmp_path}/log\n"
        f"sentinel monitor desk 127.0.0.1 {master.port} 1\n"
        "sentinel down-after-milliseconds desk 300\nsentinel failover-timeout desk 2000\n"
    )
    process = subprocess.Popen([str(find("redis")), str(config), "--sentinel"])
    yield master, replica, port
    process.kill()
    process.wait()
    master.stop()
    replica.stop()


async def insist(items: ItemService, key: str) -> Committed:
    """Publish, as an editor would who sends the same request until it is answered."""
    line = draft()
    while True:
        try:
            return await items.publish(line, by="ana", key=key)
        except Unavailable:
            await simulated_delay(0.1)


async def test_the_master_is_found_through_a_sentinel_before_and_after_a_failover(
    sentinel: tuple[RedisServer, RedisServer, int],
) -> None:
    master, replica, port = sentinel
    follower = connect(replica.url)
    await command(follower, "REPLICAOF", "127.0.0.1", master.port)
    url = f"redis+sentinel://127.0.0.1:{port}/desk/0"
    settings = Settings(redis_url=url, durability="local")
    client = connect(url)
    items = ItemService(client, Keys("test"), settings.taxonomy, settings)
    watcher = connect(f"redis://127.0.0.1:{port}")
    async with asyncio.timeout(60):
        first = await insist(items, "first")
        await wait_until(lambda: command(watcher, "SENTINEL", "REPLICAS", "desk"))
        await wait_until(lambda: follower.exists(Keys("test").item(first.item.id)))
        master.kill()
        second = await insist(items, "second")
    assert (await items.get(first.item.id)).id == first.item.id
    assert await follower.exists(Keys("test").item(second.item.id))
    for one in (client, follower, watcher):
        await one.aclose()


def test_a_transport_that_was_just_closed_is_a_lost_connection(server: RedisServer) -> None:
    """uvloop says RuntimeError there, which made a killed Redis look like a bug of ours."""
    uvloop = pytest.importorskip("uvloop")

    async def work() -> None:
        redis = connect(server.url)
        connection = await redis.connection_pool.get_connection()
        connection._writer.transport.abort()
        await simulated_delay(0.05)
        with pytest.raises(ConnectionError):
            await connection.send_packed_command([b"*1\r\n$4\r\nPING\r\n"])
        await redis.connection_pool.release(connection)
        await redis.aclose()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
