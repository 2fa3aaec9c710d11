"""Decides which pictures are accepted, from their first bytes and their size alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from ticker.domain.messages import said

Kind: TypeAlias = Literal["jpeg", "png", "webp", "avif", "gif"]

TYPES: Mapping[Kind, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
}
"""Media types that an upload may have."""
_SAME = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
UNKNOWN_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""Types of clients that do not know better: the content alone decides."""

HEAD = 1_024
"""Bytes that the decision needs."""
PIXELS_MAX = 60_000_000
"""Pixels of a picture. Decoded it takes four bytes each, twice at times."""
SIDE_MAX = 20_000
SIDE_MIN = 16
TALLEST, WIDEST = 3, 10
"""Height to width, and width to height, at most: renditions have a fixed width."""

_HEIC = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture or a camera's raw file"),
    (b"MM\0*", "a TIFF picture or a camera's raw file"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"\0\0\x01\0", "an icon"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"PK", "an archive or an office document"),
)


class NotAccepted(Exception):
    """The file is not accepted. The message is for the editor."""


class WrongType(NotAccepted):
    """It is not a picture of an accepted format, or not of the type that was declared."""


def kind_of(head: bytes) -> Kind:
    """Return the format of the file that begins with ``head``. Raises WrongType."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    raise WrongType(said("picture-kind", kind=_named(head)))


def check_declared(kind: Kind, declared: str) -> None:
    """Check the declared media type against the content. Raises WrongType."""
    sent = declared.partition(";")[0].strip().lower()
    if sent not in UNKNOWN_TYPES and _SAME.get(sent, sent) != TYPES[kind]:
        raise WrongType(said("picture-declared", declared=sent[:64], content=TYPES[kind]))


def check_size(width: int, height: int) -> None:
    """Check a picture's size in pixels, before it is decoded. Raises NotAccepted."""
    size = {"width": width, "height": height}
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise NotAccepted(
            said("picture-pixels", millions=PIXELS_MAX // 1_000_000, side=SIDE_MAX, **size)
        )
    if min(width, height) < SIDE_MIN:
        raise NotAccepted(said("picture-few-pixels", side=SIDE_MIN, **size))
    if height > TALLEST * width:
        raise NotAccepted(said("picture-tall", times=TALLEST, **size))
    if width > WIDEST * height:
        raise NotAccepted(said("picture-wide", times=WIDEST, **size))


def _iso_media(head: bytes) -> Kind:
    """Return the format of a file in ISO media format (ISO/IEC 14496-12), by its brands."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if brands & _AVIF:
        return "avif"
    if brands & _HEIC:
        raise WrongType(said("picture-heic"))
    raise WrongType(said("picture-kind", kind="a video"))


def _named(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text or text.startswith(b"<?xml"):
        return "an SVG drawing or XML, which can contain scripts"
    if text.startswith((b"<!doctype", b"<html", b"<")):
        return "a page or other markup"
    return next((name for magic, name in _OTHERS if head.startswith(magic)), "not a picture")
