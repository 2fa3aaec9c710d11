"""Catching up: snapshots in pages, with events, pauses and new epochs in between."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import EPOCH, InMemoryNewsroom
from ticker.client.backoff import Backoff
from ticker.client.current_items import CurrentItems
from ticker.client.resume import ResumeState
from ticker.domain.cursor import ZERO
from ticker.gateway.subscriber_state import LIVE
from ticker.stream.replay import Lane

SIZE = 450


class Mirror:
    """A client that keeps a copy of the items by what it is sent."""

    def __init__(self, after: str | None = None, backlog: Any = "all") -> None:
        self.resume = ResumeState(after, backlog, Backoff())
        self.resume.connecting()
        self.items = CurrentItems(10_000)
        self.kinds: list[str] = []

    def read(self, subscriber: FakeSubscriber) -> None:
        for message in subscriber.messages():
            self.kinds.append(message["type"])
            event = self.resume.receive(message)
            if event is not None:
                self.items.apply(event)


def board(size: int = SIZE) -> tuple[HubHarness, InMemoryNewsroom]:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance(
        [news.publish(f"Line {n}", sections=["health"] if n % 3 else []) for n in range(size)]
    )
    return harness, news


def same(mirror: Mirror, harness: HubHarness) -> bool:
    """Tell whether the mirror has the items of the hub, in their order and versions."""
    here = [(item.id, item.version) for item in mirror.items.items]
    there = [(event.item_id, event.version) for event in harness.hub.lane.current_items]
    return here == there


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("backlog=all", ["welcome", "snapshot", "page", "page"]),
        ("backlog=all&section=health", ["welcome", "snapshot", "page"]),
        ("backlog=all&section=sports", ["welcome", "snapshot"]),
        ("backlog=200", ["welcome", "snapshot"]),
        ("backlog=0", ["welcome"]),
        ("backlog=0&after=foreign", ["welcome", "snapshot", "page", "page"]),
        ("backlog=all&after=foreign", ["welcome", "snapshot", "page", "page"]),
        ("backlog=5&after=foreign", ["welcome", "snapshot"]),
    ],
)
def test_who_gets_pages(query: str, kinds: list[str]) -> None:
    harness, _ = board()
    messages = harness.connect(query).messages()
    assert [one["type"] for one in messages] == kinds
    assert len({one["cursor"] for one in messages}) == 1
    for one in messages[1:]:
        assert one.get("more", False) is (one is not messages[-1])
        assert len(one["items"]) <= 200
    ids = [item["id"] for one in messages[1:] for item in one["items"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("seed", range(5))
def test_pages_and_the_events_in_between_are_the_whole_board(seed: int) -> None:
    harness, news = board()
    chance = random.Random(seed)
    mirror, subscriber = Mirror(), FakeSubscriber(harness.hub, high=1)
    harness.subscribe(subscriber, "backlog=all")
    while harness.later or subscriber.network.blocked:
        live = [event.item_id for event in harness.hub.lane.current_items]
        id = chance.choice(live)
        act = chance.choice(["publish", "change", "pin", "retract", "expire", "block", "drain"])
        if act == "publish":
            harness.hub.advance([news.publish("New")])
        elif act == "change":
            harness.hub.advance([news.change(id, headline=f"Changed {chance.random()}")])
        elif act == "pin":
            harness.hub.advance([news.pin(id, not news.items[id].pinned)])
        elif act == "retract":
            harness.hub.advance([news.retract(id)])
        elif act == "expire":
            harness.hub.advance([news.expire(id)])
        else:
            subscriber.network.blocked = act == "block"
            if act == "drain":
                subscriber.network.drain()
        if harness.later and chance.random() < 0.5:
            harness.later.pop(0)()
        mirror.read(subscriber)
    harness.hub.advance([news.publish("Last")])
    mirror.read(subscriber)
    assert subscriber.state == LIVE
    assert mirror.kinds.count("snapshot") == 1
    assert same(mirror, harness)


def test_a_retracted_text_is_in_no_later_page() -> None:
    harness, news = board()
    subscriber = FakeSubscriber(harness.hub)
    harness.subscribe(subscriber, "backlog=all")
    (oldest, *_) = news.items
    harness.hub.advance([news.retract(oldest)])
    harness.settle()
    assert b'"Line 0"' not in subscriber.network.delivered
    assert subscriber.messages()[-1]["action"] == "retract"


def test_each_page_is_charged_to_the_clients_address() -> None:
    harness, _ = board()
    charged: list[int] = []

    class Paying(FakeSubscriber):
        def charge(self, items: int) -> None:
            charged.append(items)

    harness.subscribe(Paying(harness.hub), "backlog=all")
    harness.settle()
    assert charged == [200, 200]


def test_a_lane_that_is_replaced_between_two_pages_begins_anew() -> None:
    harness, news = board()
    mirror, subscriber = Mirror(), FakeSubscriber(harness.hub)
    harness.subscribe(subscriber, "backlog=all")
    old = list(harness.hub.lane.current_items)
    harness.hub.replace(Lane(10, EPOCH + 1, at_end(harness), ZERO, old), "epoch")
    harness.settle()
    mirror.resume.connecting()
    kinds = []
    for message in subscriber.messages():
        kinds.append((message["type"], message.get("reason")))
    assert kinds[0] == ("welcome", None)
    assert ("welcome", "epoch") in kinds
    assert kinds[-1] == ("page", None)
    harness.hub.advance([news.publish("After")])
    assert subscriber.messages()[-1]["type"] == "item"


def test_pages_that_take_longer_than_the_window_begin_anew() -> None:
    harness, news = HubHarness(capacity=10), InMemoryNewsroom()
    harness.hub.advance([news.publish() for _ in range(SIZE)])
    subscriber = FakeSubscriber(harness.hub)
    harness.subscribe(subscriber, "backlog=all")
    harness.hub.advance([news.publish() for _ in range(20)])
    harness.settle()
    reasons = [one["reason"] for one in subscriber.messages() if one["type"] == "welcome"]
    assert reasons == [None, "expired"]
    assert subscriber.state == LIVE


def at_end(harness: HubHarness) -> Any:
    return harness.hub.lane.position
