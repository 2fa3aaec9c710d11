"""The pictures and clips of entries: valid, each once, and in its largest size. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ticker.domain.item_limits import HEADLINE_MAX, MEDIA_MAX
from ticker.imports.links import absolute, media_type, of_any_size
from ticker.imports.texts import readable, shortened

MEDIA_READ_MAX = 50
"""Pictures of an entry that are looked at."""
SHOWN = 80
"""Characters of a value that a note repeats."""


class Picture(NamedTuple):
    """A picture or clip of an entry, as its source names it."""

    href: object
    type: object = None
    alt: str = ""
    credit: str = ""
    base: str | None = None
    medium: str = "image"
    width: int = 0


def media_list(pictures: Iterable[Picture], notes: list[str]) -> list[dict[str, str]]:
    """Return pictures and clips as items have them: each once, and in its largest size."""
    found: dict[str, dict[str, str]] = {}
    sizes: dict[str, tuple[int, str]] = {}
    for _, picture in zip(range(MEDIA_READ_MAX), pictures, strict=False):
        if not picture.href:
            continue
        href = absolute(picture.href, picture.base)
        if href is None:
            notes.append(f"the picture {shown(picture.href)} is no web address; left out")
            continue
        kind = media_type(picture.type, href, picture.medium)
        if kind is None or href in found:
            continue
        same = sizes.get(of_any_size(href)) if kind.startswith("image/") else None
        if same is not None and (picture.width <= same[0] or not picture.width):
            continue
        one = {"href": href, "type": kind}
        if alt := shortened(readable(picture.alt), HEADLINE_MAX):
            one["alt"] = alt
        if credit := shortened(readable(picture.credit), HEADLINE_MAX):
            one["credit"] = credit
        if same is not None:
            found = {href if old == same[1] else old: each for old, each in found.items()}
        found[href] = one
        sizes[of_any_size(href)] = picture.width, href
    return list(found.values())[:MEDIA_MAX]


def shown(value: object) -> str:
    """Return a value as a note repeats it."""
    text = str(value)
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
