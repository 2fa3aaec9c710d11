"""Leases: one holder at a time, and none for longer than it asked."""

from __future__ import annotations

from ticker.storage import leases
from ticker.storage.connection import Redis
from ticker.storage.scripts import command


async def test_the_second_is_told_how_long_the_first_has_it(redis: Redis) -> None:
    assert await leases.take(redis, "lease", "one", 10_000) == 0
    assert 9_000 < await leases.take(redis, "lease", "two", 10_000) <= 10_000
    assert await command(redis, "GET", "lease") == b"one"


async def test_a_lease_from_before_a_step_of_the_clock_is_shortened(redis: Redis) -> None:
    await command(redis, "SET", "lease", "dead", "PX", 3_600_000)
    assert await leases.take(redis, "lease", "two", 50) <= 50
    left = await command(redis, "PTTL", "lease")
    assert left <= 50
