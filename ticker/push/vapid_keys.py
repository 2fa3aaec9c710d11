"""The newsroom's Web Push key (RFC 8292): made once, kept in a file, named by its public half.

A browser's subscription is tied to the key that it was made with. Whoever loses the file, or makes
another key, has to have every browser subscribe anew.
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
    """The key file cannot be used; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class VapidKey:
    """A P-256 key pair."""

    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> str:
        """Return the public key as browsers and push services want it: base64url, 87 characters."""
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
            "`ticker push keys` makes one."
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise VapidKeyError(
            f"{path} holds no Web Push key: an unencrypted private key in PEM is needed, as "
            "`ticker push keys` makes it."
        ) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise VapidKeyError(f"The key in {path} is of another kind: Web Push takes P-256 alone.")
    return VapidKey(private)


def create(path: Path, *, replace: bool = False) -> VapidKey:
    """Make a key and keep it in ``path``, readable by its owner only.

    Raises FileExistsError when there is something and it is not to be replaced, and VapidKeyError
    when the file cannot be written.
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
            os.link(new, path)  # unlike a rename it fails where there is one, however late
    except FileExistsError:
        raise
    except OSError as error:
        raise VapidKeyError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            new.unlink()
    return VapidKey(private)
