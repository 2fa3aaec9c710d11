"""A storm of returning readers costs Redis nothing: what it sees is the tail, as at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect as ws_connect

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.storage.connection import Redis, connect

pytestmark = pytest.mark.processes

READERS = 300
BEHIND = 20
TAILS = {"xread", "get", "hget", "exists", "xinfo|stream", "xrange", "multi", "exec", "hello"}
"""What a tail asks: its read, and every ``beat`` the verification, perhaps on a new connection."""
POLLS = {"time", "hgetall", "hlen", "zcard", "zrange"}
"""What a server asks for its metrics, every few seconds whoever reads."""
REPORT = {"evalsha", "eval", "time", "hset", "pexpire"}
"""What a gateway says of how many are reading: one script, once a second at most."""


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


async def calls(redis: Redis) -> dict[str, int]:
    stats: dict[str, Any] = await redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): entry["calls"] for name, entry in stats.items()}


async def resume(newsroom: NewsroomProcess, cursor: str) -> tuple[str, int]:
    """Come back with ``cursor``; return the mode and how many events were missed."""
    url = newsroom.url.replace("http", "ws", 1) + f"/v1/ws?after={cursor}"
    async with asyncio.timeout(60), ws_connect(url, compression=None, open_timeout=60) as ws:
        mode = orjson.loads(await ws.recv())["mode"]
        missed = 0
        while missed < BEHIND:
            missed += orjson.loads(await ws.recv())["type"] == "item"
        return mode, missed


async def test_resuming_readers_cost_redis_no_command(valkey: RedisServer, tmp_path: Path) -> None:
    async with running(valkey.url, tmp_path, lane_heartbeat="2", duplicate_window="0") as newsroom:
        snapshot = (await newsroom.http.get("/v1/items")).json()
        for number in range(BEHIND):
            await newsroom.publish(f"Line {number} of a long night")
        last = f"Line {BEHIND - 1} of a long night"
        await wait_until(lambda: newsroom.http.get("/v1/items"), lambda found: last in found.text)
        newsroom.kill("work")  # its own commands would only be in the way
        redis = connect(valkey.url)
        before = await calls(redis)
        results = await asyncio.gather(
            *(resume(newsroom, snapshot["cursor"]) for _ in range(READERS))
        )
        after = await calls(redis)
        await redis.aclose()
    assert results == [("replay", BEHIND)] * READERS
    asked = {name: count - before.get(name, 0) for name, count in after.items()}
    asked = {name: count for name, count in asked.items() if count and name != "info"}
    assert set(asked) <= TAILS | POLLS | REPORT, "the storm reached Redis"
    # What a tail asks meanwhile grows with the seconds that a slow machine takes.
    assert sum(asked.values()) < READERS, "less than one command for each reader"
