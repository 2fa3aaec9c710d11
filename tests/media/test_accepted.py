from __future__ import annotations

import pytest

from ticker.media.accepted import Kind, NotAccepted, WrongType, check_declared, check_size, kind_of

JPEG = b"\xff\xd8\xff\xe0"
PNG = b"\x89PNG\r\n\x1a\n"


def iso(brand: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + brand + b"\0\0\0\0" + brands


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (JPEG, "jpeg"),
        (PNG, "png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"GIF89a", "gif"),
        (iso(b"avif", b"mif1"), "avif"),
        (iso(b"mif1", b"avif"), "avif"),
    ],
)
def test_kinds(head: bytes, kind: Kind) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "an SVG drawing or XML"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><svg>", "an SVG drawing or XML"),
        (b"<!DOCTYPE html>", "a page"),
        (iso(b"heic", b"mif1"), "a HEIC picture"),
        (iso(b"mif1", b"heic"), "a HEIC picture"),
        (iso(b"mp42", b"isom"), "a video"),
        (b"%PDF-1.7", "a PDF"),
        (b"II*\0", "a TIFF"),
        (b"PK\x03\x04", "an archive"),
        (b"BM", "a BMP"),
        (b"\xff\x0a", "a JPEG XL"),
    ],
)
def test_other_files_are_refused_by_name(head: bytes, why: str) -> None:
    with pytest.raises(WrongType, match=why):
        kind_of(head)


def test_the_declared_type_must_be_that_of_the_content() -> None:
    for declared in ("image/jpeg", "IMAGE/JPG; x=y", "", "application/octet-stream"):
        check_declared("jpeg", declared)
    for declared in ("image/png", "text/html", "image/svg+xml"):
        with pytest.raises(WrongType, match="its content is image/jpeg"):
            check_declared("jpeg", declared)


@pytest.mark.parametrize("size", [(16, 16), (6_000, 4_000), (3_000, 9_000), (10_000, 1_000)])
def test_sizes(size: tuple[int, int]) -> None:
    check_size(*size)


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ((50_000, 50_000), "at most 60 million"),
        ((20_001, 2_001), "20,000 on a side"),
        ((15, 400), "at least 16"),
        ((0, 0), "at least 16"),
        ((400, 1_201), "crop it"),
        ((4_001, 400), "crop it"),
    ],
)
def test_sizes_that_are_refused(size: tuple[int, int], why: str) -> None:
    with pytest.raises(NotAccepted, match=why):
        check_size(*size)
