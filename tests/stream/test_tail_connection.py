"""The tail's read: one command an event, and the floor only where entries may be missing."""

from __future__ import annotations

from tests.support import lane
from tests.support.drafts import counted, draft
from ticker.domain.cursor import ZERO
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore


async def test_the_next_event_is_read_with_one_command(
    items: ItemService, redis: Redis, live: LaneStore
) -> None:
    _, _, position = await live.open()
    for _ in range(3):
        done = await items.publish(draft(), by="ana")
        async with counted(redis) as calls:
            entries, floor = await live.follow(position, 100, 10)
        assert ([id for id, _ in entries], floor) == ([done.wire_id], ZERO)
        assert calls == {"XREAD": 1}
        position = entries[-1][0]


async def test_nothing_new_is_read_with_one_command(redis: Redis, live: LaneStore) -> None:
    _, _, position = await live.open()
    async with counted(redis) as calls:
        assert await live.follow(position, 1, 10) == ([], ZERO)
    assert calls == {"XREAD": 1}


async def test_after_a_trim_that_took_unread_entries_the_floor_says_so(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    _, _, position = await live.open()
    for _ in range(5):
        await items.publish(draft(), by="ana")
    ids = await lane.ids(redis, keys.live)
    await live.trim(2, 100)
    entries, floor = await live.follow(position, 100, 10)
    assert [id for id, _ in entries] == ids[3:]
    assert floor == ids[2]
    assert floor > position


async def test_a_scrubbed_entry_is_no_gap(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """The reader missed a text that must not be read any more; nothing was trimmed."""
    _, _, position = await live.open()
    wrong = await items.publish(draft(), by="ana")
    await items.retract(wrong.item.id, None, by="ana")
    entries, floor = await live.follow(position, 100, 10)
    assert [id for id, _ in entries] == await lane.ids(redis, keys.live)
    assert floor <= position
