"""A web process looks at the lane at its own pace, and soon after its own commits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.metrics import samples
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.draft import Draft
from ticker.gateway import tail, tail_pace
from ticker.gateway.gateway import Gateway
from ticker.gateway.tail_pace import Looks
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore

NEVER = 3600.0


@pytest.fixture(autouse=True)
def asked_looks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_pace, "LOOK_EVERY", NEVER)
    monkeypatch.setattr(tail_pace, "SOON", 0.0)


@pytest.fixture
async def looks() -> Looks:
    return Looks()


@pytest.fixture
async def web(live: LaneStore, settings: Settings, looks: Looks) -> AsyncIterator[Gateway]:
    web = Gateway(settings, live, looks=looks)
    async with web.run():
        await wait_until(lambda: web.ready)
        yield web


def reads(web: Gateway) -> float:
    return samples(web.tail)["ticker_tail_reads_total"]


async def test_a_look_comes_by_itself(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_pace, "LOOK_EVERY", 0.001)
    await looks.next()
    await looks.next()


@pytest.mark.parametrize("before", [True, False])
async def test_a_look_that_is_asked_for_twice_is_one(looks: Looks, before: bool) -> None:
    async def twice() -> None:
        looks.soon()
        looks.soon()

    if before:
        await twice()
        await looks.next()
    else:
        await asyncio.gather(looks.next(), twice())
    following = asyncio.create_task(looks.next())
    for _ in range(9):
        await asyncio.sleep(0)
    assert not following.done()
    looks.soon()
    await following


async def test_events_that_came_meanwhile_are_read_together(
    web: Gateway, looks: Looks, items: ItemService
) -> None:
    before = reads(web)
    for number in range(5):
        await items.publish(Draft(headline=f"Tram {number} is late", edition="en"), by="ana")
    assert len(web.lane.window) == 0
    looks.soon()
    await wait_until(lambda: len(web.lane.window) == 5)
    assert reads(web) == before + 1


async def test_more_than_one_read_takes_are_read_at_once(
    web: Gateway, looks: Looks, items: ItemService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "BATCH", 2)
    for number in range(5):
        await items.publish(Draft(headline=f"Tram {number} is late", edition="en"), by="ana")
    looks.soon()
    await wait_until(lambda: len(web.lane.window) == 5)


async def test_an_editor_finds_what_was_just_published(
    redis: Redis, keys: Keys, settings: Settings, web: Gateway, looks: Looks
) -> None:
    items = ItemService(redis, keys, settings.taxonomy, settings, committed=looks.soon)
    began = time.monotonic()
    await items.publish(Draft(headline="The bridge is open", edition="en"), by="ana")
    await wait_until(lambda: len(web.lane.window) == 1)
    assert time.monotonic() - began < NEVER


async def test_who_is_ahead_of_the_process_does_not_wait_for_a_look(
    web: Gateway, items: ItemService
) -> None:
    top = web.lane.timeline.cursor(web.lane.position)
    await items.publish(Draft(headline="The bridge is open", edition="en"), by="ana")
    ahead = Cursor(top.epoch, await items.lane_top())
    assert await web.reach(ahead) == "reached"


async def test_a_look_that_is_waited_for_begins_after_the_question(
    web: Gateway, items: ItemService
) -> None:
    await items.publish(Draft(headline="The bridge is open", edition="en"), by="ana")
    assert len(web.lane.window) == 0
    await web.look()
    assert len(web.lane.window) == 1


async def test_who_waits_for_a_look_does_not_wait_long(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_pace, "LOOK_WAIT", 0.0)
    await looks.look()  # no tail
    tail = asyncio.create_task(looks.next())
    looks.begun()
    await looks.look()
    await tail
