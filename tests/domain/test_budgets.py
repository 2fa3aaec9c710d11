"""Budgets of one client, and of all together."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ticker.config import Settings
from ticker.domain.budgets import CEILINGS, BudgetRates, Budgets, Kind
from ticker.domain.client_address import AddressSet
from ticker.domain.errors import TooMany, Unavailable
from ticker.domain.token_buckets import Rate

KINDS: tuple[Kind, ...] = (
    "connects", "refusals", "requests", "malformed", "misses", "wrong_keys", "registrations",
    "removals", "cards",
)  # fmt: skip
ONE = Rate(1, 1 / 60)


def budgets(**changes: object) -> Budgets:
    ceilings = dict.fromkeys(KINDS, Rate(3, 1.0))
    rates = BudgetRates(2, ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE, ceilings)
    unlimited = AddressSet([ip_network("198.51.100.0/24")])
    return Budgets(rates, lambda: 0.0, AddressSet.parse("10.0.0.1"), unlimited)


@pytest.mark.parametrize("kind", KINDS)
def test_each_thing_has_a_budget_of_its_own(kind: Kind) -> None:
    it = budgets()
    assert it.take(kind, "192.0.2.1") is None
    refusal = it.take(kind, "192.0.2.1")
    assert isinstance(refusal, TooMany)
    assert refusal.retry_after == 60
    assert [other for other in KINDS if it.take(other, "192.0.2.1")] == [kind]
    assert it.refused[kind] == 2


def test_what_all_spend_together_is_the_servers_refusal() -> None:
    it = budgets()
    for host in range(3):
        it.charge("misses", f"192.0.2.{host}")
    with pytest.raises(Unavailable) as refusal:
        it.charge("misses", "192.0.2.9")
    assert refusal.value.retry_after == 1


def test_asking_spends_nothing() -> None:
    it = budgets()
    assert it.spent("wrong_keys", "192.0.2.1") is None
    assert it.take("wrong_keys", "192.0.2.1") is None
    assert isinstance(it.spent("wrong_keys", "192.0.2.1"), TooMany)


def test_connections_are_held_and_given_back() -> None:
    it = budgets()
    assert [it.enter("192.0.2.1") is None for _ in range(3)] == [True, True, False]
    it.leave("192.0.2.1")
    assert it.enter("192.0.2.1") is None
    assert it.refused["connections"] == 1
    assert it.holders == 1


def test_unlimited_clients_pay_nothing_and_are_not_counted() -> None:
    it = budgets()
    for _ in range(50):
        assert it.take("misses", "198.51.100.7") is None
        assert it.spent("misses", "198.51.100.7") is None
        assert it.enter("198.51.100.7") is None
    for _ in range(50):
        it.leave("198.51.100.7")
    assert it.take("misses", "192.0.2.1") is None


def test_the_client_is_the_one_that_a_trusted_proxy_reports() -> None:
    assert budgets().client("10.0.0.1", "192.0.2.1") == "192.0.2.1"
    assert budgets().client("10.0.0.2", "192.0.2.1") == "10.0.0.2"


def test_settings_make_the_rates_and_lift_them() -> None:
    rates = Settings(address_connections=70, address_misses=2.0).budget_rates
    assert (rates.connections, rates.connects.burst, rates.misses) == (70, 140, Rate(40, 2.0))
    assert set(rates.ceilings) == set(CEILINGS) == set(KINDS)
    lifted = Settings.model_validate({"unlimited_networks": ("0.0.0.0/0", "::/0")})
    for settings, client in ((lifted, "192.0.2.1"), (Settings(), "127.0.0.1")):
        it = settings.budgets(lambda: 0.0)
        assert not any(it.take("misses", client) for _ in range(10_000))
    limited = Settings().budgets(lambda: 0.0)
    assert any(limited.take("misses", "192.0.2.1") for _ in range(10_000))
