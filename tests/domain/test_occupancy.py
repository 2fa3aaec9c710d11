"""Connections held by each client."""

from __future__ import annotations

import pytest

from ticker.domain.occupancy import Occupancy
from ticker.domain.token_buckets import WIDER


def test_a_client_holds_so_many_and_gets_a_place_back() -> None:
    held = Occupancy(2)
    assert [held.enter(("a",)) for _ in range(3)] == [True, True, False]
    assert held.enter(("b",))
    held.leave(("a",))
    assert held.enter(("a",))


def test_a_wider_network_holds_some_times_as_many() -> None:
    held = Occupancy(1)
    said = [held.enter((f"host{n}", "provider")) for n in range(WIDER + 1)]
    assert said == [True] * WIDER + [False]
    held.leave(("host0", "provider"))
    assert held.enter(("late", "provider"))


def test_a_client_exceeds_a_number_alone_or_with_its_network() -> None:
    held = Occupancy(10)
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
    held = Occupancy(3)
    for n in range(100):
        held.enter((f"host{n}", "provider"))
    assert len(held) == 3 * WIDER + 1
    for n in range(3 * WIDER):
        held.leave((f"host{n}", "provider"))
    assert len(held) == 0
    with pytest.raises(KeyError):
        held.leave(("host0", "provider"))
