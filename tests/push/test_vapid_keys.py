"""The key file: created once, read strictly, never lost by accident."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ticker.push import vapid_keys
from ticker.push.vapid_keys import VapidKeyError


def test_a_created_key_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "vapid.pem"
    made = vapid_keys.create(path)
    assert vapid_keys.read(path).public == made.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----"), "PKCS8"
    assert [one.name for one in tmp_path.iterdir()] == ["vapid.pem"], "nothing is left beside it"


def test_the_public_key_is_an_uncompressed_point(tmp_path: Path) -> None:
    text = vapid_keys.create(tmp_path / "vapid.pem").public
    point = base64.urlsafe_b64decode(text + "=")
    assert (len(text), len(point), point[0]) == (87, 65, 4)


def test_a_key_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "vapid.pem"
    first = vapid_keys.create(path)
    with pytest.raises(FileExistsError):
        vapid_keys.create(path)
    assert vapid_keys.read(path).public == first.public
    second = vapid_keys.create(path, replace=True)
    assert vapid_keys.read(path).public == second.public != first.public
    assert [one.name for one in tmp_path.iterdir()] == ["vapid.pem"]


@pytest.mark.parametrize("replace", [True, False])
def test_a_directory_that_is_missing_is_named(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "no" / "vapid.pem"
    with pytest.raises(VapidKeyError, match="No such file or directory"):
        vapid_keys.create(path, replace=replace)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(VapidKeyError, match="`ticker push keys` creates one"):
        vapid_keys.read(tmp_path / "vapid.pem")


P384 = ec.generate_private_key(ec.SECP384R1())
P256 = ec.generate_private_key(ec.SECP256R1())
PKCS8 = PrivateFormat.PKCS8


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "holds no Web Push key"),
        (b"BHYAx-Wk1bwXL7xkG", "holds no Web Push key"),
        (P256.private_bytes(Encoding.PEM, PKCS8, BestAvailableEncryption(b"x")), "unencrypted"),
        (P384.private_bytes(Encoding.PEM, PKCS8, NoEncryption()), "needs a P-256 key"),
        (
            ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PKCS8, NoEncryption()),
            "needs a P-256 key",
        ),
    ],
)
def test_an_invalid_key_file_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "vapid.pem"
    path.write_bytes(content)
    with pytest.raises(VapidKeyError, match=why):
        vapid_keys.read(path)


def test_the_older_pem_form_is_read_as_well(tmp_path: Path) -> None:
    """As `openssl ecparam -genkey` and other Web Push tools write it."""
    path = tmp_path / "vapid.pem"
    pem = P256.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(pem)
    assert vapid_keys.read(path).public == vapid_keys.VapidKey(P256).public
