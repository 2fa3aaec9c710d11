"""The heartbeat state: one round trip says how far the heartbeat has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from tests.support.drafts import counted, draft
from ticker.domain.cursor import ZERO
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.heartbeat import heartbeat_state
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts


async def test_the_state_follows_the_heartbeat(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    live: LaneStore,
    carry: Callable[[], Awaitable[Counts]],
) -> None:
    before = await heartbeat_state(redis, keys)
    assert (before.wire_ms, before.live_ms) == (None, None)
    assert (before.wire_top, before.live_top, before.epoch) == (ZERO, ZERO, 0)
    await items.publish(draft(), by="ana")
    await items.publish(draft(at=datetime.now(UTC) + timedelta(hours=1)), by="ana")
    id, _ = await live.send_heartbeat(1_000)
    sent = await heartbeat_state(redis, keys)
    assert sent.wire_ms is not None
    assert 0 <= sent.now_ms - sent.wire_ms < 5_000
    assert (sent.live_ms, sent.wire_top) == (None, id)
    await redis.xadd(keys.wire, {"e": "poison"})
    await carry()
    there = await heartbeat_state(redis, keys)
    assert there.live_ms == there.wire_ms == sent.wire_ms
    assert there.live_top == there.wire_top
    assert (there.dead, there.scheduled, there.published) == (1, 1, 1)
    assert there.epoch == (await live.open())[0]


async def test_the_state_takes_one_command(redis: Redis, keys: Keys) -> None:
    await heartbeat_state(redis, keys)
    async with counted(redis) as calls:
        await heartbeat_state(redis, keys)
    assert calls == {"EVALSHA": 1}
