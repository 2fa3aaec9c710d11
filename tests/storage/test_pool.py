"""The pool: left as a whole when its server no longer serves, and no connection is used twice."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from typing import Any

import pytest

from tests.support.redis_servers import RedisServer
from tests.support.waiting import stays, wait_until
from ticker.domain.store_errors import StoreError, StoreFailover, StoreUnreachable
from ticker.storage import connection as connection_module
from ticker.storage import pool as pool_module
from ticker.storage.connection import connect, translate
from ticker.storage.pool import StorePool
from ticker.storage.scripts import command


async def test_a_cut_ends_reads_that_block_and_the_next_command_connects_anew(
    own: RedisServer,
) -> None:
    redis = connect(own.url, blocking=True)
    pool = redis.connection_pool
    assert isinstance(pool, StorePool)
    await asyncio.gather(*(command(redis, "PING") for _ in range(5)))
    blocked = asyncio.create_task(_read(redis))
    await wait_until(lambda: redis.info("clients"), lambda found: found["blocked_clients"] == 1)
    pool.cut()
    with pytest.raises(StoreUnreachable):
        await blocked
    assert await command(redis, "PING")
    await redis.aclose()


async def test_a_cut_ends_attempts_to_connect_to_a_machine_that_drops_packets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection_module, "CONNECT_TIMEOUT", 60.0)
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # nobody accepts these: Linux drops what comes after them
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        redis = connect(f"redis://127.0.0.1:{full.getsockname()[1]}")
        pool = redis.connection_pool
        assert isinstance(pool, StorePool)
        connecting = asyncio.create_task(_ping(redis))
        await stays(lambda: not connecting.done(), 0.1)
        pool.cut()
        with pytest.raises(StoreUnreachable, match="another server has taken over"):
            await connecting
        await redis.aclose()


async def _ping(redis: object) -> None:
    with translate():
        await command(redis, "PING")  # type: ignore[arg-type]


async def _read(redis: object) -> None:
    with translate():
        await command(redis, "BLPOP", "nothing", 5)  # type: ignore[arg-type]


async def test_a_lost_connection_costs_one_failed_command_not_one_for_each_idle_one(
    own: RedisServer,
) -> None:
    redis = connect(own.url)
    await asyncio.gather(*(command(redis, "PING") for _ in range(20)))
    own.kill()
    own.start()
    failures = 0
    for _ in range(20):
        try:
            with translate():
                await command(redis, "PING")
        except StoreError:
            failures += 1
    assert failures <= 1
    await redis.aclose()


async def test_a_server_that_accepts_and_says_nothing_is_left_in_time(
    own: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "HANDSHAKE", 0.1)
    redis = connect(own.url)
    own.freeze()
    with pytest.raises(StoreUnreachable), translate():
        await command(redis, "PING")
    own.thaw()
    assert await command(redis, "PING")
    await redis.aclose()


async def test_a_replica_is_refused_unless_it_is_wanted(own: RedisServer) -> None:
    reader = connect(own.url, replica=True)
    await command(reader, "REPLICAOF", "127.0.0.1", "1")
    redis = connect(own.url)
    with pytest.raises(StoreFailover), translate():
        await command(redis, "GET", "a")
    assert await command(reader, "GET", "a") is None
    await redis.aclose()
    await reader.aclose()


async def test_how_a_connection_has_ended_is_retrieved(own: RedisServer) -> None:
    """asyncio logged "exception was never retrieved" if the future with it was collected before the
    stream's protocol.
    """
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    # Kept, not only their ids: one that is collected meanwhile leaves its id to the new one.
    before = [one for one in gc.get_objects() if type(one) is asyncio.StreamReaderProtocol]
    redis = connect(own.url)
    connection = await redis.connection_pool.get_connection()
    await connection.connect()
    found = [one for one in gc.get_objects() if type(one) is asyncio.StreamReaderProtocol]
    [protocol] = [one for one in found if not any(one is old for old in before)]
    protocol.connection_lost(BrokenPipeError())
    await asyncio.sleep(0)  # callbacks run
    del vars(protocol)["_closed"]
    assert not reported
    await connection.disconnect(nowait=True)
    await redis.connection_pool.release(connection)
    await redis.aclose()
