from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.pictures import saved
from ticker.media.suggestions import suggestions


def found(**options: Any) -> dict[str, str]:
    with Image.open(BytesIO(saved(**options))) as image:
        return suggestions(image)


def described(text: str) -> bytes:
    return (
        '<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>'
        f"{text}</dc:description></x>"
    ).encode()


def test_without_metadata() -> None:
    assert found() == {}


def test_text_is_cleaned_and_bounded() -> None:
    assert found(xmp=described("  Two\n lines\u202e  ")) == {"alt": "Two lines"}
    long = found(xmp=described("word " * 200))["alt"]
    assert len(long) <= 280
    assert long.endswith("word…")


@pytest.mark.parametrize(
    "xmp",
    [
        b"no xml",
        b"<!DOCTYPE x [<!ENTITY a 'boom'>]>" + described("&a;"),
        b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x'>" + described(" "),
        described("\u200b"),
        b"<x>" * 50_000,
    ],
)
def test_damaged_or_hostile_metadata_suggests_nothing(xmp: bytes) -> None:
    assert found(xmp=xmp[:60_000]) == {}


def test_the_caption_of_exif_in_utf_8() -> None:
    text = "Puerto de Málaga".encode() + b"\0"
    entry = struct.pack("<HHHII", 1, 0x010E, 2, len(text), 26)
    data = b"Exif\0\0II*\0" + struct.pack("<I", 8) + entry + bytes(4) + text
    assert found(exif=data) == {"alt": "Puerto de Málaga"}
