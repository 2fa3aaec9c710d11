"""Readiness answers in time whatever the store does, and names the hop that is down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.redis_servers import RedisServer
from tests.support.waiting import forever
from ticker.config import Settings
from ticker.domain.health import HealthReport, HeartbeatTimes
from ticker.domain.store_errors import StoreMemoryFull, StoreUnreachable
from ticker.gateway import readiness
from ticker.gateway.gateway import Gateway
from ticker.gateway.readiness import Health
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream import heartbeat
from ticker.stream.lane_store import LaneStore


async def fresh() -> HeartbeatTimes:
    return HeartbeatTimes(10_000, 9_900, 9_900)


async def promise() -> Mapping[str, Any]:
    return {}


async def check(times: Any = fresh, durability: Any = promise) -> HealthReport:
    redis = connect("unix:///nothing")
    gateway = Gateway(Settings(), LaneStore(redis, Keys("test")))
    gateway.tail.last_heartbeat = gateway.clock()
    report = await Health(gateway, times, durability).check()
    await redis.aclose()
    return report


async def test_green_if_the_heartbeat_travels_and_changes_are_accepted() -> None:
    report = await check()
    assert (report.ready, report.silent) == (True, None)


async def test_a_store_that_hangs_is_named_within_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "DEADLINE", 0.05)
    async with asyncio.timeout(30):
        for report in (await check(times=forever), await check(durability=forever)):
            assert (report.ready, report.silent) == (False, "redis")
            assert "does not answer" in report.hops["redis"].detail


async def test_a_store_that_refuses_changes_is_named_not_the_worker() -> None:
    async def full() -> Mapping[str, Any]:
        raise StoreMemoryFull("10.0.0.7:6379: OOM")

    report = await check(durability=full)
    assert report.silent == "redis"
    assert report.hops["redis"].detail == StoreMemoryFull.title


async def test_a_stopping_server_is_not_ready() -> None:
    redis = connect("unix:///nothing")
    gateway = Gateway(Settings(), LaneStore(redis, Keys("test")))
    gateway.tail.last_heartbeat = gateway.clock()
    gateway.hub.begin_drain()
    assert (await Health(gateway, fresh, promise).check()).silent == "server"
    await redis.aclose()


async def test_missing_replicas_are_named() -> None:
    async def refused() -> Mapping[str, Any]:
        return {"refused": "0 of 1 replicas"}

    report = await check(durability=refused)
    assert (report.silent, report.hops["redis"].detail) == (
        "redis",
        "refuses changes: 0 of 1 replicas",
    )


async def test_no_address_and_no_exception_gets_out() -> None:
    async def away() -> HeartbeatTimes:
        raise StoreUnreachable("10.0.0.7:6379 refuses connections")

    async def broken() -> HeartbeatTimes:
        raise KeyError("10.0.0.7:6379")

    for report in (await check(times=away), await check(times=broken)):
        assert report.silent == "redis"
        assert "10.0.0.7" not in str(report)


async def test_a_full_memory_of_a_real_server_is_red_at_once(valkey: RedisServer) -> None:
    settings, keys = Settings(redis_url=valkey.url), Keys("test")
    redis: Redis = connect(valkey.url)
    items = ItemService(redis, keys, settings.taxonomy, settings)

    async def times() -> HeartbeatTimes:
        await heartbeat.heartbeat_state(redis, keys)
        return await fresh()

    async def durability() -> Mapping[str, Any]:
        return (await items.check_writes()).report()

    assert (await check(times, durability)).ready
    await redis.config_set("maxmemory", "1")
    assert (await check(times, durability)).silent == "redis"
    await redis.config_set("maxmemory", "0")
    assert (await check(times, durability)).ready
    await redis.config_set("min-replicas-to-write", "1")
    report = await check(times, durability)
    assert (report.silent, report.hops["redis"].detail) == (
        "redis",
        "The database has too few replicas",
    )
    await redis.aclose()
