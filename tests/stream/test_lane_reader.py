"""The lane as a gateway reads it: never through the wire, and only once others have made it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.support.drafts import counted, draft
from ticker.domain.errors import Unavailable
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_reader import LaneReader, heartbeat_times
from ticker.stream.lane_store import LaneStore


async def test_it_waits_for_a_lane_and_makes_none(
    redis: Redis, keys: Keys, live: LaneStore
) -> None:
    reader = LaneReader(redis, keys)
    with pytest.raises(Unavailable):
        await reader.load(100)
    assert await redis.exists(keys.live, keys.wire, keys.epochs) == 0
    made = await live.open()
    assert await reader.open() == made


async def test_it_loads_what_the_lane_has_without_scripts(
    redis: Redis,
    keys: Keys,
    items: ItemService,
    carry: Callable[[], Awaitable[object]],
    live: LaneStore,
) -> None:
    await items.publish(draft(), by="ana")
    await carry()
    reader = LaneReader(redis, keys)
    async with counted(redis) as calls:
        found = await reader.load(100)
    assert not {"EVALSHA", "EVAL"} & calls.keys()
    known = await live.load(100)
    assert (found.timeline, found.top, found.current) == (known.timeline, known.top, known.current)
    assert [id for id, _ in found.recent] == [id for id, _ in known.recent]


async def test_heartbeat_times_come_from_one_small_key(
    redis: Redis, keys: Keys, carry: Callable[[], Awaitable[object]], live: LaneStore
) -> None:
    first = await heartbeat_times(redis, keys)
    assert (first.wire_ms, first.live_ms) == (None, None)
    await live.open()
    await live.send_heartbeat(1_000)
    sent = await heartbeat_times(redis, keys)
    assert sent.wire_ms is not None
    assert sent.live_ms is None
    await carry()
    arrived = await heartbeat_times(redis, keys)
    assert arrived.live_ms == sent.wire_ms
    assert first.now_ms <= sent.wire_ms <= arrived.now_ms
