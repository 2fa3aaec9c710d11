"""A commit carries its own event into the lane, unless another event waits before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.support import lane
from tests.support.drafts import change, counted, draft
from tests.support.redis_servers import RedisServer
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts

Carrying = Callable[[], Awaitable[Counts]]


async def test_an_item_is_in_the_lane_with_its_commit(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """No process can die between the two: they are one script."""
    await live.open()
    done = await items.publish(draft(), by="ana")
    assert done.wire_id is not None
    assert await lane.ids(redis, keys.live) == [done.wire_id]
    assert list(await lane.current_items(redis, keys)) == [done.item.id]
    fixed = await items.change(done.item.id, change(summary="S"), by="ana")
    gone = await items.retract(done.item.id, None, by="ana")
    assert fixed.wire_id is not None
    assert await lane.kinds(redis, keys) == ["retract"], "the text went with the same commit"
    assert await lane.ids(redis, keys.live) == [gone.wire_id]
    assert await lane.current_items(redis, keys) == {}


async def test_behind_something_that_waits_a_commit_waits_too(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    live: LaneStore,
    carry: Carrying,
    settings: Settings,
) -> None:
    await live.open()
    first = await lane.relayed(redis, settings).publish(draft(), by="ana")
    second = await items.publish(draft(), by="ana")
    assert await lane.ids(redis, keys.live) == [], "carried out of order it would hide the first"
    await carry()
    assert await lane.ids(redis, keys.live) == [first.wire_id, second.wire_id]
    third = await items.publish(draft(), by="ana")
    assert (await lane.ids(redis, keys.live))[-1] == third.wire_id


async def test_a_heartbeat_that_waits_is_carried_by_a_relay_first(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """It shows that relays work; a commit must not hide that they do not."""
    await live.open()
    await live.send_heartbeat(1_000)
    await items.publish(draft(), by="ana")
    assert await lane.kinds(redis, keys) == []
    await carry()
    assert await lane.kinds(redis, keys) == ["beat", "publish"]


async def test_nothing_is_carried_where_nothing_may_be_known(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    await live.open()
    await items.publish(draft(at="2099-01-01T00:00:00Z", force=True), by="ana")
    await items.publish(draft(test=True), by="ana")
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire) == []


async def test_a_repeat_adds_nothing_to_the_lane(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    await live.open()
    sent = draft()
    first = await items.publish(sent, by="ana", key="one")
    again = await items.publish(sent, by="ana", key="one")
    assert (again.repeated, again.wire_id) == (True, first.wire_id)
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire) == [first.wire_id]


async def test_a_commit_stands_if_its_event_cannot_be_carried(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """The hash of current items is no hash. An editor who got an error and sent the item again
    would publish it twice."""
    await live.open()
    await redis.set(keys.current, "not a hash")
    done = await items.publish(draft(), by="ana", key="one")
    assert not done.repeated
    assert (await items.publish(draft(), by="ana", key="two")).wire_id is not None
    assert len(await lane.ids(redis, keys.wire)) == 2


async def test_a_publish_is_one_command(items: ItemService, redis: Redis, live: LaneStore) -> None:
    """The server syncs before it answers (``appendfsync always``): there is nothing to wait for."""
    await live.open()
    await items.publish(draft(), by="ana")  # asks what the server can promise, loads the script
    async with counted(redis) as calls:
        await items.publish(draft(), by="ana", key="one")
    assert calls == {"EVALSHA": 1}


async def test_where_the_server_syncs_later_a_publish_is_one_script_and_one_wait(
    valkey: RedisServer,
) -> None:
    chosen = Settings(redis_url=valkey.url, namespace="test", durability_timeout=3.0)
    redis = connect(valkey.url, wait=3.0)
    await command(redis, "CONFIG", "SET", "appendfsync", "everysec")
    items = ItemService(redis, Keys("test"), chosen.taxonomy, chosen)
    await items.publish(draft(), by="ana")
    async with counted(redis) as calls:
        await items.publish(draft(), by="ana", key="one")
    assert calls == {"EVALSHA": 1, "WAITAOF": 1}
    await redis.aclose()
