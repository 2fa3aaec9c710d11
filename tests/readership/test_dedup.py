"""Each limit of the deduplicator, and what happens when it is reached."""

from __future__ import annotations

import itertools

import pytest

from ticker.domain.usage_table import Debts
from ticker.readership.dedup import DAY, ReadDeduplicator, ReadLimits


def deduplicator(**limits: float) -> ReadDeduplicator:
    keys = (b"%032d" % n for n in itertools.count())
    return ReadDeduplicator(lambda: next(keys), ReadLimits(**limits))  # type: ignore[arg-type]


def test_one_client_counts_once_for_an_item_and_kind() -> None:
    it = deduplicator()
    assert it.admit("192.0.2.1", "a", "open", 0) == "counted"
    assert it.admit("192.0.2.1", "a", "open", 1) == "repeated"
    assert it.admit("192.0.2.1", "a", "share", 1) == "counted"
    assert it.admit("192.0.2.1", "b", "open", 1) == "counted"
    assert it.admit("192.0.2.2", "a", "open", 1) == "counted"


@pytest.mark.parametrize("first", [0.0, 1.0, 599.0])
def test_it_counts_again_after_once_to_twice_the_time(first: float) -> None:
    it = deduplicator()
    it.admit("192.0.2.9", "other", "open", 0)
    assert it.admit("192.0.2.1", "a", "open", first) == "counted"
    assert it.admit("192.0.2.1", "a", "open", first + 599) == "repeated"
    assert it.admit("192.0.2.1", "a", "open", first + 1_200) == "counted"


def test_a_pause_does_not_extend_a_mark() -> None:
    it = deduplicator()
    assert it.admit("192.0.2.1", "a", "open", 0) == "counted"
    assert it.admit("192.0.2.1", "b", "open", 1_199) == "counted"
    assert it.admit("192.0.2.1", "a", "open", 1_200) == "counted"


def test_a_client_that_reports_too_much_is_not_counted() -> None:
    it = deduplicator(burst=3, every=2.0)
    said = [it.admit("192.0.2.1", f"item {n}", "open", 0) for n in range(5)]
    assert said == ["counted"] * 3 + ["rate_limited"] * 2
    assert it.admit("192.0.2.2", "item 4", "open", 0) == "counted"
    assert it.admit("192.0.2.1", "item 5", "open", 1.9) == "rate_limited"
    assert it.admit("192.0.2.1", "item 6", "open", 2.0) == "counted"
    said = [it.admit("192.0.2.1", f"item {n}", "open", 1_000) for n in range(10, 15)]
    assert said == ["counted"] * 3 + ["rate_limited"] * 2, "an idle client saves up a burst at most"


def test_all_clients_together_are_limited_per_second() -> None:
    it = deduplicator(per_second=5)
    said = [it.admit(f"192.0.2.{n}", "a", "open", 10.0) for n in range(8)]
    assert said == ["counted"] * 5 + ["capped"] * 3
    assert it.admit("192.0.2.7", "a", "open", 10.3) == "counted", "it was not marked as counted"
    assert it.admit("192.0.2.8", "a", "open", 10.3) == "capped"


def test_all_tables_are_bounded() -> None:
    it = deduplicator(marks=20, per_second=1_000_000)
    for n in range(500):
        assert it.admit(f"198.51.{n // 250}.{n % 250}", "a", "open", 0) == "counted"
        assert len(it) <= 2 * 20


def test_the_processes_of_a_machine_share_what_clients_have_reported() -> None:
    debts = Debts.own()
    limits = ReadLimits(burst=1)
    one, other = (ReadDeduplicator(lambda: b"k" * 32, limits, debts) for _ in range(2))
    assert one.admit("192.0.2.1", "a", "open", 0) == "counted"
    assert other.admit("192.0.2.1", "b", "open", 0) == "rate_limited"
    assert other.admit("192.0.2.2", "b", "open", 0) == "counted"


def test_after_a_day_nothing_links_a_client_to_its_reads() -> None:
    it = deduplicator(repeat_after=10 * DAY)
    assert it.admit("192.0.2.1", "a", "open", 0) == "counted"
    assert it.admit("192.0.2.1", "a", "open", DAY - 1) == "repeated"
    before = it.salt
    assert it.admit("192.0.2.1", "a", "open", DAY) == "counted"
    assert it.salt != before
    assert len(it) == 1


def test_no_client_address_is_stored() -> None:
    it = deduplicator()
    it.admit("192.0.2.77", "a", "open", 0)
    it.admit("2001:db8::77", "a", "open", 0)
    kept = repr([vars(it)[name] for name in vars(it)])
    assert "192.0.2.77" not in kept
    assert "2001" not in kept
    assert len(it) == 2, "a mark for each"


def test_a_provider_of_ipv6_has_a_ceiling() -> None:
    it = deduplicator(burst=2)
    said = [it.admit(f"2001:db8:0:{n:x}::1", "a", "open", 0) for n in range(12)]
    assert said == ["counted"] * 8 + ["rate_limited"] * 4
