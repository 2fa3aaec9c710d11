"""VAPID tokens: their claims, their lifetime, and how many are kept."""

from __future__ import annotations

import re
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.clock import FakeClock
from ticker.push.vapid_keys import VapidKey
from workers.push.vapid_tokens import ORIGINS_MAX, RENEW, VALID, Vapid

KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))
ORIGIN = "https://push.example"
CONTACT = "mailto:desk@harbour.example"
DAY = 86_400


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def vapid(clock: FakeClock) -> Vapid:
    return Vapid(KEY, CONTACT, clock)


def claims(value: bytes) -> dict[str, Any]:
    """Return the claims of a verified token."""
    found = re.fullmatch(r"vapid t=(\S+), k=(\S+)", value.decode())
    assert found is not None
    assert found[2] == KEY.public
    assert jwt.get_unverified_header(found[1]) == {"alg": "ES256", "typ": "JWT"}
    options: Any = {"verify_exp": False, "verify_aud": False}
    return jwt.decode(found[1], KEY.private.public_key(), algorithms=["ES256"], options=options)


def test_it_claims_the_origin_the_expiry_and_the_contact(vapid: Vapid, clock: FakeClock) -> None:
    assert claims(vapid.authorization(ORIGIN)) == {
        "aud": ORIGIN,
        "exp": int(clock.now) + VALID,
        "sub": CONTACT,
    }


def test_without_a_contact_it_claims_none(clock: FakeClock) -> None:
    assert "sub" not in claims(Vapid(KEY, "", clock).authorization(ORIGIN))


def test_it_is_signed_once_for_an_origin_and_half_of_its_time(
    vapid: Vapid, clock: FakeClock
) -> None:
    first = vapid.authorization(ORIGIN)
    clock.now += RENEW - 1
    assert vapid.authorization(ORIGIN) is first
    clock.now += 1
    second = vapid.authorization(ORIGIN)
    assert claims(second)["exp"] == int(clock.now) + VALID
    assert vapid.authorization(ORIGIN) is second


@pytest.mark.parametrize("wrong", [-5 * 3_600, -3_600, 0, 3_600, 11 * 3_600])
def test_a_service_takes_it_although_our_clock_is_wrong(
    vapid: Vapid, clock: FakeClock, wrong: int
) -> None:
    """It has not expired, and never has more than a day left, at any age at which it is used."""
    true = clock.now
    clock.now += wrong
    expires = claims(vapid.authorization(ORIGIN))["exp"]
    for age in (0, RENEW):
        assert 0 < expires - (true + age) <= DAY


def test_a_clock_that_is_put_back_makes_a_new_one(vapid: Vapid, clock: FakeClock) -> None:
    """After the clock jumped a day ahead and back, the old token would be refused for a day."""
    clock.now += DAY
    vapid.authorization(ORIGIN)
    clock.now -= DAY
    assert claims(vapid.authorization(ORIGIN))["exp"] == int(clock.now) + VALID


def test_origins_are_bounded_and_the_least_used_goes_first(vapid: Vapid) -> None:
    first = vapid.authorization(ORIGIN)
    second = vapid.authorization("https://push-0.example")
    for number in range(1, ORIGINS_MAX - 1):
        vapid.authorization(f"https://push-{number}.example")
    assert vapid.authorization(ORIGIN) is first
    vapid.authorization("https://one-more.example")
    assert vapid.authorization(ORIGIN) is first
    assert vapid.authorization("https://push-0.example") is not second
    assert len(vapid.tokens) == ORIGINS_MAX
