"""The verdict about a cursor that is ahead of this process."""

from __future__ import annotations

import pytest

from tests.support.in_memory import EPOCH, at
from ticker.domain.cursor import Cursor
from ticker.gateway.lane_end import EPOCHS_MAX, TRUST, LaneEnd
from ticker.stream.replay import Lane, Verdict

LANE = Lane(10, EPOCH, at(5))
AHEAD = Cursor(EPOCH, at(9))
HERE = Cursor(EPOCH, at(5))


@pytest.mark.parametrize(
    ("end", "said_at", "now", "verdict"),
    [
        (HERE, 9.0, 9.9, "wait"),
        (HERE, 9.0, 10.0, "ahead"),
        (HERE, 7.9, 10.0, "behind"),  # said before the reader asked
        (Cursor(EPOCH, at(6)), 9.0, 10.0, "behind"),  # Redis has more than this process has read
        (Cursor(EPOCH + 1, at(5)), 9.0, 10.0, "behind"),
    ],
)
def test_a_reset_needs_the_word_of_redis(
    end: Cursor, said_at: float, now: float, verdict: Verdict
) -> None:
    lane_end = LaneEnd(ahead_wait=2.0)
    lane_end.say(end, said_at)
    assert lane_end.judge(LANE, AHEAD, 10.0, now) == verdict


def test_without_a_word_of_redis_the_reader_goes_elsewhere() -> None:
    lane_end = LaneEnd(ahead_wait=2.0)
    assert lane_end.judge(LANE, AHEAD, 10.0, 10.0) == "behind"
    assert lane_end.judge(LANE, HERE, 10.0, 0.0) == "reached"


def test_an_epoch_that_redis_does_not_know_is_believed_for_some_time() -> None:
    lane_end = LaneEnd(ahead_wait=2.0)
    winner = Cursor(EPOCH + 1, at(1))
    for now in (10.0, 10.0 + TRUST - 0.1):
        lane_end.say(HERE, now)
        assert lane_end.judge(LANE, winner, now, now) == "behind"
    lane_end.say(HERE, 10.0 + TRUST)
    assert lane_end.judge(LANE, winner, 10.0 + TRUST, 10.0 + TRUST) == "ahead"


def test_unknown_epochs_are_bounded() -> None:
    lane_end = LaneEnd(ahead_wait=2.0)
    assert lane_end.trusts(1, 0.0)
    for epoch in range(2, EPOCHS_MAX + 2):
        assert lane_end.trusts(epoch, 0.0)
    assert lane_end.trusts(1, TRUST + 1), "the first one seen was forgotten"
    assert not lane_end.trusts(EPOCHS_MAX + 1, TRUST + 1)
