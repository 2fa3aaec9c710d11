"""Public items as the lane has them: which can be shown, and without which fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ticker.domain.clock import parse_ms
from ticker.domain.item import PUBLIC_FIELDS, Item, Level, Status, readable_link
from ticker.domain.item_fields import Verification
from ticker.domain.item_media import readable_media
from ticker.domain.taxonomy import Direction

_KINDS: Mapping[str, frozenset[type]] = {
    **dict.fromkeys(("id", "edition", "language", "headline"), frozenset({str})),
    **dict.fromkeys(("published_at", "updated_at"), frozenset({str})),
    **dict.fromkeys(("status", "level", "dir", "verification"), frozenset({str})),
    **dict.fromkeys(("summary", "speaker", "source", "story"), frozenset({str, type(None)})),
    **dict.fromkeys(("expires_at", "replaces"), frozenset({str, type(None)})),
    "version": frozenset({int}),
    "pinned": frozenset({bool}),
    "correction": frozenset({type(None)}),
}
"""The types of the usual item's fields."""
_VALUES: Mapping[str, frozenset[str]] = {
    "status": frozenset(get_args(Status)),
    "level": frozenset(Level.__members__),
    "dir": frozenset(get_args(Direction)),
    "verification": frozenset(get_args(Verification)),
}
_LISTS = ("sections", "regions", "tags")


def mend(item: dict[str, Any]) -> tuple[str, ...]:
    """Remove link and media that cannot be read from ``item``; return the names of the fields.

    Fields of newer versions stay. Raises ValueError, KeyError or TypeError for an item that
    cannot be shown without what is wrong with it.
    """
    mended = []
    link = item.get("link")
    if link is not None and readable_link(link) is None:
        item["link"] = None
        mended.append("link")
    media = item.get("media", [])
    if (readable := readable_media(media)) != media:
        item["media"] = readable
        mended.append("media")
    if not is_usual(item):
        read = Item.model_validate({name: item[name] for name in item.keys() & PUBLIC_FIELDS})
        if read.correction is not None:
            parse_ms(read.correction.at)
    parse_ms(item["published_at"])
    parse_ms(item["updated_at"])
    return tuple(mended)


def is_usual(item: Mapping[str, Any]) -> bool:
    """Return whether ``item``, whose link and media can be read, surely is a valid ``Item``.

    Every event waits for this answer before it is written to readers. False means that the item has
    to be validated: it may be valid and unusual, as one with a correction.
    """
    get = item.get
    for name, kinds in _KINDS.items():
        if type(get(name)) not in kinds:
            return False
    for name, values in _VALUES.items():
        if get(name) not in values:
            return False
    for name in _LISTS:
        found = get(name)
        if type(found) is not list:
            return False
        for one in found:
            if type(one) is not str:
                return False
    return True
