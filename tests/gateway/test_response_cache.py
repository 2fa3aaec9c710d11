"""The response cache: shared responses, bounded for the whole process."""

from __future__ import annotations

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import InMemoryNewsroom, at
from ticker.gateway.response_cache import CAPACITY, OVERHEAD, Response, ResponseCache


def test_the_least_recently_used_goes_first_and_nothing_outlives_its_generation() -> None:
    cache, generation = ResponseCache(3 * (100 + OVERHEAD)), object()
    for key in "abc":
        assert cache.get(generation, key) is None
        cache.put(key, Response(b"x" * 100, at(1)))
    assert cache.get(generation, "a") == Response(b"x" * 100, at(1))
    cache.put("d", Response(b"y" * 100, at(1)))
    assert [key for key in "abcd" if cache.get(generation, key)] == ["a", "c", "d"]
    assert cache.get(object(), "a") is None
    assert (len(cache), cache.size) == (0, 0)


def test_a_response_larger_than_the_cache_is_not_kept() -> None:
    cache = ResponseCache(1_000)
    cache.put("large", Response(b"x" * 2_000, at(1)))
    assert (len(cache), cache.size) == (0, 0)


def test_pairs_of_clients_with_invented_filters_cannot_fill_the_memory() -> None:
    # Each pair left a snapshot of every length that it had asked for, forever: megabytes.
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish(summary="Harbour. " * 200) for _ in range(200)])
    cache = harness.hub.responses
    for pair in range(20):
        subscribers = [FakeSubscriber(harness.hub), FakeSubscriber(harness.hub)]
        for backlog in range(180, 200):
            for subscriber in subscribers:
                query = f"edition=en,ar&tag=t{pair}&backlog={backlog}"
                if pair % 2:  # some that see everything
                    query = f"edition=en&level=ticker&backlog={backlog}"
                harness.subscribe(subscriber, query)
    assert 0 < cache.size <= CAPACITY
    harness.hub.advance([news.publish()])
    harness.connect()
    assert len(cache) == 0


def test_a_storm_shares_one_snapshot() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish()])
    for _ in range(50):
        harness.connect("edition=en")
    assert len(harness.hub.responses) == 1
