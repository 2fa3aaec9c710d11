"""Salvaging an item whose record is gone or cannot be read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.drafts import draft
from ticker.domain.filter import Facets
from ticker.publishing.salvage import from_archive, salvaged
from ticker.publishing.service import ItemService

ID = "01kav9ft020000000000000001"


def test_without_any_document_it_has_no_facets() -> None:
    item = salvaged(ID, 7, "live", [])
    assert (item.version, item.state, item.headline) == (7, "live", "")
    assert item.reach is not None
    assert Facets.from_json(item.reach) == Facets.of(item)


@pytest.mark.parametrize("damage", [{}, {"sections": 7}, {"mood": "good"}, {"state": "live"}])
async def test_an_item_of_the_archive_is_as_after_its_expiry(
    items: ItemService, damage: dict[str, Any]
) -> None:
    shown = (await items.publish(draft("Old bridge", tags=["a"]), by="ana")).item
    public = orjson.dumps(orjson.loads(shown.public_json()) | damage)
    item = from_archive(shown.id, public)
    assert (item.id, item.version, item.state) == (shown.id, 2, "expired")
    assert (item.headline, item.tags) == ("Old bridge", ["a"])
    assert item.published_at == shown.published_at or "sections" in damage
