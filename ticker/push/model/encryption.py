"""Message encryption for Web Push: RFC 8291, in a single ``aes128gcm`` record (RFC 8188).

``Sealed`` does once what all receivers of a message share: it pads the text and makes the sender's
key pair. Each receiver then costs one ECDH, five HMACs and one AES-GCM.

One key pair serves one message for all receivers (RFC 8291 §3.1 asks for a new one for each
message). No receiver can read another's copy: the record's key is derived from ECDH with the
*receiver's* key, the receiver's authentication secret and a salt for each request, so neither key
nor nonce is used twice. A receiver cannot learn the private key by choosing a point: points off the
curve are refused, and P-256 has no small subgroups. A push service sees from the equal
public key that two messages are the same alert; it knows that anyway, from the topic, the time and
our VAPID key. Every message, and every process that sends one, has a key pair of its own.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_SIZE = 4_096
"""The header's ``rs``. A push service accepts a body of this size (RFC 8030 §7.2)."""
SALT_SIZE = 16
TAG_SIZE = 16
POINT_SIZE = 65
HEADER_SIZE = SALT_SIZE + 4 + 1 + POINT_SIZE
PLAIN_MAX = RECORD_SIZE - HEADER_SIZE - TAG_SIZE - 1
"""Bytes of text: 3,993 (RFC 8291 §4)."""
BUCKETS = (512, 1_024, 2_048, PLAIN_MAX)
"""Bytes to which texts are padded, so that their length reveals little."""

LAST = b"\x02"
"""The delimiter between a last record's text and its padding."""

_CURVE = ec.SECP256R1()
_ECDH = ec.ECDH()
_CONTENT_KEY = b"Content-Encoding: aes128gcm\x00\x01"
_NONCE = b"Content-Encoding: nonce\x00\x01"


class BadKeys(ValueError):
    """A subscription's keys are invalid: not a point of P-256."""


class Sealed:
    """One message, ready to be encrypted for any number of receivers."""

    __slots__ = ("_body", "_info", "_plain", "_private")

    def __init__(
        self, text: bytes, private: ec.EllipticCurvePrivateKey, *, padded: bool = True
    ) -> None:
        """``private`` is a new P-256 key. Raises ValueError for more than ``PLAIN_MAX`` bytes."""
        if len(text) > PLAIN_MAX:
            raise ValueError(f"{len(text)} bytes are more than {PLAIN_MAX}")
        size = next(one for one in BUCKETS if one >= len(text)) if padded else len(text)
        self._plain = text + LAST + bytes(size - len(text))
        self._private = private
        public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._info = public + b"\x01"
        self._body = RECORD_SIZE.to_bytes(4, "big") + bytes((POINT_SIZE,)) + public

    def encrypt(self, p256dh: bytes, auth: bytes, salt: bytes) -> bytes:
        """Return the request body for one receiver.

        ``salt`` is 16 new random bytes. Raises BadKeys.
        """
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh)
        except ValueError:
            raise BadKeys("p256dh is not a point of P-256") from None
        shared = self._private.exchange(_ECDH, point)
        # RFC 8291 §3.4: HKDF of one block each is an extract and an expand.
        info = b"WebPush: info\x00" + p256dh + self._info
        secret = hmac.digest(hmac.digest(auth, shared, "sha256"), info, "sha256")
        return salt + self._body + record(secret, salt, self._plain)


def record(secret: bytes, salt: bytes, plain: bytes) -> bytes:
    """Return the encrypted record of ``plain``, delimiter and padding included (RFC 8188 §2).

    ``secret`` is the input keying material.
    """
    pseudorandom = hmac.digest(salt, secret, "sha256")
    key = hmac.digest(pseudorandom, _CONTENT_KEY, "sha256")[:16]
    nonce = hmac.digest(pseudorandom, _NONCE, "sha256")[:12]
    return AESGCM(key).encrypt(nonce, plain, None)
