"""Carrying: order, noops, scrubbing, dead letters, heartbeats, and the lost lane.

``items`` comes twice: its commits carry their own events, or leave all of them to a relay. What the
lane holds in the end is the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
import pytest

from tests.support import lane
from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.event import LaneEvent, Noop, WireEvent, read_lane
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts

NOW = 1_790_000_000_000
DEAD_RECORD_MAX = 65_536
"""As ``_carry.lua`` has it."""

Carrying = Callable[[], Awaitable[Counts]]


@pytest.fixture(params=["inline", "relayed"])
def items(
    request: pytest.FixtureRequest, items: ItemService, settings: Settings, redis: Redis
) -> ItemService:
    return items if request.param == "inline" else lane.relayed(redis, settings)


async def test_the_lane_has_the_wires_ids_and_only_public_fields(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    done = await items.publish(draft(note="for editors only", push=True), by="ana")
    await items.change(done.item.id, change(summary="S", note="also secret"), by="ben")
    await carry()
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    text = await lane.whole_lane(redis, keys)
    for secret in (b"editors only", b"also secret", b"created_by", b"ana", b"push"):
        assert secret not in text
    [(id, event)] = (await lane.current_items(redis, keys)).values()
    assert event["item"]["version"] == 2
    assert [id] == (await lane.ids(redis, keys.live))[1:]


async def test_carrying_again_carries_nothing_again(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    await live.open()
    done = await items.publish(draft(), by="ana")
    await live.carry(10)
    again = await live.carry(10)
    assert again is not None
    assert (again.entries, again.top) == (0, done.wire_id)
    assert await lane.ids(redis, keys.live) == [done.wire_id]


async def test_without_a_lane_nothing_is_carried(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """Nobody knows then from where; ``open`` decides that, and whether a new epoch begins."""
    await items.publish(draft(), by="ana")
    assert await live.carry(10) is None
    assert await lane.ids(redis, keys.live) == []
    await ConsumerGroup(redis, keys, "push", "one").open()
    assert await live.carry(10) is None, "a stream that a group made is no lane yet"
    await items.publish(draft(), by="ana")
    assert await lane.ids(redis, keys.live) == []
    await live.open()
    carried = await live.carry(10)
    assert carried is not None
    assert carried.shown == 2


async def test_a_batch_is_bounded_and_the_rest_follows(
    redis: Redis, keys: Keys, settings: Settings, live: LaneStore
) -> None:
    waiting = lane.relayed(redis, settings)
    await live.open()
    for _ in range(5):
        await waiting.publish(draft(), by="ana")
    entries = [carried.entries for _ in range(4) if (carried := await live.carry(2)) is not None]
    assert entries == [2, 2, 1, 0]
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)


async def test_a_retraction_scrubs_the_lane(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    keep = await items.publish(draft("Stays on the screens"), by="ana")
    bad = (await items.publish(draft("Wrongly named suspect"), by="ana")).item.id
    await carry()
    await items.change(bad, change(headline="Wrongly named suspect, 40"), by="ana")
    await items.pin(bad, True, by="ana")
    await carry()
    before = await lane.ids(redis, keys.live)
    done = await items.retract(bad, "not him", by="ana")
    await carry()
    assert await lane.kinds(redis, keys) == ["publish", "retract"]
    assert b"suspect" not in await lane.whole_lane(redis, keys)
    assert list(await lane.current_items(redis, keys)) == [keep.item.id]
    assert await lane.ids(redis, keys.live) == [before[0], done.wire_id]


async def test_an_event_of_an_item_retracted_meanwhile_is_a_noop(
    redis: Redis, keys: Keys, settings: Settings, live: LaneStore, carry: Carrying
) -> None:
    """The relay was away while an item was published, corrected and retracted."""
    items = lane.relayed(redis, settings)
    bad = (await items.publish(draft("Wrongly named suspect"), by="ana")).item.id
    await items.change(bad, change(summary="Suspect's address"), by="ana")
    await items.retract(bad, None, by="ana")
    await live.open()
    await live.carry(2)
    assert await lane.kinds(redis, keys) == ["noop", "noop"]
    assert b"uspect" not in await lane.whole_lane(redis, keys)
    assert await lane.current_items(redis, keys) == {}
    await carry()
    assert await lane.kinds(redis, keys) == ["retract"], "the noops are of no more use"


async def test_more_versions_than_one_call_can_name_are_scrubbed(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    """Lua cannot unpack an unlimited list; 2,500 ids take three XDELs."""
    id = (await items.publish(draft("Wrong"), by="ana")).item.id
    _, body = (await lane.entries(redis, keys.wire))[0]
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(2_500):
            one = f"9{number:013d}-1"
            pipe.xadd(keys.wire, {"v": body[b"v"]}, id=one)
            pipe.rpush(keys.log(id), one)
        await pipe.execute()
    await carry()
    assert len(await lane.ids(redis, keys.live)) == 2_501
    await items.retract(id, None, by="ana")
    await carry()
    assert await lane.kinds(redis, keys) == ["retract"]


async def test_an_expired_item_is_no_longer_current_and_stays_in_the_lane(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await items.expire(id, by="ana")
    await carry()
    assert await lane.kinds(redis, keys) == ["publish", "expire"]
    assert await lane.current_items(redis, keys) == {}


def public(**changes: object) -> bytes:
    """Return the public body of an item of which some fields are other than they should be."""
    step = transitions.publish(draft(), Taxonomy(), id="0" * 26, by="ana", now_ms=NOW)
    assert step.event is not None
    body = orjson.loads(step.event.public())
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = body
        for name in parents:
            target = target[name]
        target[last] = value
    return orjson.dumps(body)


POISON: list[dict[bytes, bytes]] = [
    {b"e": b"{}"},
    {b"x": b"1"},
    {b"v": b""},
    {b"v": b"null"},
    {b"v": b"[1]"},
    {b"v": b"\xff"},
    {b"v": b"not json"},
    {b"v": b"[" * 100_000},
    {b"v": b'{"action":"publish"}'},
    {b"v": public(action="shout")},
    {b"v": public(action=["publish"])},
    {b"v": public(item=None)},
    {b"v": public(item__version="one")},
    {b"v": public(item__level="loud")},
    {b"v": public(item__tags="a")},
    {b"v": public(item__tags={"a": "b"})},
    {b"v": public(item__published_at="yesterday")},
    {b"v": public(item__published_at="2026-01-01T00:00:00")},
    {b"v": public(item__expires_at="never")},
    {b"v": public(was="everywhere")},
    {b"v": public(was={"edition": "en"})},
    {b"v": public(was={"edition": "en", "level": [], "sections": 1, "regions": 2, "tags": 3})},
    {b"h": b""},
    {b"h": b"yesterday"},
    {b"\xff\xfe": b"\x00\x01"},
    {b"v": b"\xff" * 100_000},
]


async def test_poison_becomes_a_dead_letter_and_stops_nothing(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    await items.publish(draft("Before"), by="ana")
    for record in POISON:
        await redis.xadd(keys.wire, record)  # type: ignore[arg-type]
    await items.publish(draft("After"), by="ana")
    counts = await carry()
    assert (counts.shown, counts.buried) == (2, len(POISON))
    assert await lane.kinds(redis, keys) == ["publish", *["noop"] * len(POISON), "publish"]
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    letters = [letter for _, letter in reversed(await live.dead_letters(100))]
    assert [letter[b"wire"].decode() for letter in letters] == [
        str(id) for id in (await lane.ids(redis, keys.wire))[1:-1]
    ]
    assert all(letter[b"reason"] for letter in letters)
    kept = {letter[b"record"] for letter in letters}
    assert b'{"v":"not json"}' in kept
    assert b'{"fffe":"0001"}' in kept, "bytes that are no text are kept as hex"
    assert max(map(len, kept)) <= DEAD_RECORD_MAX


async def test_whatever_is_committed_can_be_read_by_a_gateway(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    full = draft("مرحبا", edition="ar", expires_in=60, pinned=True, tags=["a"], sections=["sports"])
    id = (await items.publish(full, by="ana")).item.id
    await items.change(id, change(sections=["politics"], level="flash"), by="ana")
    await items.pin(id, False, by="ana")
    await items.expire(id, by="ana")
    await items.retract(id, None, by="ana")
    counts = await carry()
    assert counts.buried == 0
    for id_, record in await lane.entries(redis, keys.live):
        assert isinstance(read_lane(id_, record, 1), LaneEvent | Noop)


async def test_an_entry_without_a_readable_public_body_is_buried_with_its_commit(
    redis: Redis,
    keys: Keys,
    items: ItemService,
    live: LaneStore,
    carry: Carrying,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect of ours, say: the newsroom goes on, and the editor's item is kept."""
    await live.open()
    monkeypatch.setattr(WireEvent, "public_parts", lambda self, doc: (0, b"{"))
    done = await items.publish(draft(), by="ana")
    monkeypatch.undo()
    await items.publish(draft(), by="ana")
    await carry()
    assert await lane.kinds(redis, keys) == ["noop", "publish"]
    [(_, letter)] = await live.dead_letters(10)
    assert letter[b"wire"].decode() == str(done.wire_id)
    assert letter[b"reason"] == b"the public body is not JSON"


async def test_dead_letters_are_bounded(redis: Redis, keys: Keys, carry: Carrying) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for _ in range(1_500):
            pipe.xadd(keys.wire, {"v": "x"})
        await pipe.execute()
    assert (await carry()).buried == 1_500
    # "~" lets Redis keep the rest of one node of its tree, 100 entries by default.
    assert 1_000 <= await redis.xlen(keys.dead) <= 1_100


async def test_a_heartbeat_replaces_the_one_before_it(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    for n in range(3):
        await items.publish(draft(), by="ana")
        await redis.hdel(keys.heartbeat, "wire_ms")  # type: ignore[misc]
        await live.send_heartbeat(1_000)
        await carry()
        assert await lane.kinds(redis, keys) == ["publish"] * (n + 1) + ["beat"]
        assert len(await lane.ids(redis, keys.wire)) == n + 1, "none stays on the wire"
    top = (await live.open())[2]
    assert (await lane.ids(redis, keys.live))[-1] == top


async def test_heartbeats_do_not_pile_up_while_no_relay_runs(
    redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    for _ in range(5):
        await redis.hdel(keys.heartbeat, "wire_ms")  # type: ignore[misc]
        await live.send_heartbeat(1_000)
    assert await redis.xlen(keys.wire) == 1
    await carry()
    assert await lane.kinds(redis, keys) == ["beat"]


async def test_one_heartbeat_per_interval_whatever_number_of_workers(
    redis: Redis, keys: Keys, live: LaneStore
) -> None:
    sent = [await live.send_heartbeat(60_000) for _ in range(20)]
    assert sum(id is not None for id, _ in sent) == 1
    assert all(59_000 < wait <= 60_000 for _, wait in sent)


async def test_a_position_outlives_its_entries(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """All entries of the lane are deleted; its last id still says where it was."""
    await items.publish(draft(), by="ana")
    await carry()
    for id in await lane.ids(redis, keys.live):
        await redis.xdel(keys.live, str(id))
    top = (await live.open())[2]
    assert [top] == await lane.ids(redis, keys.wire)
    await carry()
    assert await lane.ids(redis, keys.live) == [], "not once more"
    await items.publish(draft(), by="ana")
    await carry()
    assert len(await lane.ids(redis, keys.live)) == 1


async def test_a_deleted_lane_is_rebuilt_from_the_wire(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    first = (await items.publish(draft("Stays"), by="ana")).item.id
    bad = (await items.publish(draft("Wrongly named suspect"), by="ana")).item.id
    old = (await items.publish(draft("Over by now"), by="ana")).item.id
    lost = (await items.publish(draft("Archived long ago"), by="ana")).item.id
    await items.retract(bad, None, by="ana")
    await items.expire(old, by="ana")
    await carry()
    epoch, _, _ = await live.open()
    await redis.delete(keys.live, keys.item(lost), keys.log(lost))
    await carry()
    kinds = ["publish", "publish", "noop", "retract", "expire"]
    assert await lane.kinds(redis, keys) == kinds
    wire = await lane.ids(redis, keys.wire)
    assert await lane.ids(redis, keys.live) == [wire[0], *wire[2:]]
    assert b"suspect" not in await lane.whole_lane(redis, keys)
    assert first in await lane.current_items(redis, keys)
    assert old not in await lane.current_items(redis, keys)
    rebuilt, floor, _ = await live.open()
    assert rebuilt > epoch, "cursors of the lost lane mean nothing any more"
    assert floor == (await lane.ids(redis, keys.wire))[0]


async def test_a_wire_that_was_deleted_gives_out_no_ids_the_lane_has_passed(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """The lane is an hour ahead of the clock, and the wire is gone: its new ids would be lower."""
    await live.open()
    ahead = StreamId(int((await redis.time())[0]) * 1000 + 3_600_000, 0)
    await redis.xadd(keys.wire, {"h": "1"}, id=str(ahead))
    await carry()
    await redis.delete(keys.wire)
    await live.open()
    done = await items.publish(draft(), by="ana")
    assert done.wire_id is not None
    assert done.wire_id > ahead
    await carry()
    await redis.delete(keys.wire)
    await redis.xadd(keys.wire, {"n": "1"}, id="1-1")
    await live.open()
    late = await items.publish(draft(), by="ana")
    assert late.wire_id is not None
    assert late.wire_id > ahead
    await carry()
    assert (await lane.kinds(redis, keys)).count("publish") == 2


async def test_ids_beyond_double_precision_are_compared_exactly(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    await items.publish(draft(), by="ana")
    [(_, record)] = await lane.entries(redis, keys.wire)
    await live.open()
    await live.carry(1)
    big = 2**64 - 3
    for seq in (big, big + 1):
        await redis.xadd(keys.wire, {"v": record[b"v"]}, id=f"{2**63 + 1}-{seq}")
        carried = await live.carry(10)
        assert carried is not None
        assert (carried.shown, carried.top) == (1, StreamId(2**63 + 1, seq))
    assert await command(redis, "XLEN", keys.live) == 3
