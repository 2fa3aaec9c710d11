"""The times of a failover."""

from __future__ import annotations

from tests.chaos.failover_times import times
from tests.chaos.records import Act, LaneEntry, ReaderLog, Seen, Shown
from ticker.domain.cursor import Cursor, StreamId


def published(item: str, acknowledged: float) -> Act:
    return Act("publish", item, item, 0.0, item, acknowledged)


def lane(*items: str) -> list[LaneEntry]:
    cursor = Cursor(1, StreamId(1, 0))
    return [LaneEntry(cursor, item, "publish", 1) for item in items]


def reader(*seen: tuple[float, str]) -> ReaderLog:
    cursor = Cursor(1, StreamId(1, 0))
    log = [Seen(at, cursor, (Shown(item, 1, item),), "publish") for at, item in seen]
    return ReaderLog("reader", "ws", log)


ACTS = [published("a", 1.0), published("lost", 5.5), published("b", 6.0), published("c", 7.0)]


def test_the_next_item_that_stays_and_the_last_reader_count() -> None:
    readers = [reader((1.1, "a"), (6.25, "b")), reader((5.6, "lost"), (7.5, "c"))]
    assert times(5.0, ACTS, lane("a", "b", "c"), readers) == (1.0, 2.5)


def test_a_reader_without_a_new_item_has_no_time() -> None:
    assert times(5.0, ACTS, lane("a", "b", "c"), [reader((1.1, "a"))]) == (1.0, None)
    assert times(9.0, ACTS, lane("a", "b", "c"), []) == (None, None)
