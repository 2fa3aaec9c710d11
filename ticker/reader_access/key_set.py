"""Keys that verify reader tokens: a JWK set (RFC 7517), a public key in PEM, or a shared secret.

Each key has exactly one algorithm, which follows from what the key is. A token cannot choose
another: a public key is never taken for a shared secret (RFC 8725 §3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Algorithm: TypeAlias = Literal["RS256", "ES256", "EdDSA", "HS256"]

DOCUMENT_MAX = 262_144
"""Bytes of a file or document with keys."""
KEYS_MAX = 100
"""Keys of a set; a set with more is refused as a whole."""
RSA_BITS = range(2_048, 8_193)
"""Sizes of RSA keys (RFC 7518 §3.3); larger ones would make each token expensive."""
SECRET_MIN = 32
"""Bytes of a shared secret (RFC 7518 §3.2)."""


class BadKeys(ValueError):
    """The keys cannot be used; the message says why and never contains a key."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``id`` is empty for a key without a name."""

    id: str
    algorithm: Algorithm
    material: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys in force."""

    keys: tuple[Key, ...] = ()

    def matching(self, id: str, algorithm: str) -> tuple[Key, ...]:
        """Return the keys that a token with these header values may have been signed with."""
        return tuple(
            key
            for key in self.keys
            if key.algorithm == algorithm and (not id or key.id in ("", id))
        )

    def __contains__(self, id: str) -> bool:
        return any(key.id in ("", id) for key in self.keys)


def from_secret(secret: bytes) -> KeySet:
    """Return the set of one shared secret, which verifies HS256. Raises BadKeys."""
    secret = secret.strip()
    if len(secret) < SECRET_MIN:
        raise BadKeys(f"the secret is shorter than {SECRET_MIN} bytes")
    if b"-----BEGIN" in secret:
        raise BadKeys("the file has a key in PEM, not a shared secret")
    return KeySet((Key("", "HS256", secret),))


def from_document(data: bytes, allowed: Iterable[Algorithm]) -> KeySet:
    """Return the keys in a JWK set, or in a PEM file with one public key. Raises BadKeys.

    Keys of other algorithms, of other uses and those that cannot be read are left out. A private or
    symmetric key makes the whole document unusable: it does not belong there.
    """
    if len(data) > DOCUMENT_MAX:
        raise BadKeys(f"the document is larger than {DOCUMENT_MAX:,} bytes")
    keys = [_from_pem(data)] if b"-----BEGIN" in data else _from_jwks(data)
    chosen = set(allowed)
    return KeySet(tuple(key for key in keys if key.algorithm in chosen))


def _from_pem(data: bytes) -> Key:
    if b"PRIVATE KEY" in data:
        raise BadKeys("the file has a private key; only the public key belongs here")
    try:
        material = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKeys("the file has no public key in PEM") from None
    algorithm = _algorithm(material)
    if algorithm is None:
        raise BadKeys("the key is neither RSA (2048 to 8192 bits), P-256 nor Ed25519")
    return Key("", algorithm, material)


def _from_jwks(data: bytes) -> list[Key]:
    try:
        document = orjson.loads(data)
        listed = document["keys"]
    except (ValueError, KeyError, TypeError):
        raise BadKeys("the document is not a JWK set") from None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadKeys("the document is not a JWK set")
    if len(listed) > KEYS_MAX:
        raise BadKeys(f"the set has more than {KEYS_MAX} keys")
    found: list[Key] = []
    for one in listed:
        if "d" in one or one.get("kty") == "oct":
            raise BadKeys("the set has a private or shared key; only public keys belong there")
        key = _from_jwk(one)
        if key is not None:
            found.append(key)
    return found


def _from_jwk(data: dict[str, Any]) -> Key | None:
    """Return the key, None for one that does not sign tokens or cannot be read."""
    operations = data.get("key_ops", ["verify"])
    if data.get("use", "sig") != "sig" or "verify" not in operations:
        return None
    try:
        material = jwt.PyJWK(data).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    algorithm = _algorithm(material)
    id = data.get("kid", "")
    if algorithm is None or data.get("alg", algorithm) not in (algorithm, "Ed25519"):
        return None
    return Key(id, algorithm, material) if isinstance(id, str) else None


def _algorithm(material: object) -> Algorithm | None:
    """Return the one algorithm for which ``material`` is used."""
    match material:
        case RSAPublicKey():
            return "RS256" if material.key_size in RSA_BITS else None
        case EllipticCurvePublicKey():
            return "ES256" if isinstance(material.curve, SECP256R1) else None
        case Ed25519PublicKey():
            return "EdDSA"
        case _:
            return None
