"""The version of the data's form, checked when a process starts."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from tests.support.redis_servers import RedisServer
from ticker.cli.main import app
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA, SchemaTooNew, check_schema


async def test_an_empty_newsroom_gets_the_schema_of_this_version(redis: Redis, keys: Keys) -> None:
    assert await check_schema(redis, keys) == SCHEMA
    assert await redis.get(keys.schema) == str(SCHEMA).encode()
    await redis.set(keys.schema, SCHEMA + 1)
    with pytest.raises(SchemaTooNew, match=f"schema {SCHEMA + 1}"):
        await check_schema(redis, keys)


@pytest.mark.parametrize("command", ["serve", "work"])
async def test_a_process_of_an_older_version_refuses_to_start(
    server: RedisServer, redis: Redis, command: str
) -> None:
    await redis.set(Keys("newer").schema, SCHEMA + 1)
    env = {"TICKER_REDIS_URL": server.url, "TICKER_NAMESPACE": "newer"}

    done = await asyncio.to_thread(CliRunner().invoke, app, [command], env=env)
    assert done.exit_code == 2
    assert "install the newer version again" in done.stderr
