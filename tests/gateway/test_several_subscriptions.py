"""Several subscriptions on one connection: each has the board that a connection of its own has."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from websockets.asyncio.client import connect

from tests.gateway.gateway_server import gateway_server
from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.gateway.test_websocket import message
from tests.support.in_memory import InMemoryNewsroom
from tests.support.seeds import seeds
from ticker.domain.errors import BadFilter, BadRequest
from ticker.gateway.query_parser import Change
from ticker.stream.sight import SUBSCRIPTIONS_MAX

FILTERS = {
    1: "section=politics&backlog=all",
    2: "section=economy&region=mena&backlog=all",
    3: "not.section=sports&backlog=all",
    4: "any=section%3Dsports&any=region%3Dasia&not.tag=quiet&backlog=all",
    5: "level=urgent&story=ferries,tides&backlog=all",
    9: "not.story=ferries&any=level%3Dflash&backlog=all",
    16: "backlog=all",
}
ALL = "&".join(f"sub.{id}={quote(query, safe='')}" for id, query in FILTERS.items())


class Reader:
    """A client as PROTOCOL.md describes it: boards by subscription, and one cursor."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.boards: dict[int, dict[str, int]] = {}
        self.begun: list[int] = []
        self._new: dict[int, dict[str, int]] = {}

    def read(self, subscriber: FakeSubscriber) -> None:
        for one in subscriber.messages():
            self.take(one)

    def take(self, one: dict[str, Any]) -> None:
        kind = one["type"]
        if kind == "welcome":
            self.begun = list(one["subs"])
            if one["mode"] == "live":
                self.cursor = one["cursor"]
        elif kind in ("snapshot", "page"):
            board = {item["id"]: item["version"] for item in one["items"]}
            self._new[one["sub"]] = board if kind == "snapshot" else self._new[one["sub"]] | board
            if one["sub"] == self.begun[-1] and not one.get("more"):
                self.boards |= self._new
                self._new = {}
                self.cursor = one["cursor"]
        elif kind == "item":
            assert one["subs"]
            for id in one["subs"]:
                self._apply(id, one["action"] in ("retract", "expire"), one["item"])
            for id in one.get("left", ()):
                self._apply(id, True, one["item"])
            self.cursor = one["cursor"]
        elif kind == "heartbeat":
            self.cursor = one["cursor"]
        elif kind == "unsubscribed":
            for id in one["subs"]:
                del self.boards[id]

    def _apply(self, id: int, removal: bool, item: dict[str, Any]) -> None:
        board = self.boards.setdefault(id, {})
        if removal:
            board.pop(item["id"], None)
        else:
            assert item["version"] >= board.get(item["id"], 0)
            board[item["id"]] = item["version"]


def act(news: InMemoryNewsroom, harness: HubHarness, chance: random.Random) -> None:
    """Publish, change or remove an item."""
    fields: dict[str, Any] = {
        "sections": chance.sample(["politics", "economy", "sports"], chance.randint(0, 2)),
        "regions": chance.sample(["mena", "asia"], chance.randint(0, 2)),
        "tags": chance.sample(["Quiet", "loud"], chance.randint(0, 1)),
        "story": chance.choice([None, "ferries", "tides", "other"]),
        "level": chance.choice(["ticker", "urgent", "flash"]),
        "summary": f"At {news.clock}",  # each change changes something
    }
    live = [event.item_id for event in harness.hub.lane.current_items]
    kind = chance.choice(["publish", "change", "change", "retract", "expire"])
    if kind == "publish" or not live:
        event = news.publish(**fields)
    elif kind == "change":
        event = news.change(chance.choice(live), **fields)
    else:
        event = getattr(news, kind)(chance.choice(live))
    harness.hub.advance([event])


def boards_of(harness: HubHarness) -> dict[int, dict[str, int]]:
    """Return the boards that connections of their own would have."""
    found = {}
    for id, query in FILTERS.items():
        wanted: Any = harness.query_parser.from_query(query).wanted
        view = harness.hub.lane.current_items.view(wanted)
        found[id] = {event.item_id: event.version for event in view}
    return found


@pytest.mark.parametrize("seed", seeds(6))
def test_boards_after_cuts_pauses_and_changes(seed: int) -> None:
    chance, harness, news = random.Random(seed), HubHarness(), InMemoryNewsroom()
    for _ in range(60):
        act(news, harness, chance)
    reader = Reader()
    subscriber = harness.connect(ALL)
    for _ in range(150):
        for _ in range(chance.randint(1, 3)):
            act(news, harness, chance)
        step = chance.random()
        if step < 0.1:
            subscriber.network.blocked = not subscriber.network.blocked
            if not subscriber.network.blocked:
                subscriber.network.drain()
        elif step < 0.15:
            subscriber.connection_lost(None)
            subscriber = harness.connect(f"{ALL}&after={reader.cursor or ''}")
        harness.settle()
        reader.read(subscriber)
    subscriber.network.blocked = False
    subscriber.network.drain()
    act(news, harness, chance)
    harness.settle()
    reader.read(subscriber)
    assert reader.boards == boards_of(harness)
    assert reader.cursor == harness.cursor()


def test_a_thousand_connections_with_equal_subscriptions_cost_one_encoding() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscribers = [harness.connect(ALL) for _ in range(100)]
    before = harness.hub.counters.encodes
    harness.hub.advance([news.publish(sections=["politics"])])
    assert harness.hub.counters.encodes == before + 1
    assert harness.hub.groups == 1
    told = [one.messages()[-1] for one in subscribers]
    assert all(one["subs"] == [1, 3, 16] for one in told)
    # Other filters under the same ids share the bytes of what they see alike.
    others = [
        harness.connect(f"sub.1=section%3Dpolitics&sub.3=tag%3Dt{n}&sub.16=") for n in range(9)
    ]
    before = harness.hub.counters.encodes
    harness.hub.advance([news.publish(sections=["politics"])])
    assert harness.hub.counters.encodes == before + 2
    assert all(one.messages()[-1]["subs"] == [1, 16] for one in others)


def test_a_subscription_joins_and_leaves_without_a_message_to_the_others() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish(sections=["economy"])])
    subscriber = harness.connect("sub.1=section%3Dpolitics%26backlog%3D0")
    assert [(one["type"], one["subs"]) for one in subscriber.messages()] == [("welcome", [1])]
    economy = harness.query_parser.from_message(
        b'{"type":"subscribe","id":7,"filter":{"section":"economy","not":{"tag":"x"}}}'
    )
    empty = harness.query_parser.from_message(b'{"type":"subscribe","id":8,"backlog":0}')
    assert isinstance(economy, Change)
    assert isinstance(empty, Change)
    assert harness.hub.change(subscriber, [economy, empty])
    told = subscriber.messages()
    assert [(one["type"], one.get("subs", one.get("sub"))) for one in told] == [
        ("welcome", [8]),
        ("welcome", [7]),
        ("snapshot", 7),
    ]
    assert len({one["cursor"] for one in told}) == 1
    harness.hub.advance([news.publish(sections=["economy", "politics"])])
    assert subscriber.messages()[-1]["subs"] == [1, 7, 8]
    assert harness.hub.change(subscriber, [Change(1, None), Change(3, None)])
    assert subscriber.messages() == [{"type": "unsubscribed", "subs": [1, 3]}]
    harness.hub.advance([news.publish(sections=["economy", "politics"])])
    assert subscriber.messages()[-1]["subs"] == [7, 8]


@pytest.mark.parametrize(("query", "named"), [("", {}), ("sub.1=", {"subs": [1]})])
def test_the_end_of_an_unknown_subscription_changes_nothing(
    query: str, named: dict[str, Any]
) -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscriber = harness.connect(query)
    subscriber.messages()
    assert harness.hub.change(subscriber, [Change(3, None)])
    assert subscriber.messages() == [{"type": "unsubscribed", "subs": [3]}]
    harness.hub.advance([news.publish()])
    (told,) = subscriber.messages()
    assert told["type"] == "item"
    assert told.items() >= named.items()
    assert ("subs" in told) is ("subs" in named)


def test_a_paused_reader_gets_a_removal_that_a_later_message_does_not_repeat() -> None:
    """The later message of the item comes in another write, without the events before it."""
    harness, news = HubHarness(), InMemoryNewsroom()
    moved = news.publish("Moved", sections=["politics"])
    harness.hub.advance([moved])
    reader, subscriber = Reader(), harness.connect("sub.1=section%3Dpolitics&sub.2=edition%3Den")
    reader.read(subscriber)
    subscriber.network.high = 1
    subscriber.network.blocked = True
    harness.hub.advance([news.publish("First")])
    harness.hub.advance([news.change(moved.item_id, sections=["economy"])])
    harness.hub.advance([news.publish("x" * 200, summary="y" * 300) for _ in range(40)])
    harness.hub.advance([news.change(moved.item_id, headline="Moved again")])
    subscriber.network.blocked = False
    subscriber.network.drain()
    harness.settle()
    reader.read(subscriber)
    assert subscriber.compacted
    assert reader.boards[1] == {}
    assert reader.boards[2][moved.item_id] == news.items[moved.item_id].version


def test_a_change_waits_until_the_reader_is_up_to_date() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish() for _ in range(3)])
    subscriber = FakeSubscriber(harness.hub, high=1)
    harness.subscribe(subscriber, "sub.1=")
    subscriber.network.blocked = True
    harness.hub.advance([news.publish()])
    change = harness.query_parser.from_message(b'{"type":"subscribe","id":2}')
    assert isinstance(change, Change)
    assert not harness.hub.change(subscriber, [change])
    subscriber.network.blocked = False
    subscriber.network.drain()
    harness.settle()
    assert harness.hub.change(subscriber, [change])


async def test_filters_and_alternatives_of_a_connection_are_bounded() -> None:
    anys = quote("&".join(f"any=tag%3Dt{n}" for n in range(6)), safe="")
    parser = HubHarness().query_parser
    assert parser.from_query("&".join(f"sub.{id}={anys}" for id in range(1, 5)))
    with pytest.raises(BadFilter):
        parser.from_query("&".join(f"sub.{id}={anys}" for id in range(1, 6)))
    async with gateway_server() as s:
        query = "&".join(f"sub.{id}={anys}%26backlog%3D0" for id in range(1, 5))
        async with connect(s.url(query)) as ws:
            await message(ws)
            tags = [{"tag": f"x{number}"} for number in range(5)]
            frame = {"type": "subscribe", "id": 9, "filter": {"any": tags}}
            await ws.send(orjson.dumps(frame), text=True)
            assert (await message(ws))["code"] == "bad_filter"


async def test_on_real_connections() -> None:
    async with gateway_server() as s:
        s.hub.advance([s.news.publish(sections=["politics"])])
        async with connect(s.url("sub.2=section%3Deconomy%26backlog%3D0")) as ws:
            assert (await message(ws))["subs"] == [2]
            for id in (1, 3):
                frame = {"type": "subscribe", "id": id, "filter": {"section": "politics"}}
                await ws.send(orjson.dumps(frame), text=True)
            ids: list[int] = []
            while len(ids) < 2:  # they come one after the other, or together
                one = await message(ws)
                ids += [one["sub"]] if one["type"] == "snapshot" else []
            assert ids == [1, 3]
            s.hub.advance([s.news.publish(sections=["politics", "economy"])])
            assert (await message(ws))["subs"] == [1, 2, 3]
            await ws.send(b'{"type":"unsubscribe","id":1}', text=True)
            assert await message(ws) == {"type": "unsubscribed", "subs": [1]}
        async with s.raw(
            b"GET /v1/events?sub.1=section%3Dpolitics&sub.4=backlog%3D0 HTTP/1.1\r\nHost: x\r\n\r\n"
        ) as raw:
            await raw.read_until(b"\r\n\r\n")
            welcome = await raw.event()
            snapshot = await raw.event()
            assert orjson.loads(welcome["data"])["subs"] == [1, 4]
            assert orjson.loads(snapshot["data"])["sub"] == 1
            assert snapshot["id"] == str(s.hub.lane.cursor)


async def test_a_refusal_names_the_subscription() -> None:
    """However it was asked for; a client goes on without that one."""
    async with gateway_server() as s:
        async with connect(s.url("sub.2=&sub.5=edition%3Dxx")) as ws:
            found = await message(ws)
            assert (found["type"], found["code"], found["sub"]) == ("error", "bad_filter", 5)
        whole = {"tag": ["x"] * 11}
        for frame in (
            {"type": "subscribe", "id": 9, "filter": {"edition": "xx"}},
            {"type": "subscribe", "id": 9, "filter": {"any": [whole] * 3}},
        ):
            async with connect(s.url("sub.2=backlog%3D0")) as ws:
                assert (await message(ws))["type"] == "welcome"
                await ws.send(orjson.dumps(frame), text=True)
                found = await message(ws)
                assert (found["type"], found["code"], found["sub"]) == ("error", "bad_filter", 9)
        full = "&".join(
            f"sub.{n}=any%3Dtag%253Dx%26any%3Dtag%253Dy%26backlog%3D0" for n in range(1, 11)
        )
        async with connect(s.url(full)) as ws:
            assert (await message(ws))["type"] == "welcome"
            two = {"any": [{"tag": "a"}, {"tag": "b"}, {"tag": "c"}]}
            await ws.send(orjson.dumps({"type": "unsubscribe", "id": 16}), text=True)
            await ws.send(orjson.dumps({"type": "subscribe", "id": 11, "filter": two}), text=True)
            found = await message(ws)
            if found["type"] == "unsubscribed":
                found = await message(ws)
            assert (found["type"], found["sub"]) == ("error", 11)
        request = b"GET /v1/events?sub.5=edition%3Dxx HTTP/1.1\r\nHost: x\r\n\r\n"
        async with s.raw(request) as raw:
            head = await raw.read_until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400")
            assert b'"sub":5' in await raw.read_until(b"}")


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "subscribe", "id": 0},
        {"type": "subscribe", "id": SUBSCRIPTIONS_MAX + 1},
        {"type": "subscribe", "id": "one"},
        {"type": "subscribe", "id": True},
        {"type": "subscribe", "id": 1, "after": "abc.1-1"},
        {"type": "unsubscribe"},
        {"type": "subscribe", "id": 1, "filter": {"not": {"not": {"tag": "x"}}}},
        {"type": "subscribe", "id": 1, "filter": {"any": [{"any": [{"tag": "x"}]}]}},
        {"type": "subscribe", "id": 1, "filter": {"any": {"tag": "x"}}},
        {"type": "subscribe", "id": 1, "filter": {"any": [{}] * 9}},
        {"type": "subscribe", "id": 1, "filter": {"not": {"level": "flash"}}},
        {"type": "subscribe", "id": 1, "filter": {"any": [{"tag": ["x"] * 11}] * 3}},
    ],
)
def test_what_is_refused(frame: dict[str, Any]) -> None:
    parser = HubHarness().query_parser
    with pytest.raises(BadRequest):
        parser.from_message(orjson.dumps(frame))
