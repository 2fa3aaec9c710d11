"""A backup is of one moment, and its restore is an epoch."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.end_to_end.readers import Process, Reading
from tests.gateway.hub_harness import FakeSubscriber
from tests.support import lane as lanes
from tests.support.drafts import change, draft
from tests.support.waiting import simulated_delay
from ticker.backup import archive
from ticker.backup.backup import backup
from ticker.backup.restore import NotEmpty, restore
from ticker.config import Settings
from ticker.domain.errors import NotFound
from ticker.domain.filter import EVERYTHING
from ticker.gateway.query_parser import Subscription
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA, SchemaTooNew, check_schema
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import LaneStore
from workers.relay import Relay


async def everything(redis: Redis, keys: Keys) -> dict[str, Any]:
    """Return all that a backup has to bring back, in a form that can be compared."""
    found: dict[str, Any] = {}
    reads: dict[str, tuple[str | int, ...]] = {
        "string": ("GET",),
        "hash": ("HGETALL",),
        "list": ("LRANGE", 0, -1),
        "set": ("SMEMBERS",),
        "zset": ("ZRANGE", 0, -1, "WITHSCORES"),
        "stream": ("XRANGE", "-", "+"),
    }
    for name in sorted(await redis.keys(keys.prefix + "*")):
        kind = (await command(redis, "TYPE", name)).decode()
        read, *rest = reads[kind]
        value = [await command(redis, read, name, *rest), await command(redis, "PEXPIRETIME", name)]
        if kind == "stream":
            info = await redis.xinfo_stream(name)
            value += [info["last-generated-id"], info["max-deleted-entry-id"]]
        found[name.decode().removeprefix(keys.prefix)] = value
    del found["epochs"]
    return found


async def filled(items: ItemService, live: LaneStore, redis: Redis, keys: Keys) -> list[str]:
    """A newsroom with items of every kind; return the ids of those that are live."""
    await live.open()
    await check_schema(redis, keys)
    ids = [(await items.publish(draft(), by="ana")).item.id for _ in range(5)]
    await items.change(ids[0], change(headline="Corrected"), by="ana")
    await items.retract(ids[1], "wrong", by="ana")
    await items.publish(draft(at="2099-01-01T00:00:00Z", force=True), by="ana", key="k")
    await command(redis, "HSET", keys.editors, b"\x00\xff\x80", "not text")
    await redis.sadd(keys.push_open_shards("t"), "1", "2")  # type: ignore[misc]
    return [ids[0], *ids[2:]]


async def test_a_backup_brings_everything_back_into_an_empty_store(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    await filled(items, live, redis, keys)
    path = tmp_path / "newsroom.backup"
    made = await backup(redis, keys, path)
    before = await everything(redis, keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.keys == len(before) + 1
    assert made.top == str((await live.open())[2])

    await redis.flushall()
    done = await restore(redis, settings, path, force=False)
    assert done.summary == made
    assert await everything(redis, keys) == before
    assert (done.retracted, done.lost) == (0, 0)
    again = await items.publish(draft(), by="ana")
    assert again.wire_id is not None
    assert again.wire_id > (await lanes.ids(redis, keys.wire))[-2]


@pytest.mark.long
async def test_a_backup_of_a_newsroom_at_work_is_of_one_moment(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    """Items are published, changed and retracted all the time, and heartbeats come and go."""
    await filled(items, live, redis, keys)
    relay = Relay(live, settings)
    stop = False

    async def work() -> None:
        while not stop:
            id = (await items.publish(draft(), by="ben")).item.id
            await items.change(id, change(headline=f"Changed {id}"), by="ben")
            if int(id, 36) % 3 == 0:
                await items.retract(id, "wrong", by="ben")
            await redis.hdel(keys.heartbeat, "wire_ms")  # type: ignore[misc]
            await live.send_heartbeat(1)
            await relay.drain()
            await simulated_delay(0.005)  # or a busy machine copies more slowly than they write

    working = [asyncio.create_task(work()) for _ in range(2)]
    path = tmp_path / "newsroom.backup"
    for _ in range(3):
        await backup(redis, keys, path)
    stop = True
    await asyncio.gather(*working)
    await redis.flushall()
    await restore(redis, settings, path, force=False)

    # One commit writes all of these: at one moment they agree.
    current = await lanes.current_items(redis, keys)
    # A heartbeat is on the wire alone until a relay carries it; an event is carried by its commit.
    wire = [id for id, record in await lanes.entries(redis, keys.wire) if b"h" not in record]
    published = {id.decode() for id in await redis.zrange(keys.published, 0, -1)}
    assert set(current) == published
    top = (await live.open())[2]
    assert wire[-1] <= top
    for id in published:
        log = await redis.lrange(keys.log(id), 0, -1)  # type: ignore[misc]
        fields = await redis.hgetall(keys.item(id))  # type: ignore[misc]
        assert fields[b"wire"] == log[-1]
        assert str(current[id][0]).encode() == log[-1]
    everybody = [name.decode().rpartition(":")[2] for name in await redis.keys(keys.item("*"))]
    text = await lanes.whole_lane(redis, keys)
    for id in everybody:
        if (await items.get(id)).state == "retracted":
            assert f"Changed {id}".encode() not in text


async def test_a_restore_into_a_running_newsroom_resets_the_readers_of_what_is_lost(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    kept = await filled(items, live, redis, keys)
    process = Process(live, settings)
    await process.tail.start()
    early, late = Reading(EVERYTHING, ""), Reading(EVERYTHING, "")
    arrive(process, early)
    assert early.subscriber is not None
    early.subscriber.connection_lost(None)
    path = tmp_path / "b"
    await backup(redis, keys, path)
    ghost = (await items.publish(draft(), by="ana")).item.id
    withdrawn = kept.pop()
    await items.retract(withdrawn, "wrong", by="ana")
    await process.tail.step(0)
    arrive(process, late)
    assert set(late.board) == {*kept, ghost}

    with pytest.raises(NotEmpty):
        await restore(redis, settings, path, force=False)
    done = await restore(redis, settings, path, force=True)
    assert (done.retracted, done.lost) == (1, 2)
    await process.tail.verify()
    await process.tail.step(0)
    process.settle()
    late.take_in()
    assert late.resets == ["epoch"]
    assert set(late.board) == set(kept)
    with pytest.raises(NotFound):
        await items.get(ghost)
    assert (await items.get(withdrawn)).state == "retracted"

    anew = Process(live, settings)
    await anew.tail.start()
    for reading in (early, late):
        arrive(anew, reading)
        assert set(reading.board) == set(kept), "retracted text stays away"
    assert early.resets == [], "it had seen nothing that is lost"
    leftover = await redis.keys(keys.prefix + "restore:*")
    assert leftover == []


async def test_what_was_no_item_of_readers_at_the_backup_and_is_retracted_since_does_not_go_out(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    await live.open()
    soon = datetime.now(UTC) + timedelta(hours=1)
    out, taken_back, draft_then, ended, kept = [
        (await items.publish(draft(**fields), by="ana")).item.id
        for fields in ({"at": soon}, {"undo_window": 10}, {"draft": True}, {}, {"at": soon})
    ]
    await items.expire(ended, by="ana")
    path = tmp_path / "b"
    await backup(redis, keys, path)
    await items.release(out, by="ana")
    for id in (out, taken_back, draft_then, ended):
        await items.retract(id, "wrong", by="ana")
    done = await restore(redis, settings, path, force=True)
    assert done.retracted == 4
    for id in (out, taken_back, draft_then, ended):
        assert (await items.get(id)).state == "retracted"
    assert [one.id for one in await items.scheduled(10)] == [kept]
    assert await items.drafts(10) == []


def arrive(process: Process, reading: Reading) -> None:
    reading.subscriber = FakeSubscriber(process.hub)
    process.hub.join(reading.subscriber, Subscription(EVERYTHING, reading.cursor, (200,)))
    process.settle()
    reading.take_in()


async def test_what_a_consumer_has_not_acknowledged_comes_again(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    await live.open()
    group = ConsumerGroup(redis, keys, "push", "one")
    await group.open()
    first = await items.publish(draft(), by="ana")
    second = await items.publish(draft(), by="ana")
    assert first.wire_id is not None
    assert second.wire_id is not None
    assert len(await group.read(10)) == 2
    await group.done([first.wire_id])
    await backup(redis, keys, tmp_path / "b")
    await redis.flushall()
    await restore(redis, settings, tmp_path / "b", force=False)
    assert [id for id, _ in await group.read(10)] == [second.wire_id]


async def test_a_newer_schema_is_refused_in_a_store_and_in_a_file(
    live: LaneStore, redis: Redis, keys: Keys, settings: Settings, tmp_path: Path
) -> None:
    await live.open()
    path = tmp_path / "b"
    await backup(redis, keys, path)
    lines = gzip.decompress(path.read_bytes()).splitlines()
    manifest = orjson.loads(lines[0]) | {"schema": SCHEMA + 1}
    with archive.Writer(path, manifest) as writer:
        writer.finish()
    with pytest.raises(SchemaTooNew, match="newer version"):
        await restore(redis, settings, path, force=True)
    await redis.set(keys.schema, SCHEMA + 1)
    with pytest.raises(SchemaTooNew):
        await backup(redis, keys, path)
