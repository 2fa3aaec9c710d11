"""Verdicts about reader tokens. Pure, and without the libraries that a verification needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

TOKEN_MAX = 4_096
"""Characters of a token. With RS256 and a few claims it has about 800."""

Reason: TypeAlias = Literal[
    "malformed",
    "algorithm",
    "unknown_key",
    "signature",
    "expired",
    "not_yet_valid",
    "issuer",
    "audience",
    "lifetime",
    "claims",
]
REASONS: tuple[Reason, ...] = get_args(Reason)

_DETAILS: dict[Reason, str] = {
    "malformed": f"not a JSON web token of at most {TOKEN_MAX} characters",
    "algorithm": "the token's algorithm is not allowed here",
    "unknown_key": "the token's key is unknown or revoked",
    "signature": "the token's signature is wrong",
    "expired": "the token has expired",
    "not_yet_valid": "the token is not valid yet",
    "issuer": "the token is of another issuer",
    "audience": "the token is for another audience",
    "lifetime": "the token is valid for longer than is allowed here",
    "claims": "the token needs a number exp, and editions as a list of names or *",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """A valid token: the editions that it names, None for all, and when its rights end."""

    editions: frozenset[str] | None
    expires: float
    """Seconds since 1970, with the leeway."""
    key: object
    """The key that verified it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A token that is not accepted."""

    reason: Reason

    @property
    def detail(self) -> str:
        """Return a sentence for the client; it repeats nothing of the token."""
        return _DETAILS[self.reason]


@dataclass(frozen=True, slots=True)
class Pending:
    """The token names a key that this process has not looked for yet."""


Verdict: TypeAlias = Granted | Refused | Pending


@dataclass(frozen=True, slots=True)
class Rules:
    """The claims that a token needs. Any issuer is right if ``issuer`` is empty."""

    audience: str
    issuer: str = ""
    leeway: float = 30.0
    lifetime_max: float = 86_400.0
