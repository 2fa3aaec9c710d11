"""The version of the data's form, checked when a process starts."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA, SchemaTooNew, check_schema


async def test_an_empty_newsroom_gets_the_schema_of_this_version(redis: Redis, keys: Keys) -> None:
    assert await check_schema(redis, keys, read_only=True) == SCHEMA
    assert await redis.exists(keys.schema) == 0
    assert await check_schema(redis, keys) == SCHEMA
    assert await redis.get(keys.schema) == str(SCHEMA).encode()
    await redis.set(keys.schema, SCHEMA + 1)
    with pytest.raises(SchemaTooNew, match=f"schema {SCHEMA + 1}"):
        await check_schema(redis, keys, read_only=True)


@pytest.mark.processes
@pytest.mark.parametrize("command", ["serve", "work"])
async def test_a_process_of_an_older_version_refuses_to_start(
    server: RedisServer, redis: Redis, command: str
) -> None:
    await redis.set(Keys("newer").schema, SCHEMA + 1)
    env = {"TICKER_REDIS_URL": server.url, "TICKER_NAMESPACE": "newer"}
    env["TICKER_PORT"] = str(free_port())

    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ticker", command),
        env=os.environ | env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await done.communicate()
    assert done.returncode == 2
    assert b"install the newer version again" in told
