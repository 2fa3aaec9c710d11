"""Leases of a provider's rate on a real server: one after the other, none in the far future."""

from __future__ import annotations

from ticker.push.store.rate_leases import BELIEVED_S, RateLeases
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def test_leases_follow_each_other(redis: Redis, keys: Keys) -> None:
    """Ten a second: each lease of 20 takes two seconds, whichever worker asks."""
    one, two = RateLeases(redis, keys), RateLeases(redis, keys)
    assert await one.lease("fcm", 10, 20, 9.0) == (20, 0.0)
    granted, first = await two.lease("fcm", 10, 20, 9.0)
    assert (granted, 1.0 < first <= 2.0) == (20, True)
    granted, second = await one.lease("fcm", 10, 20, 9.0)
    assert (granted, first + 1.0 < second <= 4.0) == (20, True)
    assert await one.lease("apns", 10, 20, 9.0) == (20, 0.0), "each provider has its own"


async def test_a_lease_that_begins_too_late_is_not_taken(redis: Redis, keys: Keys) -> None:
    leases = RateLeases(redis, keys)
    await leases.lease("fcm", 10, 50, 0.0)
    for _ in range(3):
        granted, wait = await leases.lease("fcm", 10, 50, 1.0)
        assert (granted, 2.0 < wait <= 4.0) == (0, True)
    assert (await leases.lease("fcm", 10, 50, 5.0))[0] == 50


async def test_a_clock_that_was_set_back_stops_nothing(redis: Redis, keys: Keys) -> None:
    seconds, _ = await command(redis, "TIME")
    ahead = (int(seconds) + int(BELIEVED_S) + 5) * 1_000_000
    await command(redis, "SET", keys.push_rate("fcm"), ahead)
    assert await RateLeases(redis, keys).lease("fcm", 10, 5, 0.0) == (5, 0.0)
