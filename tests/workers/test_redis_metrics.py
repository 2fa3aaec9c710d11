"""Figures of Redis and its streams."""

from __future__ import annotations

from collections.abc import Iterable

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
from ticker.telemetry.families import Family
from workers.redis_metrics import STATES, RedisMetrics, redis_families


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
    assert found["ticker_redis_system_memory_bytes"] > found["ticker_redis_used_memory_bytes"]
    assert found["ticker_redis_maxclients"] > found["ticker_redis_connected_clients"] > 0


def test_what_redis_could_not_write_is_zero() -> None:
    fine = dict.fromkeys(STATES, "ok")
    for fact, (name, _) in STATES.items():
        found = samples(Shown(fine | {fact: "err"}))
        shown = {other: found[f"ticker_{other}"] for other, _ in STATES.values()}
        assert shown == {other: float(other != name) for other, _ in STATES.values()}


class Shown:
    """The families of one answer to INFO."""

    def __init__(self, info: dict[str, str]) -> None:
        self._info = info

    def metrics(self) -> Iterable[Family]:
        return redis_families(self._info, {}, 0.0, 0.0)


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
