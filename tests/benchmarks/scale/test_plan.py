"""Sizes of newsrooms."""

from __future__ import annotations

from benchmarks.scale.plan import SHARD_READERS, Demand, size
from benchmarks.scale.unit_costs import Extra, UnitCosts

COSTS = UnitCosts(
    message_us=5.0,
    resume_us=100.0,
    connection_kb=2.0,
    idle_us_per_s=1.0,
    extra=Extra(10.0, 4.0, 10.0, 40.0, 400.0, "for a test"),
)


def test_gateways_send_an_event_to_all_within_the_promised_time() -> None:
    assert size(Demand(1_000_000, flash_s=0.25), COSTS).gateways == 20  # 5 s of work in 0.25 s
    assert size(Demand(1_000_000, flash_s=0.05), COSTS).gateways == 100


def test_a_gateway_holds_no_more_readers_than_its_share() -> None:
    assert size(Demand(1_000_000, flash_s=60), COSTS).gateways == 1_000_000 // SHARD_READERS


def test_replicas_share_the_tails() -> None:
    small, large = size(Demand(1_000_000), COSTS), size(Demand(100_000_000), COSTS)
    assert (small.replicas, large.replicas) == (1, 4)
    assert large.store_ms == 5.0  # 500 tails for each of four


def test_one_reader_needs_one_of_each() -> None:
    one = size(Demand(1), COSTS)
    assert (one.gateways, one.proxy_cores, one.replicas) == (1, 1, 1)


def test_twice_the_readers_are_twice_the_traffic() -> None:
    one, two = size(Demand(1_000_000), COSTS), size(Demand(2_000_000), COSTS)
    assert two.flash_gbit == 2 * one.flash_gbit
    assert two.gb_per_day == 2 * one.gb_per_day
    assert two.idle_cores == 2 * one.idle_cores
