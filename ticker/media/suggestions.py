"""Reads the texts that a photographer or an agency wrote into a picture, before they are removed.

They come from IPTC's photo metadata (XMP and IIM) and from EXIF. An editor decides about them: they
are suggestions, of untrusted origin.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from PIL import Image, ImageFile, IptcImagePlugin

from ticker.domain.item_limits import HEADLINE_MAX
from ticker.domain.text import shortened, visible

XMP_MAX = 262_144
"""Bytes of XMP that are read."""
_RAW_MAX = 4 * HEADLINE_MAX

_DC = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_IPTC = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_XMP = {
    "alt": (f"{_IPTC}AltTextAccessibility", f"{_DC}description"),
    "credit": (f"{_PHOTOSHOP}Credit", f"{_DC}creator"),
    "copyright": (f"{_DC}rights",),
}
_IIM = {"alt": ((2, 120),), "credit": ((2, 110), (2, 80)), "copyright": ((2, 116),)}
"""Datasets of IPTC's older format: caption, credit and by-line, copyright notice."""
_EXIF = {"alt": (0x010E,), "credit": (0x013B,), "copyright": (0x8298,)}
"""EXIF tags: ImageDescription, Artist, Copyright."""


def suggestions(image: ImageFile.ImageFile) -> dict[str, str]:
    """Return ``alt``, ``credit`` and ``copyright``, those that the file has, as plain text."""
    found: dict[str, str] = {}
    for source in (_from_xmp, _from_iim, _from_exif):
        try:
            for name, text in source(image):
                if name not in found and (cleaned := _plain(text)):
                    found[name] = cleaned
        except Exception:  # noqa: BLE001, S112  # damaged metadata in any way: only suggestions
            continue
    return found


def _from_xmp(image: Image.Image) -> Iterator[tuple[str, str]]:
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    data = raw.encode() if isinstance(raw, str) else bytes(raw)
    if not data or len(data) > XMP_MAX:
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(data.strip(b"\0 \r\n\t"), parser)
    for name, tags in _XMP.items():
        for tag in tags:
            for element in root.iter(tag):
                items = [one.text or "" for one in element.iter(_ITEM)]
                yield name, ", ".join(filter(None, items)) if len(items) < 5 else items[0]
                yield name, element.text or ""
            for element in root.iter():  # a simple property may be an attribute
                if isinstance(element.tag, str) and (value := element.get(tag)):
                    yield name, value


def _from_iim(image: ImageFile.ImageFile) -> Iterator[tuple[str, str]]:
    found = IptcImagePlugin.getiptcinfo(image) or {}
    for name, datasets in _IIM.items():
        for dataset in datasets:
            value = found.get(dataset)
            values = value if isinstance(value, list) else [value] if value else []
            yield name, ", ".join(_decoded(one) for one in values[:4])


def _from_exif(image: Image.Image) -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    for name, tags in _EXIF.items():
        for tag in tags:
            value = exif.get(tag)
            if isinstance(value, bytes):
                yield name, _decoded(value)
            elif isinstance(value, str):
                yield name, _repaired(value)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _repaired(value: str) -> str:
    """Return text that Pillow has read as Latin-1 and that is UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value


def _plain(text: str) -> str:
    cleaned = " ".join(shortened(text[:_RAW_MAX].replace("\0", " "), _RAW_MAX).split())
    if len(cleaned) > HEADLINE_MAX:
        cleaned = cleaned[: HEADLINE_MAX - 1].rpartition(" ")[0].rstrip(" ,;:-–") + "…"
    return cleaned if visible(cleaned) else ""
