"""Connections that are kept between commands: order, errors, and servers that go away."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.support.redis_servers import RedisServer
from ticker.domain.errors import Unavailable
from ticker.domain.store_errors import StoreAccess, StoreFailover, StoreLoading, StoreUnreachable
from ticker.storage import connection as connection_module
from ticker.storage.connection import Redis, RedisError, connect
from ticker.storage.kept_connection import KEPT, KeptConnection, KeptConnections, pack
from ticker.storage.scripts import command


def test_pack() -> None:
    packed = pack(("SET", b"\xff\r\n", "é", 12))
    assert packed == b"*4\r\n$3\r\nSET\r\n$3\r\n\xff\r\n\r\n$2\r\n\xc3\xa9\r\n$2\r\n12\r\n"


async def test_replies_come_in_order_and_errors_among_them(redis: Redis) -> None:
    connections = KeptConnections(redis)
    first, error, last = await connections.run([("SET", "a", 1), ("LPUSH", "a", 1), ("GET", "a")])
    assert (first, last) == (b"OK", b"1")
    assert isinstance(error, RedisError)
    assert await connections.run([("GET", "a")]) == [b"1"], "an error does not spoil the connection"
    await connections.aclose()


async def test_many_at_once_get_their_own_replies_and_few_connections_stay(redis: Redis) -> None:
    connections = KeptConnections(redis)
    many = 200
    replies = await asyncio.gather(*(connections.run([("ECHO", n)]) for n in range(many)))
    assert replies == [[str(n).encode()] for n in range(many)]
    assert len(connections.idle) <= KEPT
    await connections.aclose()


async def test_a_cancelled_call_leaves_no_reply_to_the_next(redis: Redis) -> None:
    connection = KeptConnection(redis)
    await connection.run(pack(("PING",)), 1)
    waiting = asyncio.create_task(connection.run(pack(("BLPOP", "nothing", 5)), 1))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await connection.run(pack(("ECHO", "x")), 1) == [b"x"]
    await connection.aclose()


async def test_a_restarted_server_is_reached_again(own: RedisServer) -> None:
    redis = connect(own.url)
    connections = KeptConnections(redis)
    await connections.run([("SET", "a", 1)])
    own.kill()
    with pytest.raises(Unavailable):
        await connections.run([("PING",)])
    own.start()
    assert await connections.run([("GET", "a")]) == [b"1"]
    await connections.aclose()
    await redis.aclose()


async def test_a_connection_closed_while_idle_costs_no_failed_command(redis: Redis) -> None:
    connections = KeptConnections(redis)
    await connections.run([("PING",)])
    await command(redis, "CLIENT", "KILL", "SKIPME", "yes")
    await command(redis, "PING")  # a turn of the loop in which the end is read
    assert await connections.run([("ECHO", "x")]) == [b"x"]
    await connections.aclose()


async def test_a_reply_in_many_pieces_is_whole(redis: Redis) -> None:
    connections = KeptConnections(redis)
    text = b"x" * 3_000_000
    assert await connections.run([("SET", "a", text), ("GET", "a")]) == [b"OK", text]
    await connections.aclose()


async def test_a_late_reply_is_not_given_to_the_next(redis: Redis) -> None:
    connection = KeptConnection(redis)
    with pytest.raises(StoreUnreachable, match="timeout while reading"):
        await connection.run(pack(("BLPOP", "nothing", 5)), 1, 0.02)
    assert await connection.run(pack(("ECHO", "x")), 1) == [b"x"]
    await connection.aclose()


async def test_a_reply_in_the_turn_in_which_its_time_ends_leaves_no_dead_connection() -> None:
    servers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        servers.append(writer)
        await reader.read(100)
        writer.write(b"*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n")
        while await reader.read(100):
            writer.write(b"+PONG\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        redis = connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        connection = KeptConnection(redis)
        assert await connection.run(pack(("PING",)), 1) == [b"PONG"]
        servers[0].write(b"+PONG\r\n")  # it is there when the next call waits, and the time is out
        assert await connection.run(pack(("PING",)), 1, 0.0) == [b"PONG"]
        assert await connection.run(pack(("PING",)), 1) == [b"PONG"]
        assert len(servers) == 2
        await connection.aclose()
        await redis.aclose()
        for each in servers:
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()


async def test_each_reply_has_its_own_time(
    own: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "TIMEOUT", 1.2)
    redis = connect(own.url)
    connection = KeptConnection(redis)
    blocking = pack(("BLPOP", "nothing", "0.65"))
    assert await connection.run(blocking * 2, 2) == [None, None]
    await connection.aclose()
    await redis.aclose()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"-LOADING it reads its file\r\n", StoreLoading),
        (b"-READONLY it is a replica now\r\n", StoreFailover),
        (b"-NOAUTH who is it\r\n", StoreAccess),
        (b"", StoreUnreachable),
    ],
)
async def test_a_server_that_does_not_serve_is_left(reply: bytes, error: type[Exception]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n")
        await reader.read(100)
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        redis = connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        connection = KeptConnection(redis)
        with pytest.raises(error):
            await connection.run(pack(("PING",)), 1)
        await redis.aclose()
