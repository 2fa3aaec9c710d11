"""Sign-in with an OpenID Connect provider: requests, claims and what they permit. Pure.

The code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700). The state ties
the answer to the browser, the nonce ties the token to the request, and the verifier makes a stolen
code worthless.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import jwt

from ticker.domain.editor import ROLES, Role
from ticker.reader_access.key_set import KeySet

TOKEN_MAX = 32_768
"""Characters of an ID token; those with many groups are long."""
SUBJECT_MAX = 255
LEEWAY = 60
"""Seconds by which the clocks of the provider and of this server may differ."""
FRESH = 300
"""Seconds for which a sign-in at the provider proves that it is still the person."""
KEYS_TRIED = 3
"""Keys that are tried for a token that names none."""
GROUPS_MAX = 2_000
"""Values of the role claim that are read."""


class Refused(Exception):
    """The sign-in is refused. ``word`` is for the page, the message for the audit and the log."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


class UnknownKey(Exception):
    """The token was signed with a key that the provider has not published yet, or no more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one attempt, which only the browser keeps.

    ``session`` is the digest of the session whose person is to prove who they are; without it the
    attempt is to begin a session.
    """

    state: str
    nonce: str
    verifier: str
    session: str = ""

    @classmethod
    def new(cls, session: str = "") -> Attempt:
        """Return one with 192 random bits each (the verifier: 256)."""
        return cls(token_urlsafe(24), token_urlsafe(24), token_urlsafe(32), session)

    @classmethod
    def read(cls, cookie: str) -> Attempt | None:
        """Return the attempt in a cookie's value, None if it has none."""
        parts = cookie.split(".")
        return cls(*parts) if len(parts) in (3, 4) and all(parts) else None

    @property
    def cookie(self) -> str:
        """Return the value of the cookie."""
        return ".".join(filter(None, (self.state, self.nonce, self.verifier, self.session)))

    def begun_with(self, state: str) -> bool:
        """Tell whether ``state`` is the one of this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode())


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in, and the rights that the provider's claims give."""

    subject: str
    """The issuer and the provider's id of the person: it never changes, and is never reused."""
    name: str
    role: Role
    editions: tuple[str, ...]


def authorization_url(
    endpoint: str, client_id: str, redirect_uri: str, scope: str, attempt: Attempt
) -> str:
    """Return the address at the provider to which the browser goes."""
    challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if attempt.session:
        # Somebody who is signed in at the provider already signs in there again. A provider that is
        # asked for an age must say when that was (OpenID Connect Core, sections 2 and 3.1.2.1).
        query |= {"prompt": "login", "max_age": "0"}
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def claims_of(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: float
) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core, section 3.1.3.7).

    Raises Refused, and UnknownKey if the provider's keys must be read again.
    """
    if not 0 < len(token) <= TOKEN_MAX or not token.isascii():
        raise Refused("failed", "the ID token is empty or too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Refused("failed", "the ID token cannot be read") from None
    id, algorithm = header.get("kid", ""), header.get("alg")
    if not isinstance(id, str) or not isinstance(algorithm, str):
        raise Refused("failed", "the ID token's header cannot be read")
    found = keys.matching(id, algorithm)
    if not found:
        if id not in keys:
            raise UnknownKey
        raise Refused("failed", f"the ID token is signed with {algorithm[:16]}, its key is not")
    claims = _verified(token, found, issuer, client_id)
    _check(claims, client_id, nonce, now)
    return claims


def _verified(token: str, keys: Sequence[Any], issuer: str, client_id: str) -> dict[str, Any]:
    for key in keys[:KEYS_TRIED]:
        try:
            return jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=client_id,
                issuer=issuer,
                # Times are checked by a clock that tests can set.
                options={
                    "require": ["iss", "aud", "exp", "iat", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Refused("failed", f"the ID token is not valid: {error}"[:200]) from None
    raise Refused("failed", "the signature of the ID token is wrong")


def _check(claims: Mapping[str, Any], client_id: str, nonce: str, now: float) -> None:
    times = [claims["exp"], claims["iat"], claims.get("nbf", claims["iat"])]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in times):
        raise Refused("failed", "a time in the ID token is no number")
    expires, issued, begins = map(float, times)
    if now >= expires + LEEWAY:
        raise Refused("failed", "the ID token has expired, or a clock is wrong")
    if now < max(issued, begins) - LEEWAY:
        raise Refused("failed", "the ID token is from the future, or a clock is wrong")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise Refused("failed", "the ID token is of another attempt (nonce)")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise Refused("failed", "the ID token is for another client (azp)")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
        raise Refused("failed", "the ID token names nobody (sub)")


def fresh_until(claims: Mapping[str, Any], now: float) -> float:
    """Return until when the sign-in at the provider proves who it is: 0 if it does not say so.

    ``auth_time`` is when the person entered something there. Asking for it is no proof that it was
    now: whoever sits at the browser may change the request, and a provider may ignore it.
    """
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool) or at > now + LEEWAY:
        return 0.0
    return min(float(at), now) + FRESH


def person_of(
    claims: Mapping[str, Any],
    *,
    name_claim: str,
    role_claim: str,
    roles: Mapping[str, Role],
    editions: Mapping[str, Sequence[str]],
) -> Person:
    """Return who has signed in. Raises Refused for somebody without a role or an edition.

    The highest role counts. With ``editions``, a person has those of all values together; ``*``
    stands for all of them.
    """
    values = _values(claims.get(role_claim))
    found = [roles[value] for value in values if value in roles]
    if not found:
        raise Refused("no_role", f"no value of {role_claim} has a role")
    allowed = {edition for value in values for edition in editions.get(value, ())}
    if editions and not allowed:
        raise Refused("no_role", f"no value of {role_claim} has an edition")
    name = claims.get(name_claim)
    if not isinstance(name, str) or not name.strip():
        raise Refused("failed", f"the ID token has no name ({name_claim})")
    return Person(
        f"{claims['iss']} {claims['sub']}",
        name,
        max(found, key=ROLES.index),
        () if "*" in allowed else tuple(sorted(allowed)),
    )


def _values(claim: Any) -> list[str]:
    """Return the values of a claim that is a text or a list of texts."""
    values = claim if isinstance(claim, list) else [claim]
    return [value for value in values[:GROUPS_MAX] if isinstance(value, str)]
