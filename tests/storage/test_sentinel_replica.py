"""The choice among the replicas that sentinels call healthy."""

from __future__ import annotations

import pytest

from ticker.storage.sentinel import Address
from ticker.storage.sentinel_replica import choose, healthy

ONE, TWO = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


@pytest.mark.parametrize(
    ("flags", "link", "usable"),
    [
        ("slave", "ok", True),
        ("slave", "err", False),
        ("s_down,slave", "ok", False),
        ("slave,disconnected", "ok", False),
        ("slave,o_down", "ok", False),
        ("master", "ok", False),
    ],
)
def test_a_replica_is_healthy_while_it_hears_from_its_primary(
    flags: str, link: str, usable: bool
) -> None:
    told = {b"ip": b"10.0.0.1", b"port": b"6379", b"flags": flags.encode()}
    told |= {b"master-link-status": link.encode()}
    assert healthy([told]) == ([ONE] if usable else [])


def test_a_process_keeps_its_replica_for_as_long_as_it_is_healthy() -> None:
    first = choose(None, [ONE, TWO], "process")
    other = TWO if first == ONE else ONE
    assert choose(first, [other, ONE, TWO], "process") == first
    assert choose(first, [other], "process") == other
    assert choose(other, [ONE, TWO], "process") == other, "no way back for its own sake"
    assert choose(first, [], "process") is None


def test_processes_spread_over_the_replicas() -> None:
    chosen: list[Address | None] = [choose(None, [ONE, TWO], str(number)) for number in range(100)]
    assert 30 <= chosen.count(ONE) <= 70
