"""Keys of reader tokens: which documents are usable, and what each key is for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.support.reader_tokens import ALGORITHMS, private_key, public_jwk
from ticker.reader_access.key_set import (
    DOCUMENT_MAX,
    KEYS_MAX,
    BadKeys,
    from_document,
    from_secret,
)


def document(*keys: Any) -> bytes:
    return orjson.dumps({"keys": list(keys)})


def pem(id: str, algorithm: str) -> bytes:
    key = private_key(id, algorithm).public_key()
    found: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def test_each_key_has_the_algorithm_of_its_kind() -> None:
    keys = from_document(document(*(public_jwk(one, one) for one in ALGORITHMS)), ALGORITHMS)
    assert [(key.id, key.algorithm) for key in keys.keys] == [(one, one) for one in ALGORITHMS]
    assert [from_document(pem(one, one), ALGORITHMS).keys[0].algorithm for one in ALGORITHMS] == [
        *ALGORITHMS
    ]
    assert not from_document(document(public_jwk("RS256", "RS256")), ["ES256"]).keys
    assert repr(keys).count("material") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"crv": "P-384"},
        {"kty": "DSA"},
        {"x": "AA"},
        {"x": 5},
        {"kid": 5},
    ],
)
def test_a_key_that_verifies_no_token_is_left_out(change: dict[str, Any]) -> None:
    keys = from_document(document({**public_jwk("k1"), **change}, public_jwk("k2")), ALGORITHMS)
    assert [key.id for key in keys.keys] == ["k2"]


def test_a_short_rsa_key_is_left_out() -> None:
    weak = {**public_jwk("RS256", "RS256"), "n": "1" * 170}
    assert not from_document(document(weak), ALGORITHMS).keys


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"keys":{}}',
        b'{"keys":[1]}',
        document({**public_jwk("k1"), "d": "secret"}),
        document({"kty": "oct", "k": "c2VjcmV0"}),
        document(*[public_jwk("k1")] * (KEYS_MAX + 1)),
        b" " * (DOCUMENT_MAX + 1),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        private_key("k1").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
)
def test_an_unusable_document_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(BadKeys) as refused:
        from_document(data, ALGORITHMS)
    assert "secret" not in str(refused.value)


def test_a_document_without_keys_revokes_all() -> None:
    assert from_document(b'{"keys":[]}', ALGORITHMS).keys == ()


def test_a_secret_is_long_and_no_key() -> None:
    assert from_secret(b" " + b"s" * 32 + b"\n").keys[0].algorithm == "HS256"
    for wrong in (b"s" * 31, pem("ES256", "ES256")):
        with pytest.raises(BadKeys):
            from_secret(wrong)
