"""Items whose time has come: each is released or expired once, unless its time was moved."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.support.drafts import change, draft, when_due
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_release_waits_for_the_time_and_happens_once(
    items: ItemService, redis: Redis
) -> None:
    async def embargoed(at: datetime) -> tuple[str, object]:
        id = (await items.publish(draft(at=at), by="ana")).item.id
        return id, await items.due.release(id, by="schedule")

    _, (id, early) = await when_due(embargoed, redis.flushall)
    assert early is None
    results = await asyncio.gather(*(items.due.release(id, by="schedule") for _ in range(10)))
    assert sum(r is not None and r.wire_id is not None for r in results) == 1


async def test_a_release_that_was_moved_does_not_happen(items: ItemService, redis: Redis) -> None:
    """The worker saw it due; then the editor moved it."""
    _, done = await when_due(lambda at: items.publish(draft(at=at), by="ana"), redis.flushall)
    id = done.item.id
    await items.change(id, change(at=soon(60)), by="ana")
    assert await items.due.release(id, by="schedule") is None
    assert (await items.get(id)).state == "scheduled"


async def test_an_expiry_that_was_moved_does_not_happen(items: ItemService) -> None:
    id = (await items.publish(draft(expires_at=soon(60)), by="ana")).item.id
    assert await items.due.expire(id, by="schedule") is None
    pinned = (await items.publish(draft(pinned=True), by="ana")).item.id
    nothing = await items.due.expire(pinned, by="schedule")
    assert nothing is not None
    assert nothing.wire_id is None
    assert (await items.get(pinned)).state == "live"
