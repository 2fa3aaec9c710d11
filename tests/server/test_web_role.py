"""The composed application: its start and its shutdown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.support.drafts import draft
from ticker.config import Settings
from ticker.gateway import tail_pace
from ticker.publishing.service import ItemService
from ticker.readership.store import ReadershipStore
from ticker.server.web_role import create_app
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore


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


@pytest.mark.parametrize(("action", "status"), [("retract", 410), ("expire", 404)])
async def test_an_item_is_gone_when_the_editor_hears_that_it_is(
    redis: Redis,
    keys: Keys,
    settings: Settings,
    live: LaneStore,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    status: int,
) -> None:
    monkeypatch.setattr(tail_pace, "SOON", 0.05)
    await live.open()
    key, _ = await create(redis, keys, "ana")
    editor = {"authorization": f"Bearer {key}"}
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
            fields = {"headline": "Ferry leaves on time", "edition": "en"}
            made = await http.post("/v1/items", json=fields, headers=editor)
            path = f"/v1/items/{made.json()['item']['id']}"
            assert (await http.get(path)).status_code == 200
            assert (await http.post(f"{path}/{action}", headers=editor)).status_code == 200
            assert (await http.get(path)).status_code == status
