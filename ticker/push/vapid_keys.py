"""The newsroom's Web Push key (RFC 8292), kept in a file.

A browser's subscription is tied to the key that it was made with. If the file is lost or replaced,
every browser must subscribe again.
"""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class VapidKeyError(Exception):
    """The key file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class VapidKey:
    """A P-256 key pair."""

    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> str:
        """Return the public key for browsers and push services: 87 characters of base64url."""
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def read(path: Path) -> VapidKey:
    """Return the key in ``path``. Raises VapidKeyError."""
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise VapidKeyError(
            f"The Web Push key {path} cannot be read: {error.strerror}. "
            "`ticker push keys` creates one."
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise VapidKeyError(
            f"{path} holds no Web Push key: it must be an unencrypted private key in PEM, as "
            "`ticker push keys` creates it."
        ) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise VapidKeyError(f"The key in {path} is of the wrong type: Web Push needs a P-256 key.")
    return VapidKey(private)


def create(path: Path, *, replace: bool = False) -> VapidKey:
    """Create a key in ``path``, readable by its owner only.

    Raises FileExistsError if the file exists and ``replace`` is False, and VapidKeyError if it
    cannot be written.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        if replace:
            new.replace(path)
        else:
            os.link(new, path)  # unlike a rename it fails if the file exists by now
    except FileExistsError:
        raise
    except OSError as error:
        raise VapidKeyError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            new.unlink()
    return VapidKey(private)
