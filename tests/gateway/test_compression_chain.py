"""Shared compression contexts: a reader's inflater always has what a message refers to."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import InMemoryNewsroom
from tests.support.seeds import seeds
from ticker.domain.filter_query import FIELDS_MAX
from ticker.gateway.fanout import CONTEXTS_MAX
from ticker.gateway.framing import Framing, chained_framing, deflated_framing

COMPRESSED = (deflated_framing, chained_framing)
LEVELS = ("ticker", "urgent")
QUERIES = (
    "backlog=25",
    "backlog=0",
    "section=politics",
    "section=sports&backlog=all",
    "level=urgent",
    "sub.1=section%3Dpolitics&sub.2=region%3Dmena&backlog=3",
)


@pytest.mark.parametrize("framing", COMPRESSED)
def test_readers_with_and_without_compression_get_the_same(framing: Framing) -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish(f"Before {n}") for n in range(30)])
    cursor = harness.hub.lane.cursor
    harness.hub.advance([news.publish(f"Missed {n}") for n in range(30)])
    for query in ("backlog=25", f"after={cursor}", "backlog=0", "sub.1=edition%3Den&backlog=3"):
        plain = harness.connect(query)
        other = harness.connect(query, framing=framing)
        harness.hub.advance([news.publish("One")])
        harness.hub.advance([news.publish(f"Many {n}") for n in range(3)])
        harness.pass_time(30)  # heartbeats
        got = plain.messages()
        assert got[-1]["type"] == "heartbeat"
        assert other.messages() == got
        assert (plain.compressed, other.compressed > 0) == (0, True)
        most = 0.75 if framing is deflated_framing else 0.55
        assert len(other.network.delivered) < most * len(plain.network.delivered)


def test_one_compression_serves_all_filters_and_readers() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    queries = ("backlog=0", "backlog=0&edition=en", "backlog=0")
    readers = [harness.connect(query, framing=chained_framing) for query in queries]
    counters = harness.hub.counters
    for events, encodes in ((1, 1), (1, 1), (3, 3), (1, 1)):
        before = counters.encodes
        harness.hub.advance([news.publish("One for all") for _ in range(events)])
        assert counters.encodes == before + encodes
    assert {len(reader.messages()) for reader in readers} == {7}
    assert counters.saved_bytes > 0


def test_a_reader_that_comes_gets_one_event_for_itself_and_shares_from_then_on() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    first = harness.connect("backlog=0", framing=chained_framing)
    harness.hub.advance([news.publish("First")])
    second = harness.connect("backlog=5", framing=chained_framing)
    counters = harness.hub.counters
    before = counters.encodes
    harness.hub.advance([news.publish("Second")])
    assert counters.encodes == before + 2
    harness.hub.advance([news.publish("Third")])
    assert counters.encodes == before + 3
    items = [m for m in first.messages() if m["type"] == "item"]
    assert [m for m in second.messages() if m["type"] == "item"] == items[1:]


def test_the_contexts_of_one_event_have_a_bound() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    tags = [f"tag{n}" for n in range(2 * CONTEXTS_MAX)]
    readers = [harness.connect(f"tag={tag},all&backlog=0", framing=chained_framing) for tag in tags]
    assert len(tags) < FIELDS_MAX
    for tag in tags:  # each reader has got another event last
        harness.hub.advance([news.publish(f"For {tag}", tags=[tag])])
    counters = harness.hub.counters
    for most in (CONTEXTS_MAX + 1, 2):
        before = counters.encodes
        harness.hub.advance([news.publish("For all", tags=["all"])])
        assert counters.encodes <= before + most
    assert {len(reader.messages()) for reader in readers} == {4}


@pytest.mark.parametrize("seed", seeds(6))
def test_whatever_happens_every_reader_can_read_everything(seed: int) -> None:
    """Readers that pause, come back, are reset, subscribe anew and vanish, on both ways."""
    chance = random.Random(seed)
    harness, news = HubHarness(capacity=60), InMemoryNewsroom()
    readers: list[FakeSubscriber] = []
    headlines: dict[str, str] = {}

    def publish(many: int, **facets: Any) -> None:
        events = [news.publish(f"No. {len(headlines)} {n}", **facets) for n in range(many)]
        headlines.update((e.item_id, orjson.loads(e.item)["headline"]) for e in events)
        harness.hub.advance(events)

    for _ in range(300):
        one = chance.choice(readers) if readers else None
        match chance.randrange(8):
            case 0 | 1 | 2 | 3:
                section, level = chance.choice(["politics", "sports"]), chance.choice(LEVELS)
                publish(chance.choice([1, 1, 1, 2, 5, 30]), sections=[section], level=level)
            case 4:
                high, framing = chance.choice([500, 65_536]), chance.choice(COMPRESSED)
                after = f"&after={harness.hub.lane.cursor}" if chance.random() < 0.3 else ""
                readers.append(harness.connect(chance.choice(QUERIES) + after, high, framing))
            case 5 if one is not None:
                one.network.blocked = not one.network.blocked
                if not one.network.blocked:
                    one.network.drain()
            case 6 if one is not None:
                harness.subscribe(one, chance.choice(QUERIES))
            case 7 if one is not None and chance.random() < 0.3:
                readers.remove(one)
                one.connection_lost(None)
            case _:
                harness.pass_time(0.25)
        harness.settle()
    for one in readers:
        one.network.blocked = False
        one.network.drain()
    harness.settle()
    publish(2, sections=["politics", "sports"], regions=["mena"], level="urgent")
    assert len(readers) > 5
    assert sum(one.compressed for one in readers if one.messages()) > 100
    for one in readers:
        items = [m["item"] for m in one.seen if m["type"] == "item"]
        items += [item for m in one.seen for item in m.get("items", ())]
        assert all(headlines[item["id"]] == item["headline"] for item in items)
        assert one.seen[-1]["cursor"] == str(harness.hub.lane.cursor)
