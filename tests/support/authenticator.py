"""A device with passkeys, as far as a server can tell: it answers what a browser would ask it."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ticker.people.passkeys import to_text

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one passkey.

    ``verifies`` is whether it looks who is there; ``count`` is its counter, and stays as it is set.
    """

    def __init__(self, origin: str = "https://news.test", *, verifies: bool = True) -> None:
        self.origin = origin
        self.verifies = verifies
        self.id = os.urandom(16)
        self.count = 0
        self.handle = ""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        self.handle = options["user"]["id"] if "user" in options else ""
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: _bytes(numbers.x), -3: _bytes(numbers.y)}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(key)
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        told = self._told("webauthn.create", options)
        return self._answer({"clientDataJSON": told, "attestationObject": statement})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        told = self._told("webauthn.get", options)
        data = self._data(options["rpId"])
        signed = self._key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        answer = self._answer(
            {"clientDataJSON": told, "authenticatorData": data, "signature": signed}
        )
        answer["response"]["userHandle"] = self.handle
        return answer

    def _told(self, type: str, options: dict[str, Any]) -> bytes:
        told = {"type": type, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verifies else 0)
        return (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        )

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        id = to_text(self.id)
        texts = {name: to_text(value) for name, value in response.items()}
        return {"id": id, "rawId": id, "type": "public-key", "response": texts}


def _bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")
