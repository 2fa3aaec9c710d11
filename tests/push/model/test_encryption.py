"""RFC 8291 by its own example, and decrypted by an independent library."""

from __future__ import annotations

import base64

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ticker.push.model.encryption import (
    BUCKETS,
    HEADER_SIZE,
    LAST,
    PLAIN_MAX,
    RECORD_SIZE,
    TAG_SIZE,
    BadKeys,
    Sealed,
    record,
)

AUTH = bytes(range(16))


def data(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(data(text), "big"), ec.SECP256R1())


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_the_example_of_rfc_8291() -> None:
    """Appendix A."""
    sender = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    receiver = data(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    sealed = Sealed(b"When I grow up, I want to be a watermelon", sender, padded=False)
    body = sealed.encrypt(receiver, data("BTBZMqHH6r4Tts7J_aSIgg"), data("DGv6ra1nlYgDCS1FRnbzlw"))
    assert body == data(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_example_of_rfc_8188() -> None:
    """§3.1: one record, no key id."""
    salt = data("I1BsxtFttlv3u_Oo94xnmw")
    text = record(data("yqdlZ-tYemfogSmv7Ws5PQ"), salt, b"I am the walrus" + LAST)
    assert text == data("-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg")


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 2_048, 2_049, PLAIN_MAX])
@pytest.mark.parametrize("padded", [True, False])
def test_another_library_reads_it(size: int, padded: bool) -> None:
    text = b"x" * size
    receiver = key()
    body = Sealed(text, key(), padded=padded).encrypt(public(receiver), AUTH, bytes(16))
    assert http_ece.decrypt(body, private_key=receiver, auth_secret=AUTH) == text
    assert len(body) <= RECORD_SIZE


def test_lengths_are_those_of_few_sizes() -> None:
    receiver = public(key())
    sizes = {
        len(Sealed(b"x" * size, key()).encrypt(receiver, AUTH, bytes(16)))
        for size in range(0, PLAIN_MAX, 97)
    }
    assert sizes == {HEADER_SIZE + size + 1 + TAG_SIZE for size in BUCKETS}


def test_a_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="3994 bytes are more than 3993"):
        Sealed(bytes(PLAIN_MAX + 1), key())


def test_receivers_of_one_message_cannot_read_each_other() -> None:
    """The sender's key pair is shared; the content key is not."""
    sealed = Sealed(b"The harbour bridge is open", key())
    one, other = key(), key()
    for_one = sealed.encrypt(public(one), AUTH, bytes(16))
    for_other = sealed.encrypt(public(other), AUTH, bytes(16))
    assert for_one[21:HEADER_SIZE] == for_other[21:HEADER_SIZE], "the sender's public key"
    assert for_one[HEADER_SIZE:] != for_other[HEADER_SIZE:]
    with pytest.raises(http_ece.ECEException):
        http_ece.decrypt(for_one, private_key=other, auth_secret=AUTH)


def test_the_authentication_secret_and_the_salt_change_everything() -> None:
    sealed, receiver = Sealed(b"The harbour bridge is open", key()), public(key())
    bodies = {
        sealed.encrypt(receiver, auth, salt)[HEADER_SIZE:]
        for auth in (AUTH, bytes(16))
        for salt in (bytes(16), b"s" * 16)
    }
    assert len(bodies) == 4


POINT = public(key())


@pytest.mark.parametrize(
    "p256dh",
    [
        b"",
        b"\x00",
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        POINT[:64],
        POINT[:64] + bytes((POINT[64] ^ 1,)),
        POINT + b"\x00",
    ],
    ids=["none", "one", "zeros", "ones", "short", "off", "long"],  # random bytes are no name
)
def test_points_off_the_curve_are_refused_by_name(p256dh: bytes) -> None:
    """This also prevents an invalid-curve attack on the sender's key."""
    with pytest.raises(BadKeys, match="not a point of P-256"):
        Sealed(b"text", key()).encrypt(p256dh, AUTH, bytes(16))
