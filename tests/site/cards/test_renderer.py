"""Cards are drawn once, kept within bounds, and forgotten with their item."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.api.request_scope import RequestScope
from ticker.config import Settings
from ticker.domain.budgets import CARDS
from ticker.domain.errors import TooMany, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.request_context import RequestContext
from ticker.site.cards import renderer as module
from ticker.site.cards.drawing import Card
from ticker.site.cards.renderer import CardRenderer
from ticker.stream.replay import Lane

CARD = Card("Ferry sinks", "", "Ticker")


def lane_of(*events: LaneEvent) -> Lane:
    lane = Lane(100)
    for event in events:
        assert lane.advance(event)
    return lane


async def test_clients_that_ask_at_once_share_one_drawing() -> None:
    drawn: list[Card] = []

    def draw(card: Card) -> bytes:
        drawn.append(card)
        return b"png"

    renderer = CardRenderer(draw)
    event = InMemoryNewsroom().publish()
    lane, key = lane_of(event), (event.item_id, event.version, True)
    found = await asyncio.gather(*(renderer.png(lane, key, CARD) for _ in range(20)))
    assert found == [b"png"] * 20
    assert await renderer.png(lane, key, CARD) == b"png"
    assert len(drawn) == 1


async def test_a_change_or_retraction_removes_the_card() -> None:
    renderer = CardRenderer(lambda card: b"png")
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two"), news.publish("Three")]
    lane = lane_of(*events)
    for event in events:
        await renderer.png(lane, (event.item_id, event.version, True), CARD)
    assert (len(renderer), renderer.size) == (3, 9)
    assert lane.advance(news.retract(events[0].item_id))
    assert lane.advance(news.change(events[1].item_id, headline="Two!", correction="wrong"))
    await renderer.png(lane, (events[2].item_id, 1, True), CARD)
    assert (len(renderer), renderer.size) == (1, 3)


async def test_an_item_that_changes_while_it_is_drawn_leaves_no_card() -> None:
    news = InMemoryNewsroom()
    event = news.publish()
    lane = lane_of(event)
    begun, go_on = threading.Event(), threading.Event()

    def draw(card: Card) -> bytes:
        begun.set()
        assert go_on.wait(10)
        return b"png"

    renderer = CardRenderer(draw)
    task = asyncio.create_task(renderer.png(lane, (event.item_id, 1, True), CARD))
    assert await asyncio.to_thread(begun.wait, 10)
    assert lane.advance(news.retract(event.item_id))
    go_on.set()
    assert await task == b"png"
    assert len(renderer) == 0


async def test_the_cards_and_those_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CARDS_MAX", 3)
    monkeypatch.setattr(module, "BYTES_MAX", 5)
    monkeypatch.setattr(module, "WAITING_MAX", 4)
    news = InMemoryNewsroom()
    events = [news.publish(str(number)) for number in range(6)]
    lane = lane_of(*events)
    renderer = CardRenderer(lambda card: b"12")
    for event in events:
        await renderer.png(lane, (event.item_id, 1, True), CARD)
    assert (len(renderer), renderer.size) == (2, 4)
    hold = threading.Event()
    slow = CardRenderer(lambda card: b"1" if hold.wait(10) else b"")
    keys = [(event.item_id, 1, True) for event in events]
    tasks = [asyncio.create_task(slow.png(lane, key, CARD)) for key in keys[:4]]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await slow.png(lane, keys[4], CARD)
    hold.set()
    assert await asyncio.gather(*tasks) == [b"1"] * 4


async def test_an_address_draws_a_bounded_number() -> None:
    renderer = CardRenderer(lambda card: b"png")
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two")]
    lane = lane_of(*events)
    budgets = Settings().budgets(lambda: 0.0)
    with RequestScope(RequestContext(1, "one"), budgets, "192.0.2.1"):
        for _ in range(int(CARDS.burst) - 1):
            budgets.charge("cards", "192.0.2.1")
        await renderer.png(lane, (events[0].item_id, 1, True), CARD)
        with pytest.raises(TooMany):
            await renderer.png(lane, (events[1].item_id, 1, True), CARD)
        await renderer.png(lane, (events[0].item_id, 1, True), CARD)  # what is drawn costs nothing
