"""A time that is probably wrong publishes nothing; Redis' clock decides what is past."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.drafts import change, draft
from tests.support.waiting import wait_past
from ticker.config import Settings
from ticker.domain.errors import IdempotencyMismatch, ImplausibleTime
from ticker.publishing.service import ItemService, system_clock
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

HOUR = timedelta(hours=1)


async def test_a_release_in_the_past_is_refused_unless_forced(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    wrong = datetime.now(UTC) - HOUR
    with pytest.raises(ImplausibleTime):
        await items.publish(draft(at=wrong), by="ana", key="k")
    assert not await redis.exists(keys.wire, keys.latest), "nothing is written"
    forced = await items.publish(draft(at=wrong, force=True), by="ana", key="k")
    assert forced.item.state == "live"


async def test_a_repeat_gets_the_first_answer_when_its_time_has_passed(
    redis: Redis, keys: Keys, settings: Settings, items: ItemService
) -> None:
    """The clocks say a day later, so the time of the first request is in the past."""
    while True:
        soon = draft("Embargoed", expires_at=datetime.now(UTC) + timedelta(seconds=0.2))
        with contextlib.suppress(ImplausibleTime):  # the machine is too slow for so short a time
            first = await items.publish(soon, by="ana", key="k")
            break
    assert soon.expires_at is not None
    await wait_past(soon.expires_at)
    again = await items.publish(soon, by="ana", key="k")
    assert (again.item, again.repeated) == (first.item, True)
    with pytest.raises(IdempotencyMismatch):
        await items.publish(soon.model_copy(update={"headline": "Other"}), by="ana", key="k")
    with pytest.raises(ImplausibleTime):
        await items.publish(soon, by="ana", key="another")


async def test_redis_clock_decides_what_is_past(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    day = 86_400_000
    fast = ItemService(redis, keys, settings.taxonomy, settings, lambda: system_clock() + day)
    done = await fast.publish(draft(at=datetime.now(UTC) + HOUR), by="ana")
    assert done.item.state == "scheduled"
    moved = await fast.change(done.item.id, change(at=datetime.now(UTC) + 2 * HOUR), by="ana")
    assert moved.item.version == 2
    with pytest.raises(ImplausibleTime):
        await fast.change(done.item.id, change(at=datetime.now(UTC) - HOUR), by="ana")
    forced = change(at=datetime.now(UTC) - HOUR, force=True)
    assert (await fast.change(done.item.id, forced, by="ana")).item.version == 3
