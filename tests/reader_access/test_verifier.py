"""Verification of reader tokens: what is accepted, what is refused, and what it costs."""

from __future__ import annotations

import base64
from typing import Any

import jwt
import orjson
import pytest

from tests.support.clock import FakeClock
from tests.support.reader_tokens import key_set, private_key, public_jwk, token
from ticker.reader_access.key_set import KeySet, from_document, from_secret
from ticker.reader_access.verdicts import Granted, Pending, Refused, Rules
from ticker.reader_access.verifier import ABSENT_MAX, REFUSED_MAX, Verifier

NOW = 1_800_000_000.0
SECRET = b"a shared secret of forty characters, or so"


def verifier(keys: KeySet | None = None, **rules: Any) -> Verifier:
    found = Verifier(Rules(**({"audience": "ticker", "issuer": "login"} | rules)), lambda: NOW)
    found.use(key_set("k1") if keys is None else keys)
    return found


def sign(**claims: Any) -> str:
    chosen: dict[str, Any] = {"now": NOW, "iss": "login"} | claims
    return token(**chosen)


def unsigned(header: Any, payload: Any) -> str:
    parts = [base64.urlsafe_b64encode(orjson.dumps(one)).rstrip(b"=") for one in (header, payload)]
    return b".".join([*parts, b""]).decode()


def reason(given: str, found: Verifier | None = None) -> str:
    verdict = (verifier() if found is None else found).check(given)
    assert isinstance(verdict, Refused), verdict
    assert verdict.detail
    return verdict.reason


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_of_each_algorithm_names_its_editions(algorithm: str) -> None:
    keys = from_document(
        orjson.dumps({"keys": [public_jwk("k1", algorithm)]}), ("RS256", "ES256", "EdDSA")
    )
    found = verifier(keys).check(sign(editions=["en"], algorithm=algorithm))
    assert isinstance(found, Granted)
    assert (found.editions, found.expires) == (frozenset({"en"}), NOW + 630)
    every = verifier(keys).check(sign(editions="*", algorithm=algorithm))
    assert isinstance(every, Granted)
    assert every.editions is None


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"seconds": -31}, "expired"),
        ({"nbf": NOW + 31}, "not_yet_valid"),
        ({"iat": NOW + 31}, "not_yet_valid"),
        ({"iss": "another"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {"ticker": 1}}, "audience"),
        ({"seconds": 86_431}, "lifetime"),
        ({"seconds": 60, "iat": NOW - 86_400}, "lifetime"),
        ({"exp": None}, "claims"),
        ({"exp": "soon"}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": 10**400}, "claims"),
        ({"nbf": "now"}, "claims"),
        ({"editions": None}, "claims"),
        ({"editions": "en"}, "claims"),
        ({"editions": ["en", 1]}, "claims"),
        ({"key": "k2"}, "unknown_key"),
    ],
)
def test_a_token_is_refused_with_its_reason(claims: dict[str, Any], why: str) -> None:
    found = verifier()
    if why == "unknown_key":
        assert found.check(sign(**claims)) == Pending()
        found.use(key_set("k1"))
    assert reason(sign(**claims), found) == why


@pytest.mark.parametrize("seconds", [-29, 86_429])
def test_the_leeway_is_for_clocks_that_differ(seconds: float) -> None:
    assert isinstance(verifier().check(sign(seconds=seconds)), Granted)


def test_no_algorithm_but_the_one_of_the_key() -> None:
    claims = {"editions": "*", "aud": "ticker", "iss": "login", "exp": NOW + 600}
    confused = jwt.encode(claims, SECRET, "HS256", {"kid": "k1"})
    assert reason(confused) == "algorithm"
    for name in ("none", "None", "nOnE", "HS256", "PS256", "ES384"):
        assert reason(unsigned({"alg": name, "kid": "k1"}, claims)) == "algorithm"
        assert reason(unsigned({"alg": name}, claims)) == "algorithm"
    shared = verifier(from_secret(SECRET))
    assert isinstance(shared.check(jwt.encode(claims, SECRET, "HS256")), Granted)
    assert reason(sign(), shared) == "algorithm"
    assert reason(unsigned({"alg": "none"}, claims), shared) == "algorithm"
    assert reason(jwt.encode(claims, SECRET + b"x", "HS256"), shared) == "signature"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        "é" * 10,
        "a" * 5_000,
        "." * 4_000,
        unsigned(["alg"], {}),
        unsigned({"alg": 1}, {}),
        unsigned({"alg": "ES256", "kid": 5}, {}),
        base64.urlsafe_b64encode(b"[" * 3_000).decode() + ".e30.e30",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    found = verifier()
    assert reason(text, found) == "malformed"
    assert found.verified == 0


def test_a_changed_token_has_a_wrong_signature() -> None:
    head, body, signature = sign(editions=["ar"]).split(".")
    other = sign(editions="*").split(".")[1]
    assert reason(f"{head}.{other}.{signature}") == "signature"
    assert reason(f"{head}.{body}.{signature[:-8]}AAAAAAAA") == "signature"


def test_each_token_is_verified_once() -> None:
    found = verifier()
    good, bad = sign(), sign(aud="another")
    for _ in range(3):
        assert isinstance(found.check(good), Granted)
        assert reason(bad, found) == "audience"
    assert found.verified == 2
    assert isinstance(found.known(good), Granted)


def test_wrong_tokens_displace_no_valid_one() -> None:
    found = verifier()
    good = sign()
    found.check(good)
    head, body, _ = good.split(".")
    for number in range(REFUSED_MAX + 10):
        found.check(f"{head}.{body}x{number}.x")
    assert isinstance(found.known(good), Granted)
    assert len(found) == REFUSED_MAX + 1


def test_a_token_ends_although_it_is_cached() -> None:
    clock = FakeClock(NOW)
    found = Verifier(Rules("ticker", leeway=0), clock)
    found.use(key_set("k1"))
    given = sign(seconds=10)
    assert isinstance(found.check(given), Granted)
    clock.now += 10
    assert reason(given, found) == "expired"
    assert found.verified == 1


def test_keys_are_pending_until_they_are_read_and_looked_for_once() -> None:
    found = Verifier(Rules("ticker"), lambda: NOW)
    given = sign(key="k2")
    assert found.check(given) == Pending()
    assert found.wants_keys
    found.use(key_set("k1"))
    assert reason(given, found) == "unknown_key"
    found.use(key_set("k1", "k2"))
    assert isinstance(found.check(given), Granted)
    for number in range(ABSENT_MAX + 10):
        assert found.check(unsigned({"alg": "ES256", "kid": f"x{number}"}, {})) == Pending()


def test_a_key_that_is_gone_or_replaced_verifies_nothing() -> None:
    found = verifier(key_set("k1", "k2"))
    given = sign(key="k2")
    granted = found.check(given)
    assert isinstance(granted, Granted)
    generation = found.generation
    found.use(key_set("k1", "k2"))
    assert (found.generation, found.in_force(granted)) == (generation, True)
    found.use(key_set("k1"))
    assert (found.generation, found.in_force(granted)) == (generation + 1, False)
    assert found.check(given) == Pending()
    other = orjson.dumps({"keys": [{**public_jwk("k3"), "kid": "k2"}]})
    found.use(from_document(other, ("ES256",)))
    assert not found.in_force(granted)
    assert reason(given, found) == "signature"


def test_a_token_without_a_key_id_is_tried_with_the_keys_of_its_algorithm() -> None:
    claims = {"editions": "*", "aud": "ticker", "iss": "login", "exp": NOW + 600}
    given = jwt.encode(claims, private_key("k2"), "ES256")
    assert isinstance(verifier(key_set("k1", "k2")).check(given), Granted)
    assert reason(given) == "signature"
