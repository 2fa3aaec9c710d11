"""Public items as the lane has them: which can be shown, and without which fields."""

from __future__ import annotations

from typing import Any

from ticker.domain.clock import parse_ms
from ticker.domain.item import PUBLIC_FIELDS, Item, readable_link
from ticker.domain.item_media import readable_media


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
    read = Item.model_validate({name: item[name] for name in item.keys() & PUBLIC_FIELDS})
    times = [read.published_at, read.updated_at]
    if read.correction is not None:
        times.append(read.correction.at)
    for at in times:
        parse_ms(at)
    return tuple(mended)
