"""ID tokens and claims: each check of the standard, and who gets which rights."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.support.reader_tokens import jwks, private_key
from ticker.domain.editor import Role
from ticker.openid.tokens import (
    FRESH,
    LEEWAY,
    TOKEN_MAX,
    Attempt,
    Refused,
    UnknownKey,
    authorization_url,
    claims_of,
    fresh_until,
    person_of,
)
from ticker.reader_access.key_set import KeySet, from_document

ISSUER, CLIENT, NOW = "https://login.example", "ticker", 1_790_000_000.0
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "u1",
    "nonce": "n1",
    "iat": NOW,
    "exp": NOW + 300,
}
ROLES: dict[str, Role] = {"desk": "editor", "chiefs": "chief"}


def keys(*ids: str) -> KeySet:
    return from_document(jwks(*ids), ("RS256", "ES256", "EdDSA"))


def token(id: str = "k1", **claims: Any) -> str:
    wanted = {name: value for name, value in (GOOD | claims).items() if value is not None}
    return jwt.encode(wanted, private_key(id), "ES256", {"kid": id})


def read(given: str, ids: tuple[str, ...] = ("k1",)) -> dict[str, Any]:
    return claims_of(given, keys(*ids), issuer=ISSUER, client_id=CLIENT, nonce="n1", now=NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"exp": NOW - LEEWAY + 1},
        {"iat": NOW + LEEWAY, "nbf": NOW + LEEWAY},
    ],
)
def test_tokens_that_are_accepted(claims: dict[str, Any]) -> None:
    assert read(token(**claims))["sub"] == "u1"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://login.example/"}, "issuer"),
        ({"aud": "other"}, "Audience"),
        ({"aud": [CLIENT, "other"]}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"nonce": "n2"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 1}, "nonce"),
        ({"exp": NOW - LEEWAY}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "time"),
        ({"iat": NOW + LEEWAY + 1}, "future"),
        ({"nbf": NOW + LEEWAY + 1}, "future"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_tokens_that_are_refused(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(token(**claims))


def test_tokens_that_nobody_can_have_signed() -> None:
    unsigned = jwt.encode(GOOD, "", "none")
    shared = jwt.encode(GOOD, b"a public key taken for a secret!", "HS256", {"kid": "k1"})
    good = token()
    for wrong in ("", "x.y.z", "é", "x" * (TOKEN_MAX + 1), shared, good[:-8] + "AAAAAAAA"):
        with pytest.raises(Refused):
            read(wrong)
    for unknown in (unsigned, token("k2")):
        with pytest.raises((UnknownKey, Refused)):
            read(unknown)


def test_a_key_that_is_not_there_has_the_keys_read_again() -> None:
    with pytest.raises(UnknownKey):
        read(token("k2"))
    assert read(token("k2"), ("k1", "k2"))["sub"] == "u1"


@pytest.mark.parametrize(
    ("claims", "role", "editions"),
    [
        ({"groups": ["desk", "ar"]}, "editor", ("ar",)),
        ({"groups": ["ar", "desk", "chiefs", "es"]}, "chief", ("ar", "es")),
        ({"groups": ["desk", "world", "ar"]}, "editor", ()),
        ({"groups": ["desk"]}, None, ()),
        ({"groups": ["ar"]}, None, ()),
        ({"groups": [7, None, {}]}, None, ()),
        ({"groups": "desk"}, None, ()),
        ({}, None, ()),
        ({"groups": ["desk", "ar"], "name": " "}, None, ()),
        ({"groups": ["desk", "ar"], "name": ["Ana"]}, None, ()),
    ],
)
def test_rights(claims: dict[str, Any], role: str | None, editions: tuple[str, ...]) -> None:
    given = {"iss": ISSUER, "sub": "u1", "name": "Ana"} | claims
    kind: dict[str, Any] = {"name_claim": "name", "role_claim": "groups", "roles": ROLES}
    limits = {"ar": ("ar",), "es": ("es",), "world": ("*",)}
    if role is None:
        with pytest.raises(Refused):
            person_of(given, **kind, editions=limits)
        return
    found = person_of(given, **kind, editions=limits)
    assert (found.role, found.editions, found.subject) == (role, editions, f"{ISSUER} u1")
    assert person_of(given, **kind, editions={}).editions == ()


def test_the_request_has_a_challenge_and_the_cookie_its_verifier() -> None:
    attempt = Attempt.new()
    assert Attempt.read(attempt.cookie) == attempt
    proving = Attempt.new("a1b2")
    assert Attempt.read(proving.cookie) == proving
    assert attempt.begun_with(attempt.state)
    assert not attempt.begun_with(attempt.state + "é")
    assert [Attempt.read(text) for text in ("", "a.b", "a..c", "a.b.c.d.e")] == [None] * 4
    url = authorization_url(f"{ISSUER}/go?realm=x", CLIENT, "https://n/cb", "openid", attempt)
    query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
    digest = sha256(attempt.verifier.encode()).digest()
    assert query["code_challenge"] == urlsafe_b64encode(digest).decode().rstrip("=")
    assert (query["realm"], query["code_challenge_method"]) == ("x", "S256")
    assert attempt.verifier not in url
    assert "prompt" not in url
    anew = parse_qs(
        urlsplit(authorization_url(ISSUER, CLIENT, "https://n/cb", "openid", proving)).query
    )
    assert (anew["prompt"], anew["max_age"]) == (["login"], ["0"])
    assert len(attempt.verifier) == 43


@pytest.mark.parametrize(
    ("auth_time", "until"),
    [
        (NOW, NOW + FRESH),
        (NOW - 100, NOW - 100 + FRESH),
        (NOW + LEEWAY, NOW + FRESH),
        (NOW + LEEWAY + 1, 0),
        (None, 0),
        ("now", 0),
        (True, 0),
    ],
)
def test_how_long_a_sign_in_proves_who_it_is(auth_time: object, until: float) -> None:
    assert fresh_until({"auth_time": auth_time}, NOW) == until
    assert fresh_until({}, NOW) == 0
