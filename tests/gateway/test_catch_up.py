"""Catching up: snapshots in pages, with events, pauses and new epochs in between."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import pytest

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import EPOCH, TAXONOMY, InMemoryNewsroom
from tests.support.seeds import seeds
from ticker.client.backoff import Backoff
from ticker.client.current_items import CurrentItems
from ticker.client.resume import ResumeState
from ticker.domain.cursor import ZERO
from ticker.gateway.subscriber_state import LIVE
from ticker.gateway.subscription_group import COMPARED_MAX, SEARCH_COST, SLICE_EVENTS
from ticker.stream.replay import Lane

SIZE = 450


class Mirror:
    """A client that keeps a copy of the items by what it is sent."""

    def __init__(self, after: str | None = None, backlog: Any = "all") -> None:
        self.resume = ResumeState((), after, backlog, Backoff())
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


@pytest.mark.parametrize("seed", seeds(5))
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


def turns(harness: HubHarness, subscriber: FakeSubscriber) -> list[list[dict[str, Any]]]:
    """Return the messages of each turn until there is none to do."""
    found = [subscriber.messages()]
    while harness.later:
        harness.later.pop(0)()
        found.append(subscriber.messages())
    return found


def test_several_snapshots_are_written_in_several_turns() -> None:
    # One request had 3,200 items, two megabytes, in one write to a client that read nothing.
    harness, news = board()
    subscriber = FakeSubscriber(harness.hub)
    parts = "&".join(f"sub.{id}=backlog%3D150" for id in range(1, 17))
    harness.subscribe(subscriber, parts)
    told = turns(harness, subscriber)
    sizes = [sum(len(one.get("items", ())) for one in messages) for messages in told]
    assert sizes == [300] * 8 + [0]
    snapshots = [one for messages in told for one in messages if one["type"] == "snapshot"]
    assert [one["sub"] for one in snapshots] == list(range(1, 17))
    assert subscriber.state == LIVE
    few = harness.connect("sub.1=&sub.2=&sub.3=")
    assert few.network.writes == 1, "small snapshots are one write"
    slow = FakeSubscriber(harness.hub, high=1)
    slow.network.blocked = True
    harness.subscribe(slow, parts)
    harness.settle()
    harness.hub.advance([news.publish()])
    harness.settle()
    assert slow.network.writes == 1, "a client that reads nothing costs one write"


NOWHERE = "not.edition=" + ",".join(sorted(TAXONOMY.editions))


@pytest.mark.parametrize("backlog", ["all", "200"])
def test_a_filter_that_matches_nothing_examines_a_part_of_the_board_in_each_turn(
    backlog: str,
) -> None:
    harness, news = board(1_500)
    charged: list[int] = []

    class Paying(FakeSubscriber):
        def charge(self, items: int) -> None:
            charged.append(items)

    subscriber = Paying(harness.hub)
    part = quote(f"{NOWHERE}&backlog={backlog}", safe="")
    harness.subscribe(subscriber, "&".join(f"sub.{id}={part}" for id in range(1, 5)))
    assert [one["type"] for one in subscriber.messages()] == ["welcome"]
    harness.hub.advance([news.publish("Meanwhile")])
    told = [one for messages in turns(harness, subscriber) for one in messages]
    assert [(one["type"], one["sub"], one["items"]) for one in told] == [
        ("snapshot", id, []) for id in range(1, 5)
    ]
    assert len(charged) == 4 * 1_500 // COMPARED_MAX
    assert SEARCH_COST in charged
    assert subscriber.state == LIVE


def test_items_found_in_several_turns_are_one_snapshot_of_what_is_still_there() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    events = [
        news.publish(f"Line {n}", tags=[] if n % 100 == 0 else ["quiet"]) for n in range(1_500)
    ]
    harness.hub.advance(events)
    subscriber = FakeSubscriber(harness.hub)
    harness.subscribe(subscriber, "not.tag=quiet&backlog=15")
    harness.hub.advance([news.retract(events[1_400].item_id)])
    harness.hub.advance([news.change(events[1_300].item_id, headline="Line changed")])
    harness.settle()
    welcome, snapshot, retraction, change = subscriber.messages()
    wanted = [
        event.item_id for event in events[::100] if event not in (events[1_400], events[1_300])
    ]
    assert welcome["mode"] == "snapshot"
    assert [item["id"] for item in snapshot["items"]] == wanted[::-1]
    assert (retraction["action"], change["item"]["headline"]) == ("retract", "Line changed")
    assert b'"Line 1400"' not in subscriber.network.delivered


def test_a_slice_examines_fewer_events_for_more_filters() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    start = harness.cursor()
    harness.hub.advance([news.publish() for _ in range(500)])
    subscriber = FakeSubscriber(harness.hub)
    part = quote(NOWHERE, safe="")
    subs = "&".join(f"sub.{id}={part}" for id in range(1, 17))
    harness.subscribe(subscriber, f"{subs}&after={start}")
    assert len(turns(harness, subscriber)) == 1 + 500 // (SLICE_EVENTS // 16)
    assert subscriber.state == LIVE


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
