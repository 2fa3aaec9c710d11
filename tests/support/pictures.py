"""Pictures for tests, made here: small, with whatever a file can have besides its pixels."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

SECRET = "Hidden in the file"
CAPTION = "<script>alert(1)</script> Ferry at the quay"
XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 photoshop:Credit="Jane Doe / Agency"><dc:description><rdf:Alt><rdf:li xml:lang="x-default"
 >&lt;script&gt;alert(1)&lt;/script&gt; Ferry at the quay</rdf:li></rdf:Alt></dc:description>
 <dc:rights><rdf:Alt><rdf:li>(c) {SECRET}</rdf:li></rdf:Alt></dc:rights></rdf:Description>
 </rdf:RDF></x:xmpmeta>""".encode()


def striped(width: int = 340, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    return image.convert(mode)


def saved(image: Image.Image | None = None, format: str = "JPEG", **options: Any) -> bytes:
    """Return the file of ``image``, by default of ``striped()``."""
    out = BytesIO()
    (image or striped()).save(out, format, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """Return EXIF data with a place, a caption, an artist and an orientation."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = CAPTION
    data[0x013B] = "Jane Doe"
    data[0x8298] = SECRET
    data.get_ifd(0x8825)[1] = "N"
    data.get_ifd(0x8825)[2] = (12.0, 34.0, 56.0)
    return data


@cache  # a profile has the time in it at which it was made
def tagged(orientation: int = 1) -> bytes:
    """Return a JPEG with EXIF and its place, XMP and a colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(exif=exif(orientation), xmp=XMP, icc_profile=profile)


def opened(content: bytes) -> Image.Image:
    """Return the picture in ``content``, decoded."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def png_header(width: int, height: int, rows: bytes = b"") -> bytes:
    """Return a PNG that claims a size, with almost nothing in it, or with compressed ``rows``."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = rows or zlib.compress(bytes(1_000_000), 9)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def animated(format: str, frames: int) -> bytes:
    """Return an animation of tiny frames."""
    first, *rest = [Image.new("L", (16, 16), n % 2 * 255) for n in range(frames)]
    return saved(first, format, save_all=True, append_images=rest, duration=40)
