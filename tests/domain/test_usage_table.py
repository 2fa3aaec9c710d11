"""The table of what clients spend and hold: who writes what, and what others see of it."""

from __future__ import annotations

import tracemalloc

from ticker.domain.usage_table import CELLS, READS, TABLES, Debts, UsageTable, size

KEY = b"k" * 16


def pair() -> tuple[UsageTable, UsageTable]:
    memory = memoryview(bytearray(size(2)))
    return UsageTable(memory, KEY, 0, 2), UsageTable(memory, KEY, 1, 2)


def test_a_debt_is_seconds_from_now_and_never_shrinks_by_a_note() -> None:
    debts = Debts.own()
    assert debts.get("a", 100.0) == 0.0
    debts.set("a", 5.0, 100.0)
    debts.set("a", 2.0, 101.0)
    assert debts.get("a", 101.0) == 4.0
    assert debts.get("a", 200.0) == 0.0
    assert debts.get("b", 100.0) == 0.0


def test_every_table_is_of_its_own_and_shared() -> None:
    one, other = pair()
    for table in range(TABLES):
        one.debts(table).set("a", table + 1.0, 0.0)
    assert [other.debts(table).get("a", 0.0) for table in range(TABLES)] == [
        table + 1.0 for table in range(TABLES)
    ]
    assert READS < TABLES


def test_a_key_of_ones_own_places_clients_elsewhere() -> None:
    memory = memoryview(bytearray(size(1)))
    UsageTable(memory, b"a" * 16, 0, 1).debts(0).set("client", 9.0, 0.0)
    assert UsageTable(memory, b"b" * 16, 0, 1).debts(0).get("client", 0.0) == 0.0


def test_counts_of_a_process_are_its_own() -> None:
    one, other = pair()
    one.hold("a", 1)
    one.hold("a", 1)
    other.hold("a", 1)
    assert (one.held_by_others("a"), other.held_by_others("a")) == (1, 2)
    one.hold("a", -1)
    one.hold("b", -1)  # never below none
    assert (one.held_by_others("a"), other.held_by_others("a")) == (1, 1)
    assert other.held_by_others("b") == 0


def test_room_counts_if_it_was_told_lately() -> None:
    one, other = pair()
    assert not one.others_have_room(0, since=0.0)
    other.set_room(10, now=5.0)
    assert one.others_have_room(9, since=4.0)
    assert not one.others_have_room(10, since=4.0)
    assert not one.others_have_room(9, since=6.0), "it may stand still"
    assert not other.others_have_room(0, since=4.0), "its own room is not another's"
    one.clear(1)
    assert not one.others_have_room(0, since=4.0)


def test_a_table_of_ones_own_has_no_others() -> None:
    own = UsageTable.own()
    own.hold("a", 1)
    own.set_room(10, now=1.0)
    own.sweep()
    assert own.held_by_others("a") == 0
    assert not own.others_have_room(0, since=0.0)


def test_a_table_of_its_own_takes_up_no_memory_before_it_is_used() -> None:
    tracemalloc.start()
    try:
        own = UsageTable.own(), Debts.own()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert own[0].debts(0).get("a", 1.0) == own[1].get("a", 1.0) == 0.0
    assert peak < CELLS
