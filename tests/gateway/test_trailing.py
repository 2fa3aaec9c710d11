"""Readers of crowded addresses: each event once and in order, behind all other readers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import Cursor
from ticker.domain.event import Heartbeat
from ticker.domain.filter import EVERYTHING
from ticker.domain.timeline import Timeline
from ticker.gateway.crowd import Crowd
from ticker.gateway.query_parser import Change
from ticker.gateway.trailing import SLICE
from ticker.stream.replay import Lane

SIZE = 3 * SLICE


def crowd(harness: HubHarness, size: int, query: str = "backlog=0") -> list[FakeSubscriber]:
    """Return subscribers of one crowded address."""
    found = []
    for _ in range(size):
        subscriber = FakeSubscriber(harness.hub)
        subscriber.crowd = Crowd.FOR_ALL
        harness.subscribe(subscriber, query)
        found.append(subscriber)
    harness.settle()
    return found


def headlines(subscriber: FakeSubscriber) -> list[str]:
    items = [one for one in subscriber.messages() if one["type"] == "item"]
    return [one["item"].get("headline", one["action"]) for one in items]


def test_others_get_an_event_at_once_and_a_crowd_a_few_in_each_turn() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = crowd(harness, SIZE)
    other = harness.connect("backlog=0")
    assert harness.hub.trailing == SIZE
    harness.hub.advance([news.publish("One")])
    assert headlines(other) == ["One"]
    served = []
    while harness.later:
        harness.later.pop(0)()
        served.append(sum(one.network.writes > 1 for one in readers))
    assert served[:3] == [SLICE, 2 * SLICE, SIZE]
    assert [headlines(one) for one in readers] == [["One"]] * SIZE
    assert harness.hub.behind == 0


def test_several_filters_make_an_address_crowded_sooner() -> None:
    """Each event is compared with all of them before anybody gets it."""
    harness, news = HubHarness(), InMemoryNewsroom()
    queries = (
        *("backlog=0", "section=politics&backlog=0"),
        *("sub.1=section%3Dpolitics&sub.2=level%3Dflash", "any=section%3Dpolitics&backlog=0"),
    )
    readers = [FakeSubscriber(harness.hub) for _ in queries]
    for reader, query in zip(readers, queries, strict=True):
        reader.crowd = Crowd.FOR_SEVERAL_FILTERS
        harness.subscribe(reader, query)
    harness.settle()
    assert harness.hub.trailing == 2
    harness.hub.advance([news.publish("One", sections=["politics"])])
    assert [headlines(one) for one in readers] == [["One"], ["One"], [], []]
    harness.settle()
    assert [headlines(one) for one in readers] == [[], [], ["One"], ["One"]]


def test_events_that_arrive_meanwhile_are_joined_and_reach_everyone_once() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = crowd(harness, SIZE)
    for text in "abc":
        harness.hub.advance([news.publish(text)])
        harness.later.pop(0)()
    assert len(harness.later) == 1, "one piece of work waits at a time"
    harness.settle()
    assert [headlines(one) for one in readers] == [["a", "b", "c"]] * SIZE
    assert {one.network.writes for one in readers} <= {2, 3, 4}
    assert sum(one.network.writes - 1 for one in readers) < 3 * SIZE


def test_a_crowd_counts_among_the_screens_of_an_event() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = [*crowd(harness, SIZE), *crowd(harness, 2, "edition=en&backlog=0")]
    readers[1].network.high, readers[1].network.blocked = 0, True
    harness.connect("backlog=0")
    event = news.publish()
    harness.hub.advance([event])
    assert harness.hub.is_trailing
    ((*_, before),) = harness.hub.receipts.take(9, later=False)
    assert (before.screens, before.delayed) == (1, 0)
    harness.settle()
    assert not harness.hub.is_trailing
    ((*_, receipt),) = harness.hub.receipts.take(9, later=False)
    assert (receipt.screens, receipt.delayed, receipt.later) == (SIZE + 2, 1, 0)
    assert receipt.written == {"websocket": {"all": SIZE + 1, "en": 2}}
    assert before.first_ms == receipt.first_ms
    harness.connect(f"after={Cursor(EPOCH, at(0))}")
    assert [one.later for *_, one in harness.hub.receipts.take(9, later=True)] == [1]


def test_a_crowd_that_comes_and_goes_leaves_the_plans_of_others_alone() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    other = harness.connect("backlog=0")
    harness.hub.advance([news.publish(tags=["x"])])
    encodes = harness.hub.counters.encodes
    crowd(harness, 1)[0].connection_lost(None)
    harness.hub.advance([news.publish(tags=["x"])])
    assert harness.hub.counters.encodes == encodes + 1
    assert len(headlines(other)) == 2
    assert harness.hub.trailing == 0


def test_a_heartbeat_has_the_cursor_of_what_the_reader_has() -> None:
    harness, news = HubHarness(heartbeat=1), InMemoryNewsroom()
    (reader,) = crowd(harness, 1)
    before = harness.cursor()
    harness.hub.advance([news.publish()])
    for _ in range(4):
        harness.hub.tick()
    beats = [one for one in reader.messages() if one["type"] == "heartbeat"]
    assert {one["cursor"] for one in beats} == {before}, "the event is still to come"
    harness.settle()
    for _ in range(4):
        harness.hub.tick()
    assert reader.messages()[-1]["cursor"] == harness.cursor()


def test_a_change_is_answered_after_a_heartbeat_of_the_lane() -> None:
    """It moves the lane's end on, and a trailing reader stays where its last event was."""
    harness, news = HubHarness(), InMemoryNewsroom()
    (reader,) = crowd(harness, 1, "sub.1=backlog%3D0")
    harness.hub.advance([news.publish()])
    harness.settle()
    news.top += 1
    harness.hub.advance([Heartbeat(at(news.top), 0)])
    harness.settle()
    reader.messages()
    assert harness.hub.change(reader, [Change(1, None), Change(2, EVERYTHING)])
    assert [one["type"] for one in reader.messages()] == ["unsubscribed", "welcome", "snapshot"]
    assert reader.seen[-1]["cursor"] == harness.cursor()
    harness.hub.advance([news.publish("Next")])
    assert not harness.hub.change(reader, [Change(2, None)]), "an event is still to come"
    harness.settle()
    assert headlines(reader) == ["Next"]


def test_a_retracted_text_is_not_written_to_those_that_wait() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = crowd(harness, SIZE)
    item = news.publish("Secret")
    harness.hub.advance([item])
    harness.hub.advance([news.retract(item.item_id)])
    harness.settle()
    assert not any(b"Secret" in one.network.delivered for one in readers)
    assert all(headlines(one)[-1] == "retract" for one in readers)


def test_another_lane_resets_those_that_have_what_it_lacks() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = crowd(harness, 2)
    harness.hub.advance([news.publish("Old")])
    harness.settle()
    common = harness.hub.lane.position
    harness.hub.adopt(Timeline(EPOCH + 1, {EPOCH: common}))
    harness.hub.advance([news.publish("Lost")])
    harness.settle()
    harness.hub.replace(Lane(10, EPOCH + 2), "epoch", common)
    harness.settle()
    for reader in readers:
        kinds = [(one["type"], one.get("reason")) for one in reader.messages()]
        assert kinds[-2:] == [("welcome", "epoch"), ("snapshot", None)]
    assert harness.hub.trailing == 2


def test_a_reader_that_cannot_be_served_is_cut_and_the_others_are_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = crowd(harness, 3)

    def fail(data: bytes) -> None:
        raise RuntimeError("an unforeseen failure")

    readers[0].network.write = fail  # type: ignore[method-assign]
    harness.hub.advance([news.publish("One")])
    harness.settle()
    assert readers[0].network.aborted
    assert [headlines(one) for one in readers[1:]] == [["One"]] * 2
    assert "an unforeseen failure" in caplog.text


STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "turn", "block", "drain", "filter", "tick"]),
              st.integers(0, 3)),
    max_size=40,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_whatever_happens_each_reader_gets_each_event_once_and_in_order(steps: Any) -> None:
    harness, news = HubHarness(capacity=200), InMemoryNewsroom()
    readers = [*crowd(harness, 3), harness.connect("backlog=0")]
    for reader in readers:
        reader.network.high = 300
    published: list[str] = []
    for step, number in steps:
        reader = readers[number]
        if step == "publish":
            published.append(f"Line {len(published)}")
            harness.hub.advance([news.publish(published[-1])])
        elif step == "turn" and harness.later:
            harness.later.pop(0)()
        elif step in ("block", "drain"):
            reader.network.blocked = step == "block"
            if step == "drain":
                reader.network.drain()
        elif step == "filter" and not reader.network.buffer:  # else it has not read its cursor
            reached = [Cursor(EPOCH, harness.hub.lane.window.start)]
            seen = [one for one in reader.seen if "cursor" in one]
            after = seen[-1]["cursor"] if seen else str(reached[0])
            harness.subscribe(reader, f"after={after}")
        elif step == "tick":
            harness.hub.tick()
        for one in readers:
            one.messages()
    for reader in readers:
        reader.network.blocked = False
        reader.network.drain()
    harness.settle()
    for reader in readers:
        reader.messages()
        events = [one for one in reader.seen if one["type"] == "item"]
        assert [one["item"]["headline"] for one in events] == published
        cursors = [Cursor.parse(one["cursor"]) for one in reader.seen if "cursor" in one]
        assert cursors == sorted(cursors)
