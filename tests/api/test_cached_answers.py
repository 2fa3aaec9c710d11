"""The response cache: rendered once, bounded, and cleared by the next item event."""

from __future__ import annotations

import pytest

from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.api.cached_answers import CachedAnswers
from ticker.domain.cursor import ZERO
from ticker.domain.event import Beat
from ticker.stream.replay import Lane


class Made:
    """Counts its calls."""

    def __init__(self, body: bytes = b"body") -> None:
        self.times = 0
        self._body = body

    def __call__(self) -> bytes:
        self.times += 1
        return self._body


def test_a_response_is_rendered_once_until_the_next_event() -> None:
    news, answers, made = InMemoryNewsroom(), CachedAnswers(), Made()
    lane = Lane(100, EPOCH, ZERO, ZERO)
    first = answers.answer(lane, "a", made)
    lane.advance(Beat(at(9), 0))
    assert answers.answer(lane, "a", made) is first
    assert made.times == 1
    news.top = 10
    lane.advance(news.publish())
    again = answers.answer(lane, "b", made)
    assert (again.etag, made.times, len(answers)) == (first.etag, 2, 1)


def test_the_least_recently_used_responses_are_dropped() -> None:
    lane, answers, made = Lane(100, EPOCH), CachedAnswers(answers_max=3), Made()
    for name in "abc":
        answers.answer(lane, name, made)
    answers.answer(lane, "a", made)
    answers.answer(lane, "d", made)
    assert (len(answers), answers.size, made.times) == (3, 12, 4)
    answers.answer(lane, "a", made)
    assert made.times == 4
    answers.answer(lane, "b", made)
    assert made.times == 5


def test_the_size_of_the_cache_is_bounded() -> None:
    lane, answers = Lane(100, EPOCH), CachedAnswers(bytes_max=10)
    for name in range(20):
        answers.answer(lane, name, Made(b"1234"))
        assert answers.size <= 10
    assert len(answers) == 2
    large = Made(b"12345678901")
    assert answers.answer(lane, "large", large).body == b"12345678901"
    answers.answer(lane, "large", large)
    assert (large.times, len(answers)) == (2, 2)


def test_a_refusal_is_not_kept() -> None:
    answers, lane = CachedAnswers(), Lane(10)

    def refuse() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        answers.answer(lane, "a", refuse)
    assert len(answers) == 0
    assert answers.answer(lane, "a", lambda: b"found").body == b"found"
