"""The shelf: what readers share, bounded for the whole process."""

from __future__ import annotations

from tests.gateway.peer import Desk, Screen
from tests.support.in_memory import InMemoryNewsroom, at
from ticker.gateway.response_cache import OVERHEAD, ResponseCache


def test_the_least_used_goes_first_and_nothing_outlives_its_stamp() -> None:
    shelf, stamp = ResponseCache(3 * (100 + OVERHEAD)), object()
    for key in "abc":
        assert shelf.get(stamp, key) is None
        shelf.put(key, (b"x" * 100, at(1)))
    assert shelf.get(stamp, "a") == (b"x" * 100, at(1))
    shelf.put("d", (b"y" * 100, at(1)))
    assert [key for key in "abcd" if shelf.get(stamp, key)] == ["a", "c", "d"]
    assert shelf.get(object(), "a") is None
    assert (len(shelf), shelf.size) == (0, 0)


def test_what_is_larger_than_the_shelf_is_not_kept() -> None:
    shelf = ResponseCache(1_000)
    shelf.put("large", (b"x" * 2_000, at(1)))
    assert (len(shelf), shelf.size) == (0, 0)


def test_pairs_of_readers_with_invented_filters_cannot_fill_the_memory() -> None:
    # Each pair left a snapshot of every length that it had asked for, for ever: megabytes.
    desk, news = Desk(), InMemoryNewsroom()
    desk.hub.advance([news.publish(summary="Harbour. " * 200) for _ in range(200)])
    shelf = desk.hub._index.shelf
    for pair in range(20):
        screens = [Screen(desk.hub), Screen(desk.hub)]
        for backlog in range(180, 200):
            for screen in screens:
                query = f"edition=en,ar&tag=t{pair}&backlog={backlog}"
                if pair % 2:  # some that see everything
                    query = f"edition=en&level=ticker&backlog={backlog}"
                desk.hub.join(screen, desk.reader.from_query(query))
    assert 0 < shelf.size <= 32 * 1_048_576
    desk.hub.advance([news.publish()])
    desk.connect()
    assert len(shelf) == 0


def test_a_storm_still_shares_one_snapshot() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    desk.hub.advance([news.publish()])
    for _ in range(50):
        desk.connect("edition=en")
    assert len(desk.hub._index.shelf) == 1
