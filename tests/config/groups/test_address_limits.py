"""The rates of one address."""

from __future__ import annotations

from ticker.config import Settings


def test_bursts_follow_the_rates() -> None:
    rates = Settings(address_connections=10, address_requests=5, address_wrong_keys=30).budget_rates
    assert (rates.connections, rates.connects.burst) == (10, 100)
    assert (rates.requests.burst, rates.requests.per_second) == (50, 5)
    assert (rates.wrong_keys.burst, rates.wrong_keys.per_second) == (90, 0.5)
