"""After a retraction each earlier entry of the item is looked for in the lane, however many."""

from __future__ import annotations

from tests.support.drafts import draft
from ticker.domain.cursor import StreamId
from ticker.publishing.left_in_lane import READ_AT_ONCE
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore


async def test_an_entry_that_was_left_is_found_behind_a_long_history(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    await live.open()
    made = await items.publish(draft(), by="ana")
    gone = (await items.retract(made.item.id, None, by="ana")).wire_id
    assert gone is not None
    assert await items.left_in_lane(made.item.id, gone) == 0
    top = StreamId.parse((await redis.xadd(keys.live, {"n": "1"})).decode())
    # Ids of entries that are not in the lane any more, and at the end the one that is.
    log = [f"{n}-1" for n in range(1, READ_AT_ONCE + 10)]
    await command(redis, "RPUSH", keys.log(made.item.id), *log, str(top))
    later = StreamId(top.ms + 1, 0)
    assert await items.left_in_lane(made.item.id, later) == 2  # with the retraction itself
    assert await items.left_in_lane(made.item.id, top) == 1
