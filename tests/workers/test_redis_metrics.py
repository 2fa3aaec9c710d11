"""Figures of Redis and its streams."""

from __future__ import annotations

import pytest

from tests.support import lane
from tests.support.drafts import draft
from tests.support.metrics import samples
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.redis_metrics import RedisMetrics


async def test_it_shows_redis_and_the_streams(
    redis: Redis, keys: Keys, live: LaneStore, items: ItemService
) -> None:
    metrics = RedisMetrics(redis, keys)
    assert samples(metrics) == {"ticker_redis_up": 0}
    await live.open()
    await items.publish(draft(), by="ana")
    assert await metrics.step() > 0
    found = samples(metrics)
    assert found["ticker_redis_up"] == 1
    assert found['ticker_stream_entries{stream="wire"}'] == 1
    assert found['ticker_stream_entries{stream="lane"}'] == 1
    assert found["ticker_relay_lag_seconds"] == 0
    assert found["ticker_redis_used_memory_bytes"] > 0
    assert found["ticker_redis_commands_total"] > 0
    assert found["ticker_redis_append_only"] in (0, 1)
    [server] = [name for name in found if name.startswith("ticker_redis_server_info")]
    assert server.startswith(
        (
            'ticker_redis_server_info{server="Valkey",version="',
            'ticker_redis_server_info{server="Redis",version="7',
        )
    )


async def test_the_lag_is_the_age_of_what_waits(
    redis: Redis, keys: Keys, live: LaneStore, settings: Settings
) -> None:
    await live.open()
    await lane.relayed(redis, settings).publish(draft(), by="ana")
    metrics = RedisMetrics(redis, keys)
    await metrics.step()
    first = samples(metrics)["ticker_relay_lag_seconds"]
    while samples(metrics)["ticker_relay_lag_seconds"] <= first:
        await metrics.step()


async def test_a_redis_that_is_away(keys: Keys) -> None:
    metrics = RedisMetrics(connect("unix:///nowhere/redis.sock"), keys)
    with pytest.raises(Unavailable):
        await metrics.step()
    assert samples(metrics) == {"ticker_redis_up": 0}
