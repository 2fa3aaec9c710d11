"""The tail and the clock outlive what nobody foresaw: a task that dies is a server that looks well.

Both were tasks that any exception but one ended for ever, without a word in the log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.gateway.peer import Screen
from tests.support.in_memory import TAXONOMY
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.event import LaneEvent
from ticker.domain.item import Draft
from ticker.gateway import tail as tail_module
from ticker.gateway.gateway import Gateway
from ticker.gateway.query_parser import QueryParser
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import LaneStore
from workers.relay import Counts

Carry = Callable[[], Awaitable[Counts]]


def everything(gateway: Gateway) -> Screen:
    screen = Screen(gateway.hub)
    gateway.hub.join(screen, QueryParser(TAXONOMY).from_query(""))
    return screen


@pytest.fixture
async def gateway(
    live: LaneStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(tail_module, "RETRY_MAX", 0.05)
    gateway = Gateway(settings.model_copy(update={"lane_heartbeat": 0.1}), live)
    async with gateway.run():
        await wait_until(lambda: gateway.ready)
        yield gateway


async def test_a_refusal_of_redis_does_not_end_the_tail(
    gateway: Gateway, items: ItemService, redis: Redis, keys: Keys, carry: Carry
) -> None:
    screen = everything(gateway)
    await redis.rename(keys.live, keys.live + ":away")
    await redis.set(keys.live, "of another type")
    await wait_until(lambda: gateway.metrics()["tail_failures_total"] >= 2)
    assert gateway.metrics()["tail_connected"] == 0
    await redis.rename(keys.live + ":away", keys.live)
    await wait_until(lambda: gateway.metrics()["tail_connected"])
    await items.publish(Draft(headline="Back", edition="en"), by="desk")
    await carry()
    await wait_until(lambda: len(gateway.lane.window) == 1)
    resets = [m["reason"] for m in screen.messages() if m.get("reset")]
    assert resets == ["expired"]


async def test_events_that_a_failure_kept_from_readers_are_made_up_for_by_a_reset(
    gateway: Gateway, items: ItemService, carry: Carry
) -> None:
    first, second = everything(gateway), everything(gateway)

    def fail(data: bytes) -> int:
        raise RuntimeError("a transport that nobody thought of")

    assert first.audience is not None
    first.audience._sends = [fail]
    await items.publish(Draft(headline="Only once", edition="en"), by="desk")
    await carry()
    await wait_until(lambda: gateway.hub.counters.resets)
    for screen in (first, second):
        *_, welcome, snapshot = screen.messages()
        assert (welcome["reset"], welcome["reason"]) == (True, "expired")
        assert [item["headline"] for item in snapshot["items"]] == ["Only once"]


@pytest.mark.parametrize(
    "record",
    [
        {"e": '{"action":"publish","item":"no object"}'},
        {"e": '{"action":"publish","item":{"id":"x"}}'},
        {"e": "[]"},
        {"h": "1" + "0" * 400},
        {"h": "-1" + "0" * 400},
        {"colour": "red"},
        {"n": "1", "p": "not an id"},
    ],
)
async def test_a_foreign_lane_entry_stops_neither_a_running_nor_a_starting_server(
    gateway: Gateway,
    live: LaneStore,
    settings: Settings,
    items: ItemService,
    redis: Redis,
    keys: Keys,
    carry: Carry,
    record: dict[str, str],
) -> None:
    await redis.xadd(keys.live, record)  # type: ignore[arg-type]
    await redis.hset(keys.board, "x", "1-1 " + record.get("e", "{}"))  # type: ignore[misc]
    starting = Gateway(settings, live)
    async with starting.run():
        await wait_until(lambda: starting.ready)
        await items.publish(Draft(headline="Goes on", edition="en"), by="desk")
        await carry()
        for one in (gateway, starting):
            await wait_until(lambda: isinstance(one.lane.window.last, LaneEvent))


async def test_one_bad_reader_does_not_stop_the_clock(gateway: Gateway) -> None:
    turns: list[int] = []

    def tick() -> None:
        turns.append(1)
        raise RuntimeError("a transport that nobody thought of")

    class Late:
        closed = False

        def write(self, data: bytes) -> None:
            pass

        def close(self) -> None:
            self.closed = True

    late: Any = Late()
    gateway.hub.tick = tick  # type: ignore[method-assign]
    gateway._expected[late] = gateway.clock()
    await wait_until(lambda: len(turns) >= 2)
    assert late.closed
