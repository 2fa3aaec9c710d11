"""An issuer of reader tokens, with keys of its own, for newsrooms with protected editions."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.key_set import Algorithm, KeySet, from_document

ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256", "EdDSA")


def private_key(id: str, algorithm: str = "ES256") -> Any:
    """Return the private key of this name; the same within one run."""
    return _private_key(id, algorithm)


@cache
def _private_key(id: str, algorithm: str) -> Any:
    if algorithm == "RS256":
        return generate_rsa(65_537, 2_048)
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return generate_private_key(SECP256R1())


def public_jwk(id: str, algorithm: str = "ES256") -> dict[str, Any]:
    """Return the public key of this name as a JWK."""
    public = private_key(id, algorithm).public_key()
    makers: dict[str, Any] = {"RS256": RSAAlgorithm, "EdDSA": OKPAlgorithm, "ES256": ECAlgorithm}
    found: dict[str, Any] = makers[algorithm].to_jwk(public, as_dict=True)
    return {**found, "kid": id, "alg": algorithm, "use": "sig"}


def jwks(*ids: str) -> bytes:
    """Return the JWK set with these keys, for ES256."""
    return orjson.dumps({"keys": [public_jwk(id) for id in ids]})


def key_set(*ids: str) -> KeySet:
    return from_document(jwks(*ids), ALGORITHMS)


def token(
    editions: Any = "*",
    *,
    key: str = "k1",
    algorithm: str = "ES256",
    seconds: float = 600,
    now: float | None = None,
    **claims: Any,
) -> str:
    """Return a token for ``editions`` that is valid for so many seconds from ``now``."""
    begins = time.time() if now is None else now
    payload = {"editions": editions, "aud": "ticker", "exp": begins + seconds} | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, private_key(key, algorithm), algorithm, {"kid": key})


def with_keys(access: ReaderAccess, *ids: str) -> ReaderAccess:
    """Let ``access`` use these keys, as if they had been read."""
    access.use(key_set(*ids))
    return access
