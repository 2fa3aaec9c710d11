"""Fan-out: readers of crowded addresses get each event after all others, encoded once."""

from __future__ import annotations

import pytest

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import InMemoryNewsroom

QUERIES = ("backlog=0", "section=politics&backlog=0", "edition=en&backlog=0")


def crowd(harness: HubHarness, names: str) -> dict[str, FakeSubscriber]:
    """Return subscribers by name, which came in this order; a capital is of a crowded address."""
    found = {}
    for number, name in enumerate(names):
        subscriber = FakeSubscriber(harness.hub)
        subscriber.crowded = name.isupper()
        harness.subscribe(subscriber, QUERIES[number % len(QUERIES)])
        found[name] = subscriber
    return found


def record(subscribers: dict[str, FakeSubscriber]) -> list[str]:
    """Return the list to which each write adds the name of its subscriber."""
    order: list[str] = []
    for name, subscriber in subscribers.items():
        write = subscriber.network.write

        def noted(data: bytes, name: str = name, write: object = write) -> None:
            order.append(name)
            assert callable(write)
            write(data)

        subscriber.network.write = noted  # type: ignore[method-assign]
    return order


@pytest.mark.parametrize("events", [1, 3])
def test_readers_of_crowded_addresses_come_after_those_of_every_group(events: int) -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscribers = crowd(harness, "AbCdEfGhI")
    order = record(subscribers)
    harness.hub.advance([news.publish(edition="en", sections=["politics"]) for _ in range(events)])
    assert sorted(order) == sorted(subscribers)
    assert "".join(order).lstrip("bdfh").isupper(), order
    assert harness.hub.counters.encodes == events, "one framing"
    assert harness.hub.counters.writes == len(subscribers)


def test_a_crowded_reader_that_comes_or_goes_is_in_the_next_event_or_not() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscribers = crowd(harness, "AbC")
    order = record(subscribers)
    harness.hub.advance([news.publish(sections=["politics"])])
    subscribers["A"].connection_lost(None)
    harness.hub.advance([news.publish(sections=["politics"])])
    subscribers["C"].pause_writing()
    subscribers["C"].resume_writing()
    harness.settle()
    order.clear()
    harness.hub.advance([news.publish(sections=["politics"])])
    assert order == ["b", "C"]
    assert len(subscribers["C"].messages()) == 4, "the welcome and every event"
