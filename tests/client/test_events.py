"""Items as a feed yields them: typed fields, and a tolerance for fields of a newer server."""

from __future__ import annotations

import pytest

from ticker.client import Item, ItemEvent, Media

REMOVED = {
    "id": "i1",
    "version": 2,
    "status": "canceled",
    "edition": "en",
    "updated_at": "2026-11-28T10:00:00.000Z",
}


def test_media_are_typed() -> None:
    picture = {"href": "https://news.example/ferry.webp", "type": "image/webp", "alt": "A ferry"}
    item = Item.read({**REMOVED, "media": [picture, {"href": "https://news.example/quay.jpg"}]})
    assert item.media == (
        Media("https://news.example/ferry.webp", "image/webp", "A ferry"),
        Media("https://news.example/quay.jpg"),
    )
    assert item.media[1].type == "image/jpeg"


def test_a_removal_has_no_media_and_keeps_unknown_fields() -> None:
    item = Item.read({**REMOVED, "new_field": 1})
    assert item.media == ()
    assert item.json["new_field"] == 1
    assert ItemEvent("retract", item, "c1").removal


@pytest.mark.parametrize("media", [[{}], [1], 1])
def test_media_that_cannot_be_read_make_no_item(media: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Item.read({**REMOVED, "media": media})
