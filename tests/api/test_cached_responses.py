"""The response cache: rendered once, bounded, and cleared by the next item event."""

from __future__ import annotations

import tracemalloc

import orjson
import pytest

from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.api.cached_responses import CachedResponses
from ticker.domain.cursor import ZERO
from ticker.domain.event import Heartbeat
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
    news, cache, made = InMemoryNewsroom(), CachedResponses(), Made()
    lane = Lane(100, EPOCH, ZERO, ZERO)
    first = cache.get(lane, "a", made)
    lane.advance(Heartbeat(at(9), 0))
    assert cache.get(lane, "a", made) is first
    assert made.times == 1
    news.top = 10
    lane.advance(news.publish())
    again = cache.get(lane, "b", made)
    assert (again.etag, made.times, len(cache)) == (first.etag, 2, 1)


def test_the_least_recently_used_responses_are_dropped() -> None:
    lane, cache, made = Lane(100, EPOCH), CachedResponses(responses_max=3), Made()
    for name in "abc":
        cache.get(lane, name, made)
    cache.get(lane, "a", made)
    cache.get(lane, "d", made)
    assert (len(cache), cache.size, made.times) == (3, 12, 4)
    cache.get(lane, "a", made)
    assert made.times == 4
    cache.get(lane, "b", made)
    assert made.times == 5


def test_the_size_of_the_cache_is_bounded() -> None:
    lane, cache = Lane(100, EPOCH), CachedResponses(bytes_max=10)
    for name in range(20):
        cache.get(lane, name, Made(b"1234"))
        assert cache.size <= 10
    assert len(cache) == 2
    large = Made(b"12345678901")
    assert cache.get(lane, "large", large).body == b"12345678901"
    cache.get(lane, "large", large)
    assert (large.times, len(cache)) == (2, 2)


def test_the_size_is_that_of_the_memory() -> None:
    """JSON as orjson returns it takes ten times its length: the bound would bound nothing."""
    lane, cache = Lane(100, EPOCH), CachedResponses()
    tracemalloc.start()
    for number in range(20):
        cache.get(lane, number, lambda: orjson.dumps(["x" * 3_000]))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0 < used - cache.size < 20 * 1_000


def test_a_refusal_is_not_kept() -> None:
    cache, lane = CachedResponses(), Lane(10)

    def refuse() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        cache.get(lane, "a", refuse)
    assert len(cache) == 0
    assert cache.get(lane, "a", lambda: b"found").body == b"found"
