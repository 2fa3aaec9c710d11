"""The replay decision: what a cursor can still be given."""

from __future__ import annotations

import pytest

from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import Cursor
from ticker.domain.event import Beat, LaneEvent
from ticker.stream.replay import Ahead, Lane, Outcome, Replay, Reset, UpToDate, rewritten


def lane_of(count: int, capacity: int) -> Lane:
    newsroom, lane = InMemoryNewsroom(), Lane(capacity, EPOCH)
    for _ in range(count):
        assert lane.advance(newsroom.publish())
    return lane


@pytest.mark.parametrize(
    ("cursor", "outcome"),
    [
        (Cursor(EPOCH, at(5)), UpToDate()),
        (Cursor(EPOCH, at(3)), Replay(at(3))),
        (Cursor(EPOCH, at(1)), Reset("expired")),
        (Cursor(EPOCH, at(6)), Ahead()),
        (Cursor(EPOCH + 1, at(1)), Ahead()),
        (Cursor(EPOCH - 1, at(5)), Reset("epoch")),
    ],
)
def test_resume(cursor: Cursor, outcome: Outcome) -> None:
    assert lane_of(5, capacity=3).resume(cursor) == outcome


def test_an_entry_counts_once() -> None:
    newsroom, lane = InMemoryNewsroom(), Lane(10, EPOCH)
    event = newsroom.publish()
    assert lane.advance(event)
    generation = lane.generation
    assert not lane.advance(event)
    assert lane.generation is generation
    assert lane.advance(Beat(at(2), 0)), "a heartbeat moves the cursor"
    assert lane.generation is generation, "and changes nothing that is derived"
    assert lane.cursor == Cursor(EPOCH, at(2))


def test_lost_history_is_noticed_by_the_newest_event() -> None:
    lane = lane_of(3, 10)
    newest = lane.witness()
    assert isinstance(newest, LaneEvent)
    assert not rewritten(at(3), at(3), newest, True, at(0), ())
    assert rewritten(at(3), at(2), newest, True, at(0), ()), "the lane ends before us"
    assert rewritten(at(3), at(4), newest, False, at(0), ()), "our event is not there"
    assert not rewritten(at(3), at(4), newest, False, at(3), ()), "it was trimmed"
    assert not rewritten(at(3), at(4), newest, False, at(0), {newest.item_id}), "or retracted"
    assert not rewritten(at(3), at(4), None, False, at(0), ())
