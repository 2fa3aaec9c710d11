"""The rate of a provider over several workers, leased a few hundred sends at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.support.clock import FakeClock
from tests.support.drafts import counted, draft
from tests.support.push_newsroom import PushNewsroom
from ticker.config import Settings
from ticker.push.store.rate_leases import RateLeases
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from workers.push.rate import RateLimiter, rate_limiters


def monotonic() -> float:
    return asyncio.get_running_loop().time()


async def test_workers_share_a_rate_with_few_commands(redis: Redis, keys: Keys) -> None:
    """900 requests at 3,000 a second are three leases of 300, which take 0.3 s of the rate."""
    leases = RateLeases(redis, keys)
    clock = FakeClock(0.0)  # it stands still: however slow the machine is, no lease goes stale
    workers = [RateLimiter(leases, "fcm", 3_000, clock) for _ in range(2)]
    await leases.lease("fcm", 3_000, 1, 1.0)  # loads the script
    ends = 60.0
    async with counted(redis) as calls:
        seconds, micros = await command(redis, "TIME")
        turns = (workers[n % 2].take(ends) for n in range(900))
        assert set(await asyncio.gather(*turns)) == {0.0}
    assert calls["EVALSHA"] == 4, "450 each are two leases each"
    end = int(await command(redis, "GET", keys.push_rate("fcm")))
    assert end - (int(seconds) * 1_000_000 + int(micros)) >= 300_000


async def test_a_turn_after_the_end_of_the_run_comes_later(redis: Redis, keys: Keys) -> None:
    leases = RateLeases(redis, keys)
    await leases.lease("fcm", 10, 50, 0.0)
    wait = await RateLimiter(leases, "fcm", 10, monotonic).take(monotonic() + 1)
    assert 3.0 < wait <= 5.0


async def test_an_alert_keeps_to_the_rate_and_reaches_everybody(newsroom: PushNewsroom) -> None:
    await newsroom.register(60)
    await newsroom.items.publish(draft("Storm", push=True, level="urgent"), by="ana")
    leases = RateLeases(newsroom.redis, newsroom.keys)
    limiter = RateLimiter(leases, "fcm", 200, monotonic)
    context = replace(newsroom.context, rates={"fcm": limiter})
    seconds, micros = await command(newsroom.redis, "TIME")
    order = await newsroom.order()
    assert await newsroom.run(order, context) == [None]
    assert len(newsroom.provider.delivered) == 60
    end = int(await command(newsroom.redis, "GET", newsroom.keys.push_rate("fcm")))
    assert end - (int(seconds) * 1_000_000 + int(micros)) >= 60 / 200 * 1e6


async def test_settings_name_the_rates(redis: Redis, keys: Keys) -> None:
    settings = Settings(push_rate_fcm=0, push_rate_apns=5)
    assert set(rate_limiters(settings, RateLeases(redis, keys), monotonic)) == {"webpush", "apns"}
