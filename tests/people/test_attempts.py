"""Attempts to sign in: nobody uses up an editor's, and many addresses together not many."""

from __future__ import annotations

import pytest

from ticker.domain.errors import TooMany
from ticker.people import attempts
from ticker.people.attempts import CODES, FOR_NAME, FROM_ADDRESS, Attempts

HOME = "192.0.2.1"


def allowed(tries: Attempts, clients: list[str], now: float = 1_000.0) -> int:
    """Return how many attempts for Ana are allowed, one from each of ``clients``."""
    done = 0
    for client in clients:
        try:
            tries.take("ana", client, now)
        except TooMany:
            continue
        done += 1
    return done


def test_an_address_uses_up_its_own_attempts_alone() -> None:
    tries = Attempts()
    assert allowed(tries, ["198.51.100.7"] * 40) == FROM_ADDRESS.burst
    assert allowed(tries, [HOME] * 40) == FROM_ADDRESS.burst
    assert allowed(tries, [HOME] * 2, 1_060.0) == 1


@pytest.mark.parametrize(
    ("clients", "most"),
    [
        ([f"2001:db8:7:7::{host:x}" for host in range(1, 41)], FROM_ADDRESS.burst),
        ([f"2001:db8:7:{net:x}::1" for net in range(60)], 4 * FROM_ADDRESS.burst),
        ([f"198.51.{net}.{host}" for net in range(2) for host in range(250)], FOR_NAME.burst),
    ],
    ids=["one /64", "one /48", "many addresses"],
)
def test_guessing_from_a_network_and_from_many_addresses(clients: list[str], most: float) -> None:
    assert allowed(Attempts(), clients) == most


def test_no_single_network_reaches_the_bound_of_a_name() -> None:
    assert FROM_ADDRESS.burst * 4 < FOR_NAME.burst
    assert FROM_ADDRESS.per_second * 4 < FOR_NAME.per_second


def test_who_has_signed_in_from_an_address_is_not_kept_out_by_others() -> None:
    tries = Attempts()
    tries.succeeded("ana", HOME)
    assert allowed(tries, [f"10.0.{net}.{host}" for net in range(2) for host in range(200)]) == 300
    with pytest.raises(TooMany, match="new addresses") as refused:
        tries.take("ana", "203.0.113.9", 1_000.0)
    assert refused.value.retry_after == 10
    assert allowed(tries, [HOME] * 20) == FROM_ADDRESS.burst


def test_how_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "KNOWN_MAX", 2)
    tries = Attempts()
    for client in (HOME, "192.0.2.2", HOME, "192.0.2.3"):
        tries.succeeded("ana", client)
    allowed(tries, [f"10.0.{net}.{host}" for net in range(2) for host in range(200)])
    assert allowed(tries, [HOME]) == 1, "used again before the third one came"
    assert allowed(tries, ["192.0.2.2"]) == 0


def test_wrong_codes() -> None:
    tries = Attempts()
    for _ in range(int(CODES.burst)):
        tries.check_code("ana", 1_000.0)
        tries.wrong_code("ana", 1_000.0)
    with pytest.raises(TooMany, match="codes"):
        tries.check_code("ana", 1_000.0)
    tries.check_code("ben", 1_000.0)
    tries.check_code("ana", 1_300.0)
