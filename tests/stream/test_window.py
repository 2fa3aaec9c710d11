"""The window and the replay decision."""

from __future__ import annotations

import pytest

from tests.support.in_memory import EPOCH, TAXONOMY, InMemoryNewsroom, at
from ticker.domain.cursor import ZERO, Cursor
from ticker.domain.event import Beat, LaneEvent, Noop
from ticker.domain.filter import EVERYTHING, read_filter
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate, rewritten
from ticker.stream.window import Window, compact, visible


def lane_of(count: int, capacity: int = 100) -> tuple[Lane, InMemoryNewsroom]:
    lane, news = Lane(capacity, EPOCH), InMemoryNewsroom()
    for _ in range(count):
        assert lane.advance(news.publish())
    return lane, news


def test_outcomes_of_resume() -> None:
    lane, _ = lane_of(5)
    assert lane.resume(Cursor(EPOCH, at(5))) == UpToDate()
    assert lane.resume(Cursor(EPOCH, at(2))) == Replay(at(2))
    assert lane.resume(Cursor(EPOCH, ZERO)) == Replay(ZERO)
    assert lane.resume(Cursor(EPOCH, at(6))) == Ahead()
    assert lane.resume(Cursor(EPOCH + 1, at(1))) == Ahead()
    assert lane.resume(Cursor(EPOCH - 1, at(5))) == Reset("epoch")


def test_a_position_below_the_floor_is_expired_and_the_floor_itself_is_not() -> None:
    lane = Lane(100, EPOCH, position=at(9), floor=at(5))
    assert lane.resume(Cursor(EPOCH, at(5))) == Replay(at(5))
    assert lane.resume(Cursor(EPOCH, at(4))) == Reset("expired")


def test_capacity_moves_the_start_and_keeps_the_newest() -> None:
    window, news = Window(10), InMemoryNewsroom()
    for _ in range(100):
        window.append(news.publish())
        assert len(window) <= 11
    assert len(window.after(window.start)) == len(window)
    assert not window.holds(window.start.before())


def test_a_repeated_entry_is_refused() -> None:
    lane, news = lane_of(0)
    event = news.publish()
    assert lane.advance(event)
    assert not lane.advance(event)
    assert len(lane.window) == 1


def test_noops_and_beats_move_the_position_and_take_no_room() -> None:
    lane, _ = lane_of(1)
    assert lane.advance(Noop(at(2)))
    assert lane.advance(Beat(at(3), 0))
    assert lane.position == at(3)
    assert len(lane.window) == 1


def test_a_retraction_scrubs_the_window_and_positions_stay_valid() -> None:
    lane, news = lane_of(2)
    wrong = news.publish("Wrong words")
    lane.advance(wrong)
    lane.advance(news.change(wrong.item_id, headline="Still wrong words"))
    lane.advance(news.retract(wrong.item_id))
    assert all(b"rong words" not in event.message for event in lane.window)
    assert [e.action for e in lane.window.after(at(3))] == ["retract"]
    assert wrong.item_id not in lane.current_items


def test_compaction_keeps_the_last_word_per_item_for_this_filter() -> None:
    """An update may move an item out of a filter; later updates no longer concern it."""
    news = InMemoryNewsroom()
    first = news.publish(sections=["politics"])
    events = [
        first,
        news.change(first.item_id, sections=["economy"]),
        news.change(first.item_id, headline="Out of sight"),
    ]
    politics = read_filter([("section", "politics")], TAXONOMY)
    economy = read_filter([("section", "economy")], TAXONOMY)
    assert compact(events, politics) == [(events[1].id, events[1].leave)]
    assert compact(events, economy) == [(events[2].id, events[2].message)]
    assert compact(events, EVERYTHING) == [(events[2].id, events[2].message)]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ([], True),
        ([("edition", "en")], True),
        ([("edition", "ar")], False),
        ([("edition", "ar,en")], True),
        ([("edition", "ar"), ("edition", "en")], True),
        ([("edition", "en"), ("section", "sports")], False),
        ([("section", "health,sports"), ("region", "mena")], True),
        ([("section", "health"), ("region", "asia")], False),
        ([("tag", "Water supply")], True),
        ([("level", "urgent")], True),
        ([("level", "bulletin")], False),
        ([("story", "ferries")], True),
        ([("story", "tides,ferries")], True),
        ([("story", "tides")], False),
        ([("story", "ferries"), ("edition", "ar")], False),
    ],
)
def test_filters(query: list[tuple[str, str]], seen: bool) -> None:
    event = InMemoryNewsroom().publish(
        sections=["health"],
        regions=["mena"],
        tags=["Water supply"],
        level="urgent",
        story="ferries",
    )
    assert (visible(event, read_filter(query, TAXONOMY)) is not None) is seen


class TestRewritten:
    """Replication loses a suffix. Changes that only look like it must not reset all subscribers."""

    def setup_method(self) -> None:
        self.lane, self.news = lane_of(3)
        witness = self.lane.witness()
        assert witness is not None
        self.witness: LaneEvent = witness

    def ask(self, **changes: object) -> bool:
        arguments: dict[str, object] = {
            "position": at(3),
            "top": at(3),
            "witness": self.witness,
            "present": True,
            "floor": ZERO,
            "retracted_since": set(),
        }
        return rewritten(**(arguments | changes))  # type: ignore[arg-type]

    def test_the_same_lane(self) -> None:
        assert not self.ask()
        assert not self.ask(top=at(9))

    def test_a_lane_that_ends_too_early(self) -> None:
        assert self.ask(top=at(2))

    def test_a_lane_that_lost_the_newest_and_went_on(self) -> None:
        assert self.ask(top=at(9), present=False)

    def test_an_event_that_was_trimmed(self) -> None:
        assert not self.ask(top=at(9), present=False, floor=at(3))

    def test_an_event_that_was_scrubbed(self) -> None:
        since = {self.witness.item_id}
        assert not self.ask(top=at(9), present=False, retracted_since=since)

    def test_an_empty_window_proves_nothing(self) -> None:
        assert not self.ask(witness=None, present=False)
