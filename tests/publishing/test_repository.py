"""Lists of items for editors."""

from __future__ import annotations

import pytest

from tests.support.drafts import draft, publish_all
from ticker.publishing import command_builder, repository
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_latest_is_bounded_and_newest_first(
    items: ItemService, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_builder, "LATEST_MAX", 20)
    monkeypatch.setattr(repository, "LATEST_MAX", 20)
    await publish_all(items, [draft() for _ in range(25)])
    last = await items.publish(draft(), by="ana")
    assert await redis.zcard(keys.latest) == 20
    pages = [await items.latest_page(8, None)]
    while (following := pages[-1].next) is not None:
        pages.append(await items.latest_page(8, (0, following)))
    assert [len(page.items) for page in pages] == [8, 8, 4]
    listed = [item for page in pages for item in page.items]
    assert listed == await items.latest(30)
    oldest = round(await redis.zscore(keys.latest, listed[-1].id) or 0)
    assert [page.since_ms for page in pages] == [None, None, oldest]
    by_time = await items.latest_page(30, (oldest + 1, "0" * 26))
    assert by_time.items[-1] == listed[-1]
    assert (await items.latest_page(30, (oldest, ""))).items == []
    found = await items.latest(3)
    assert len(found) == 3
    assert found[0] == last.item
    assert await items.latest(0) == []
