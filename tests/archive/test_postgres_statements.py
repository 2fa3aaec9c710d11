"""Changes as statements: how many there are for a batch, and that each item's order is kept."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.in_memory import InMemoryNewsroom
from ticker.archive.changes import change
from ticker.archive.postgres_schema import END, RETRACT, SHOW
from ticker.archive.postgres_statements import Statement, statements
from ticker.domain.event import LaneEvent


def made(events: Sequence[LaneEvent]) -> list[Statement]:
    return list(statements(map(change, events)))


def names(events: Sequence[LaneEvent]) -> list[tuple[str, int]]:
    """Return each statement as its name, and the number of its rows."""
    known = {SHOW: "show", END: "end", RETRACT: "retract"}
    return [(known[sql], len(arrays[0])) for sql, arrays in made(events)]


def test_a_batch_of_new_items_is_one_statement_whatever_its_size() -> None:
    newsroom = InMemoryNewsroom()
    events = [newsroom.publish(f"Item {number}") for number in range(500)]
    [(sql, arrays)] = made(events)
    assert sql == SHOW
    assert sql.count("%s") == len(arrays)
    assert {len(array) for array in arrays} == {500}


def test_changes_of_different_items_share_statements_one_a_kind() -> None:
    newsroom = InMemoryNewsroom()
    ids = [newsroom.publish(f"Item {number}").item_id for number in range(30)]
    events = [
        *(newsroom.change(id, headline="Later") for id in ids[:10]),
        *(newsroom.expire(id) for id in ids[10:20]),
        *(newsroom.retract(id) for id in ids[20:]),
    ]
    assert names(events) == [("show", 10), ("end", 10), ("retract", 10)]


def test_the_changes_of_one_item_keep_their_order() -> None:
    newsroom = InMemoryNewsroom()
    first, other = newsroom.publish("First"), newsroom.publish("Other")
    events = [
        *(first, newsroom.change(first.item_id, headline="Second"), other),
        *(newsroom.expire(other.item_id), newsroom.retract(first.item_id)),
    ]
    assert names(events) == [("show", 2), ("show", 1), ("end", 1), ("retract", 1)]
    rows = [arrays[0] for _, arrays in made(events)]
    assert rows == [
        [first.item_id, other.item_id],
        *([first.item_id], [other.item_id], [first.item_id]),
    ]


def test_no_change_is_no_statement() -> None:
    assert made([]) == []
