"""What is kept, and until when. Its bounds and more are in test_poll.py, on polls."""

from __future__ import annotations

import pytest

from tests.core.factory import Newsroom
from ticker.api.answers import Answers
from ticker.core.lane import Lane


def test_made_once_until_something_happens() -> None:
    news, lane = Newsroom(), Lane(10)
    made: list[int] = []

    def make() -> bytes:
        made.append(len(made))
        return b"%d" % len(made)

    answers = Answers()
    first = answers.answer(lane, "a", make)
    assert answers.answer(lane, "a", make) is first
    assert answers.answer(lane, "b", make).body == b"2"
    lane.advance(news.publish())
    assert answers.answer(lane, "a", make).body == b"3"
    assert (len(made), len(answers)) == (3, 1)


def test_a_refusal_is_not_kept() -> None:
    answers, lane = Answers(), Lane(10)

    def refuse() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        answers.answer(lane, "a", refuse)
    assert len(answers) == 0
    assert answers.answer(lane, "a", lambda: b"found").body == b"found"
