"""Signatures agree with the reference library; unsigned messages are refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook, WebhookVerificationError

from ticker.webhooks.signature import (
    TOLERANCE,
    BadSignature,
    Secret,
    headers,
    new_secret,
    sign,
    sign_asymmetric,
    verify,
)

ENTROPY = bytes(range(64))
SECRET = new_secret(ENTROPY, asymmetric=True)
BODY = '{"type":"item.publish","data":{"headline":"Fähre fährt · العبّارة"}}'.encode()
NOW = int(datetime.now(UTC).timestamp())
PUBLIC = SECRET.public or ""


def signed(body: bytes = BODY, at: int = NOW) -> dict[str, str]:
    return headers([SECRET], "evt_5-0", at, body)


def test_the_reference_library_believes_our_signature() -> None:
    now = signed(at=int(datetime.now(UTC).timestamp()))  # it has a clock of its own
    assert Webhook(SECRET.secret).verify(BODY, now) == {
        "type": "item.publish",
        "data": {"headline": "Fähre fährt · العبّارة"},
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET.secret).verify(BODY + b" ", now)


def test_we_believe_the_reference_librarys_signature() -> None:
    at = datetime.fromtimestamp(NOW, UTC)
    theirs = Webhook(SECRET.secret).sign("evt_5-0", at, BODY.decode())
    assert theirs == sign(SECRET.secret, "evt_5-0", NOW, BODY)
    verify(SECRET.secret, signed() | {"webhook-signature": theirs}, BODY, NOW)


def test_ed25519_is_over_the_same_bytes() -> None:
    """Verified with the bare library: RFC 8032."""
    private = Ed25519PrivateKey.from_private_bytes(ENTROPY[32:])
    text = sign_asymmetric(SECRET.private or "", "evt_5-0", NOW, BODY)
    version, _, signature = text.partition(",")
    assert version == "v1a"
    message = b"evt_5-0." + str(NOW).encode() + b"." + BODY
    private.public_key().verify(base64.b64decode(signature), message)
    public = base64.b64decode(PUBLIC.removeprefix("whpk_"))
    assert public == private.public_key().public_bytes_raw()


def test_each_kind_of_key_verifies_its_own_signature() -> None:
    given = signed()
    assert [one[:3] for one in given["webhook-signature"].split()] == ["v1,", "v1a"]
    verify(SECRET.secret, given, BODY, NOW)
    verify(PUBLIC, given, BODY, NOW)


def test_several_secrets_sign_side_by_side() -> None:
    new = new_secret(bytes(64))
    given = headers([new, Secret(SECRET.secret, until_ms=1)], "evt_1-0", NOW, BODY)
    verify(new.secret, given, BODY, NOW)
    verify(SECRET.secret, given, BODY, NOW)
    with pytest.raises(BadSignature, match="no v1a signature fits"):
        verify(PUBLIC, given, BODY, NOW)


@pytest.mark.parametrize("key", [SECRET.secret, PUBLIC])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-id": "evt_6-0"}, "fits"),
        ({"webhook-timestamp": str(NOW + 1)}, "fits"),
        ({"webhook-timestamp": str(NOW - TOLERANCE - 1)}, "seconds off"),
        ({"webhook-timestamp": str(NOW + TOLERANCE + 1)}, "seconds off"),
        ({"webhook-timestamp": "-5"}, "number of seconds"),
        ({"webhook-timestamp": "1e9"}, "number of seconds"),
        ({"webhook-timestamp": "٥"}, "number of seconds"),
        ({"webhook-signature": ""}, "fits"),
        ({"webhook-signature": "v1"}, "fits"),
        ({"webhook-signature": "v1,* v1a,*"}, "fits"),
        ({"webhook-signature": "v2," + "A" * 44}, "fits"),
        ({"webhook-signature": "v1,AAAA " * 16 + signed()["webhook-signature"]}, "fits"),
    ],
)
def test_an_altered_message_is_refused(key: str, change: dict[str, str], why: str) -> None:
    with pytest.raises(BadSignature, match=why):
        verify(key, signed() | change, BODY, NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    given = signed()
    del given[name]
    with pytest.raises(BadSignature, match=name):
        verify(SECRET.secret, given, BODY, NOW)


def test_at_the_edge_of_the_tolerance() -> None:
    verify(SECRET.secret, signed(at=NOW - TOLERANCE), BODY, NOW)
    verify(SECRET.secret, signed(at=NOW + TOLERANCE), BODY, NOW)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "whsec_",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_not base64",
        "whpk_" + base64.b64encode(bytes(31)).decode(),
        "whsk_" + base64.b64encode(bytes(32)).decode(),
        base64.b64encode(bytes(32)).decode(),
    ],
)
def test_an_invalid_key_is_reported(key: str) -> None:
    with pytest.raises(ValueError, match=r"begin with|bytes"):
        verify(key, signed(), BODY, NOW)


def test_secrets_are_made_of_all_the_entropy() -> None:
    assert base64.b64decode(SECRET.secret.removeprefix("whsec_")) == ENTROPY[:32]
    assert new_secret(ENTROPY).private is None
    assert new_secret(ENTROPY).public is None
    with pytest.raises(ValueError, match="64 random bytes"):
        new_secret(bytes(32))


def test_an_id_cannot_smuggle_a_dot() -> None:
    """``a.1`` at 2 and ``a`` at ``1.2`` would be the same signed bytes."""
    with pytest.raises(ValueError, match="dot"):
        sign(SECRET.secret, "a.1", 2, BODY)
