"""The replay decision, and the check that the lane was not rewritten."""

from __future__ import annotations

from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import ZERO, Cursor
from ticker.domain.event import Heartbeat, LaneEvent, Noop
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate, rewritten


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


def test_a_repeated_entry_is_refused() -> None:
    lane, news = lane_of(0)
    event = news.publish()
    assert lane.advance(event)
    assert not lane.advance(event)
    assert len(lane.window) == 1


def test_noops_and_heartbeats_move_the_position_and_take_no_room() -> None:
    lane, _ = lane_of(1)
    assert lane.advance(Noop(at(2)))
    assert lane.advance(Heartbeat(at(3), 0))
    assert lane.position == at(3)
    assert len(lane.window) == 1


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
