"""The composed application: its start and its shutdown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from tests.support.drafts import draft
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.readership.store import ReadershipStore
from ticker.server.web_role import create_app
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_pending_reads_are_written_on_shutdown(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    carry: Callable[[], Awaitable[object]],
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await carry()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
            found = await http.get(f"/v1/items/{id}")
            assert found.status_code == 200, "it takes requests once it has loaded the lane"
            response = await http.post("/v1/beacon", json={"id": id, "kind": "share"})
            assert response.status_code == 204
    assert await ReadershipStore(redis, keys).totals([id]) == [(0, 1)]
