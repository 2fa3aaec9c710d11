"""Standard Webhooks signatures (standardwebhooks.com, specification §"Signature scheme").

``id.timestamp.body`` is signed. ``v1`` is HMAC-SHA256 with a secret that both sides know, ``v1a``
Ed25519 with a key that only the sender has. A message may carry several signatures, separated by
spaces. One valid signature is enough, so secrets can be rotated without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_MIN, SECRET_MAX = 24, 64
"""Bytes of a secret before base64."""
SECRET_BYTES = 32
"""Bytes of a new secret."""
KEY_BYTES = 32
"""Bytes of an Ed25519 key, private or public (RFC 8032 §5.1.5)."""
TOLERANCE = 300
"""Seconds that a message's timestamp may be off: an older message may be a replay."""
SIGNATURES_MAX = 16
"""Signatures of one message that are checked."""


class BadSignature(ValueError):
    """The message is not authentic, or too old; the text says why."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret. ``until_ms``: it was replaced, and is valid until then.

    ``private`` is the Ed25519 key for v1a, None if the receiver asked for v1 alone.
    """

    secret: str
    private: str | None = None
    until_ms: int | None = None

    @property
    def public(self) -> str | None:
        """The ``whpk_`` that verifies what ``private`` signs."""
        if self.private is None:
            return None
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.from_private_bytes(_decode(self.private, PRIVATE))
        return _encode(PUBLIC, key.public_key().public_bytes_raw())


def new_secret(entropy: bytes, asymmetric: bool = False) -> Secret:
    """Return a secret made of ``entropy``: 64 random bytes, of which v1 alone uses 32."""
    if len(entropy) < SECRET_BYTES + KEY_BYTES:
        raise ValueError("64 random bytes are needed")
    secret = _encode(SECRET, entropy[:SECRET_BYTES])
    if not asymmetric:
        return Secret(secret)
    return Secret(secret, _encode(PRIVATE, entropy[SECRET_BYTES : SECRET_BYTES + KEY_BYTES]))


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,<base64>``; ``timestamp`` is in seconds. Raises ValueError for a bad secret."""
    mac = hmac.digest(_secret(secret), _signed(id, timestamp, body), sha256)
    return "v1," + base64.b64encode(mac).decode()


def sign_asymmetric(private: str, id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1a,<base64>``, made with a ``whsk_`` key. Raises ValueError for a bad key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(_decode(private, PRIVATE))
    return "v1a," + base64.b64encode(key.sign(_signed(id, timestamp, body))).decode()


def headers(secrets: Iterable[Secret], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message, signed with each of ``secrets``."""
    signatures = []
    for one in secrets:
        signatures.append(sign(one.secret, id, timestamp, body))
        if one.private is not None:
            signatures.append(sign_asymmetric(one.private, id, timestamp, body))
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(key: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Return if ``body`` was signed for ``key`` within ``TOLERANCE`` seconds of ``now``.

    ``key`` is a ``whsec_`` secret or a ``whpk_`` public key; ``headers`` have lower-case names.
    Raises BadSignature otherwise, and ValueError for a key that is none.
    """
    version, fits = _verifier(key)
    try:
        id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split(" ")
    except KeyError as missing:
        raise BadSignature(f"the header {missing.args[0]} is missing") from None
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise BadSignature("webhook-timestamp is not a number of seconds")
    if abs(now - int(stamp)) > TOLERANCE:
        raise BadSignature(f"webhook-timestamp is more than {TOLERANCE} seconds off")
    message = _signed(id, int(stamp), body)
    for one in given[:SIGNATURES_MAX]:
        named, _, text = one.partition(",")
        if named == version and fits(message, _bytes(text)):
            return
    raise BadSignature(f"no {version} signature fits")


class _Hmac:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __call__(self, message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(self._secret, message, sha256), signature)


class _Ed25519:
    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self._key = Ed25519PublicKey.from_public_bytes(key)

    def __call__(self, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def _verifier(key: str) -> tuple[str, _Hmac | _Ed25519]:
    if key.startswith(PUBLIC):
        return "v1a", _Ed25519(_decode(key, PUBLIC))
    return "v1", _Hmac(_secret(key))


def _signed(id: str, timestamp: int, body: bytes) -> bytes:
    if "." in id:
        raise ValueError("an id with a dot could be read as another message's")
    return f"{id}.{timestamp}.".encode() + body


def _secret(text: str) -> bytes:
    secret = _decode(text, SECRET)
    if not SECRET_MIN <= len(secret) <= SECRET_MAX:
        raise ValueError(f"a secret has {SECRET_MIN} to {SECRET_MAX} bytes")
    return secret


def _encode(prefix: str, data: bytes) -> str:
    return prefix + base64.b64encode(data).decode()


def _decode(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix):
        raise ValueError(f"it must begin with {prefix}")
    data = _bytes(text[len(prefix) :])
    if prefix != SECRET and len(data) != KEY_BYTES:
        raise ValueError(f"a {prefix} key has {KEY_BYTES} bytes")
    return data


def _bytes(text: str) -> bytes:
    """Return what base64 ``text`` says; nothing for what is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
