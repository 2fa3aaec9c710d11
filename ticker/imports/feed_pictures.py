"""The pictures of RSS and Atom: Media RSS, an image element, and the first one in the text."""

from __future__ import annotations

import re
from typing import Any

from ticker.imports.pictures import Picture
from ticker.imports.texts import likely_plain, plain
from ticker.imports.xml_document import name_of, namespace_of, own_text

MEDIA_NAMES = ("http://search.yahoo.com/mrss", "http://search.yahoo.com/mrss/", "media")
"""Namespaces and prefix of Media RSS."""
_IMAGE = re.compile(r"<img\b[^<>]{0,4000}>", re.I)
_ATTRIBUTE = re.compile(
    r"""\b(srcset|src|alt|width|height)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.I
)


def image_element(child: Any, base: str | None) -> Picture:
    address = next((own_text(one) for one in child if name_of(one) == "url"), own_text(child))
    title = next((own_text(one) for one in child if name_of(one) == "title"), "")
    return Picture(child.get("href") or address, None, likely_plain(title), base=base)


def media(element: Any, base: str | None) -> list[Picture]:
    """Return the pictures and clips of Media RSS; thumbnails where there is nothing larger."""
    kind = name_of(element)
    beside = [one for one in element.getparent() if namespace_of(one) in MEDIA_NAMES]
    around = {name_of(one): likely_plain(own_text(one)) for one in beside}
    if kind == "group":
        contents = [one for one in element if name_of(one) == "content"]
        # A group has one picture in several sizes.
        contents.sort(key=_width, reverse=True)
        inner = {name_of(one): likely_plain(own_text(one)) for one in element}
        return [one for child in contents[:1] for one in _media_content(child, base, inner)]
    if kind == "content":
        return _media_content(element, base, around)
    if kind == "thumbnail" and not _has_content(element):
        credit = around.get("credit", "")
        return [Picture(element.get("url"), "", _alt(around), credit, base, width=_width(element))]
    return []


def _media_content(element: Any, base: str | None, around: dict[str, str]) -> list[Picture]:
    inner = around | {name_of(one): likely_plain(own_text(one)) for one in element}
    medium = (element.get("medium") or "").lower()
    if medium in ("document", "executable") or not element.get("url"):
        return []
    credit = inner.get("credit") or inner.get("copyright") or ""
    kind = element.get("type") or {"video": "video/mp4", "audio": "audio/mpeg"}.get(medium)
    return [Picture(element.get("url"), kind, _alt(inner), credit, base, width=_width(element))]


def _alt(texts: dict[str, str]) -> str:
    return texts.get("description") or texts.get("text") or texts.get("title") or ""


def _has_content(element: Any) -> bool:
    return any(name_of(one) in ("content", "group") for one in element.getparent())


def _width(element: Any) -> int:
    value = element.get("width") or "0"
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0


def images(raw: dict[str, str], base: str | None) -> list[Picture]:
    """Return the first real picture in the HTML of an entry, not one that counts readers."""
    for text in (raw.get("summary", ""), raw.get("content", "")):
        for image in _IMAGE.findall(text)[:10]:
            found = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(image)}
            many = (found.get("srcset") or "").split()
            if many and found.get("src", "data:").startswith("data:"):
                found["src"] = many[0].rstrip(",")
            small = {found.get("width"), found.get("height")} & {"0", "1", "1px", "0px"}
            if found.get("src") and not found["src"].startswith("data:") and not small:
                return [Picture(found["src"], None, plain(found.get("alt", "")), base=base)]
    return []
