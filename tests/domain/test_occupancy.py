"""Connections held by each client."""

from __future__ import annotations

import pytest

from ticker.domain.occupancy import Occupancy
from ticker.domain.token_buckets import WIDER
from ticker.domain.usage_table import UsageTable, size


def test_a_client_holds_so_many_and_gets_a_place_back() -> None:
    held = Occupancy(2, UsageTable.own())
    assert [held.enter(("a",)) for _ in range(3)] == [True, True, False]
    assert held.enter(("b",))
    held.leave(("a",))
    assert held.enter(("a",))


def test_a_wider_network_holds_some_times_as_many() -> None:
    held = Occupancy(1, UsageTable.own())
    said = [held.enter((f"host{n}", "provider")) for n in range(WIDER + 1)]
    assert said == [True] * WIDER + [False]
    held.leave(("host0", "provider"))
    assert held.enter(("late", "provider"))


def test_a_client_exceeds_a_number_alone_or_with_its_network() -> None:
    held = Occupancy(10, UsageTable.own())
    for n in range(2 * WIDER):
        held.enter((f"host{n}", "provider"))
    assert not held.exceeds(("host0", "provider"), 2)
    held.enter(("late", "provider"))
    assert held.exceeds(("host0", "provider"), 2), "the network holds more"
    assert not held.exceeds(("host0", "elsewhere"), 2)
    assert not held.exceeds(("host0",), 1)
    held.enter(("host0",))
    assert held.exceeds(("host0",), 1), "the client alone holds more"


def test_the_table_holds_nothing_of_those_who_left() -> None:
    held = Occupancy(3, UsageTable.own())
    for n in range(100):
        held.enter((f"host{n}", "provider"))
    assert len(held) == 3 * WIDER + 1
    for n in range(3 * WIDER):
        held.leave((f"host{n}", "provider"))
    assert len(held) == 0
    with pytest.raises(KeyError):
        held.leave(("host0", "provider"))


def shared(segments: int) -> list[UsageTable]:
    """Return the tables of so many processes in one memory."""
    memory = memoryview(bytearray(size(segments)))
    return [UsageTable(memory, b"k" * 16, segment, segments) for segment in range(segments)]


def test_what_other_processes_hold_counts() -> None:
    one, other = (Occupancy(3, table) for table in shared(2))
    assert [held.enter(("a",)) for held in (one, other, one, other)] == [True, True, True, False]
    assert not one.enter(("a",))
    assert other.enter(("b",))
    assert one.exceeds(("a",), 2)
    assert other.exceeds(("a",), 2)
    one.leave(("a",))
    assert other.enter(("a",))
    assert not one.enter(("a",))


def test_what_a_dead_process_held_is_forgotten() -> None:
    tables = shared(3)
    one, dead = Occupancy(2, tables[0]), Occupancy(2, tables[1])
    assert dead.enter(("a",))
    assert dead.enter(("a",))
    assert not one.enter(("a",))
    tables[0].clear(1)
    assert one.enter(("a",))
    assert tables[2].held_by_others("a") == 1
