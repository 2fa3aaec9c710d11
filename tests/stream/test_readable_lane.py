"""The part of the lane that a reader may read."""

from __future__ import annotations

from tests.support.in_memory import EPOCH, InMemoryNewsroom
from ticker.domain.cursor import StreamId
from ticker.domain.event import Heartbeat
from ticker.stream.readable_lane import LANES_MAX, ReadableLanes
from ticker.stream.replay import Lane

PUBLIC = frozenset({"en", "ar"})


def ids(lane: Lane) -> list[str]:
    return [event.item_id for event in lane.current_items]


def test_it_follows_the_whole_lane_without_what_may_not_be_read() -> None:
    news, lanes = InMemoryNewsroom(), ReadableLanes()
    whole = Lane(100, EPOCH)
    first, hidden = news.publish("First"), news.publish("Titular", edition="es")
    for event in (first, hidden):
        whole.advance(event)
    part = lanes.of(whole, PUBLIC)
    assert ids(part) == [first.item_id]
    second = news.publish("Second")
    for event in (second, news.publish("Otro", edition="es"), news.retract(first.item_id)):
        whole.advance(event)
    assert lanes.of(whole, PUBLIC) is part
    assert ids(part) == [second.item_id]
    assert [event.edition for event in part.window] == ["en", "en"]
    assert part.position == whole.position
    assert part.generation is whole.generation
    whole.advance(Heartbeat(StreamId(whole.position.ms, whole.position.seq + 1), 0))
    assert lanes.of(whole, PUBLIC).position == whole.position
    assert part.whole is whole
    assert lanes.of(whole, None) is whole


def test_it_is_another_lane_if_events_were_dropped_or_history_was_rewritten() -> None:
    news, lanes = InMemoryNewsroom(), ReadableLanes()
    whole = Lane(10, EPOCH)
    part = lanes.of(whole, PUBLIC)
    events = [news.publish(f"Number {number}") for number in range(30)]
    for event in events:
        whole.advance(event)
    other = lanes.of(whole, PUBLIC)
    assert other is not part
    assert len(ids(other)) == 30
    rewritten = Lane(10, EPOCH + 1)
    assert ids(lanes.of(rewritten, PUBLIC)) == []


def test_few_lanes_are_kept() -> None:
    lanes, whole = ReadableLanes(), Lane(10, EPOCH)
    first = lanes.of(whole, frozenset({"0"}))
    for number in range(1, LANES_MAX):
        lanes.of(whole, frozenset({str(number)}))
    assert lanes.of(whole, frozenset({"0"})) is first
    lanes.of(whole, frozenset({"another"}))
    lanes.of(whole, frozenset({"one more"}))
    assert lanes.of(whole, frozenset({"0"})) is first
