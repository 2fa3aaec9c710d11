"""The tail and the clock survive unexpected exceptions.

A task that ended would leave a server that looks healthy and sends nothing. Both were ended by any
exception but one, without a word in the log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from tests.gateway.hub_harness import FakeSubscriber
from tests.support.in_memory import TAXONOMY
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.draft import Draft
from ticker.domain.event import LaneEvent
from ticker.gateway import tail as tail_module
from ticker.gateway.framing import Framing, websocket_framing
from ticker.gateway.gateway import Gateway
from ticker.gateway.query_parser import QueryParser
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts

Carry = Callable[[], Awaitable[Counts]]


def everything(gateway: Gateway, framing: Framing = websocket_framing) -> FakeSubscriber:
    subscriber = FakeSubscriber(gateway.hub, framing=framing)
    gateway.hub.join(subscriber, QueryParser(TAXONOMY).from_query(""))
    return subscriber


@pytest.fixture
async def gateway(
    live: LaneStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(tail_module, "RETRY_MAX", 0.05)
    gateway = Gateway(settings.model_copy(update={"lane_heartbeat": 0.1}), live)
    async with gateway.run():
        await wait_until(lambda: gateway.ready)
        yield gateway


async def test_an_error_reply_of_redis_does_not_end_the_tail(
    gateway: Gateway, items: ItemService, redis: Redis, keys: Keys, carry: Carry
) -> None:
    subscriber = everything(gateway)
    await redis.rename(keys.live, keys.live + ":away")
    await redis.set(keys.live, "of another type")
    await wait_until(lambda: gateway.tail.failures >= 2)
    assert gateway.tail.connected is False
    await redis.rename(keys.live + ":away", keys.live)
    await wait_until(lambda: gateway.tail.connected)
    await items.publish(Draft(headline="Back", edition="en"), by="editor")
    await carry()
    await wait_until(lambda: len(gateway.lane.window) == 1)
    resets = [m["reason"] for m in subscriber.messages() if m.get("reset")]
    assert resets == ["expired"]


async def test_after_a_failed_fanout_every_subscriber_gets_a_reset(
    gateway: Gateway, items: ItemService, carry: Carry
) -> None:
    failures: list[str] = []

    def failing_once(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
        if kind == "item" and not failures:
            failures.append(kind)
            raise RuntimeError("an unforeseen failure")
        return websocket_framing(kind, payload, cursor)

    first, second = everything(gateway, failing_once), everything(gateway)
    await items.publish(Draft(headline="Only once", edition="en"), by="editor")
    await carry()
    await wait_until(lambda: gateway.hub.counters.resets)
    for subscriber in (first, second):
        *_, welcome, snapshot = subscriber.messages()
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
    settings: Settings,
    items: ItemService,
    redis: Redis,
    keys: Keys,
    carry: Carry,
    record: dict[str, str],
) -> None:
    await redis.xadd(keys.live, record)  # type: ignore[arg-type]
    await redis.hset(keys.current, "x", "1-1 " + record.get("e", "{}"))  # type: ignore[misc]
    starting = Gateway(settings, LaneStore(redis, keys))
    async with starting.run():
        await wait_until(lambda: starting.ready)
        await items.publish(Draft(headline="Goes on", edition="en"), by="editor")
        await carry()
        for one in (gateway, starting):
            await wait_until(lambda: isinstance(one.lane.window.last, LaneEvent))


async def test_an_event_is_in_memory_once(
    settings: Settings, live: LaneStore, items: ItemService, carry: Carry
) -> None:
    """The window and the current items share it, as they do once it is fanned out."""
    done = await items.publish(Draft(headline="Once", edition="en"), by="editor")
    await carry()
    starting = Gateway(settings, live)
    async with starting.run():
        await wait_until(lambda: starting.ready)
        assert starting.lane.window.last is not None
        assert starting.lane.current_items.get(done.item.id) is starting.lane.window.last


async def test_a_field_that_cannot_be_read_is_left_out_logged_and_counted(
    gateway: Gateway,
    items: ItemService,
    redis: Redis,
    keys: Keys,
    carry: Carry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await items.publish(Draft(headline="Good", edition="en"), by="editor")
    await carry()
    await wait_until(lambda: gateway.lane.window.last is not None)
    good = gateway.lane.window.last
    assert good is not None
    item = orjson.loads(good.item) | {"id": "0" * 26, "link": "https://["}
    body = orjson.dumps({"action": "publish", "item": item, "was": None})
    await redis.xadd(keys.live, {"e": body})
    await wait_until(lambda: gateway.lane.current_items.get("0" * 26) is not None)
    counted = {family.name: dict(family.values) for family in gateway.metrics()}
    assert counted["ticker_tail_mended_entries_total"] == {(): 1}
    (logged,) = [one.getMessage() for one in caplog.records if "0" * 26 in one.getMessage()]
    assert "link cannot be read" in logged


async def test_an_exception_in_a_tick_does_not_stop_the_clock(gateway: Gateway) -> None:
    turns: list[int] = []

    def tick() -> None:
        turns.append(1)
        raise RuntimeError("an unforeseen failure")

    class Late:
        closed = False

        def write(self, data: bytes) -> None:
            pass

        def close(self) -> None:
            self.closed = True

    late: Any = Late()
    gateway.hub.tick = tick  # type: ignore[method-assign]
    gateway.request_deadlines.start(late)
    gateway.request_deadlines.extend(late, -60)
    await wait_until(lambda: len(turns) >= 2)
    assert late.closed
