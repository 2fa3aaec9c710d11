"""A server proves itself by the primary's epoch and by reaching the primary's position."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.redis_servers import RedisServer
from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.replica_proof import prove

TOP = StreamId.parse("5-0")


@pytest.fixture
async def other(valkey: RedisServer) -> AsyncIterator[Redis]:
    client = connect(valkey.url, replica=True)
    yield client
    await client.aclose()


@pytest.mark.parametrize(
    ("epoch", "ids", "proved"),
    [
        ("1", ["1-0", "5-0"], True),
        ("1", ["1-0", "6-0"], True),
        ("1", ["1-0"], False),
        ("1", [], False),
        ("2", ["5-0"], False),
        (None, ["5-0"], False),
    ],
)
async def test_a_replica_has_the_epoch_and_reaches_the_position(
    redis: Redis, other: Redis, keys: Keys, epoch: str | None, ids: list[str], proved: bool
) -> None:
    await command(redis, "HSET", keys.epochs, "current", "1")
    if epoch is not None:
        await command(other, "HSET", keys.epochs, "current", epoch)
    for id in ids:
        await command(other, "XADD", keys.live, id, "n", "1")
    assert await prove(redis, other, keys, TOP) is proved
