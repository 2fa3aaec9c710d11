"""Clients take turns in a queue, whatever the number of their items."""

from __future__ import annotations

import pytest

from ticker.gateway.fair_queue import FairQueue


def drain(queue: FairQueue[str]) -> list[str]:
    return [queue.popleft() for _ in range(len(queue))]


def test_a_client_with_many_items_delays_its_own() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(4):
        queue.append("192.0.2.1", f"many {number}")
    queue.append("192.0.2.2", "one")
    queue.append("192.0.2.3", "two")
    assert len(queue) == 6
    assert drain(queue) == ["many 0", "one", "two", "many 1", "many 2", "many 3"]
    with pytest.raises(IndexError):
        queue.popleft()


def test_a_client_that_comes_back_has_its_turn_after_those_that_wait() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.append("192.0.2.1", "first")
    queue.append("192.0.2.2", "second")
    assert queue.popleft() == "first"
    queue.append("192.0.2.1", "third")
    assert drain(queue) == ["second", "third"]


def test_the_addresses_of_one_network_are_one_client() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(3):
        queue.append(f"2001:db8::{number}", f"six {number}")
    queue.append("::ffff:192.0.2.2", "mapped")
    queue.append("192.0.2.2", "four")
    queue.append("", "unix")
    assert drain(queue) == ["six 0", "mapped", "unix", "six 1", "four", "six 2"]
