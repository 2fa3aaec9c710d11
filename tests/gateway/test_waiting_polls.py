"""Polls whose cursor is ahead wait until the lane has it, or until their time is over."""

from __future__ import annotations

import asyncio

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import Cursor


async def test_a_poll_is_answered_when_the_lane_reaches_its_cursor() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    poll = asyncio.create_task(harness.hub.reach(Cursor(EPOCH, at(2))))
    await asyncio.sleep(0)
    harness.hub.advance([news.publish()])
    await asyncio.sleep(0)
    assert not poll.done()
    harness.hub.advance([news.publish()])
    assert await poll == "reached"
    assert await harness.hub.reach(Cursor(EPOCH, at(1))) == "reached"


async def test_a_poll_gives_up_after_the_wait_and_a_cancelled_one_leaves_nothing() -> None:
    harness = HubHarness(ahead_wait=2.0)
    poll, cancelled = (
        asyncio.create_task(harness.hub.reach(Cursor(EPOCH, at(9)))) for _ in range(2)
    )
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    harness.pass_time(1.75)
    await asyncio.sleep(0)
    assert not poll.done()
    harness.pass_time(0.25)
    assert await poll == "behind"
