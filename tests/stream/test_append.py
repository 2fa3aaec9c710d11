"""The append script: order, noops, scrubbing, dead letters, heartbeats, and the lost lane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.support import lane
from tests.support.drafts import change, draft
from ticker.domain.cursor import ZERO, StreamId
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream import store as live_module
from ticker.stream.store import DeadLetter, ForwardHeartbeat, LaneStore, Show
from workers.relay import Counts, plan

Carrying = Callable[[], Awaitable[Counts]]


async def test_the_lane_has_the_wires_ids_and_only_public_fields(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    done = await items.publish(draft(note="for the desk only", push=True), by="ana")
    await items.change(done.item.id, change(summary="S", note="also secret"), by="ben")
    await carry()
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    text = await lane.whole_lane(redis, keys)
    for secret in (b"desk only", b"also secret", b"created_by", b"ana", b"push"):
        assert secret not in text
    [(id, event)] = (await lane.board(redis, keys)).values()
    assert event["item"]["version"] == 2
    assert [id] == (await lane.ids(redis, keys.live))[1:]


async def test_what_the_lane_has_is_passed_over(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    done = await items.publish(draft(), by="ana")
    assert done.wire_id is not None
    _, _, start = await live.open()
    write = Show(done.wire_id, done.item.id, b'{"action":"publish"}')
    first = await live.append([write], start)
    again = await live.append([write], start)
    assert (first.shown, again.shown, again.written) == (1, 0, 0)
    assert first.top == again.top == done.wire_id
    assert len(await lane.ids(redis, keys.live)) == 1


async def test_a_batch_that_would_leave_a_gap_is_refused(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    """Read after a position that the lane lost meanwhile: appending would skip what is between."""
    done = await items.publish(draft(), by="ana")
    assert done.wire_id is not None
    write = Show(done.wire_id, done.item.id, b"{}")
    missing = await live.append([write], ZERO)
    assert (missing.behind, missing.top) == (True, ZERO)
    _, _, top = await live.open()
    ahead = await live.append([write], StreamId(5, 0))
    assert (ahead.behind, ahead.top) == (True, top)
    assert await lane.ids(redis, keys.live) == []


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
    counts = await carry()
    assert counts.scrubbed == 3
    assert await lane.kinds(redis, keys) == ["publish", "retract"]
    assert b"suspect" not in await lane.whole_lane(redis, keys)
    assert list(await lane.board(redis, keys)) == [keep.item.id]
    assert await lane.ids(redis, keys.live) == [before[0], done.wire_id]


async def test_an_event_of_an_item_retracted_meanwhile_is_a_noop(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """The relay was away while an item was published, corrected and retracted."""
    bad = (await items.publish(draft("Wrongly named suspect"), by="ana")).item.id
    await items.change(bad, change(summary="Suspect's address"), by="ana")
    await items.retract(bad, None, by="ana")
    _, _, top = await live.open()
    [first, second] = await live.read_wire(top, 1, 2)
    await live.append([plan(first), plan(second)], top)
    assert await lane.kinds(redis, keys) == ["noop", "noop"]
    assert b"uspect" not in await lane.whole_lane(redis, keys)
    assert await lane.board(redis, keys) == {}
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
            pipe.xadd(keys.wire, {"e": body[b"e"]}, id=one)
            pipe.rpush(keys.log(id), one)
        await pipe.execute()
    await carry()
    await items.retract(id, None, by="ana")
    counts = await carry()
    assert counts.scrubbed == 2_501
    assert await lane.kinds(redis, keys) == ["retract"]


async def test_an_expired_item_leaves_the_board_and_stays_in_the_lane(
    items: ItemService, redis: Redis, keys: Keys, carry: Carrying
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await items.expire(id, by="ana")
    await carry()
    assert await lane.kinds(redis, keys) == ["publish", "expire"]
    assert await lane.board(redis, keys) == {}


async def test_poison_becomes_a_dead_letter_and_stops_nothing(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    await items.publish(draft("Before"), by="ana")
    poison: list[dict[bytes, bytes]] = [
        {b"e": b"not json"},
        {b"e": b"[]"},
        {b"e": b'{"action":"publish","item":{},"at":"","by":"","note":null,"was":null}'},
        {b"h": b"yesterday"},
        {b"\xff\xfe": b"\x00\x01"},
        {b"e": b"\xff" * 100_000},
    ]
    for record in poison:
        await redis.xadd(keys.wire, record)  # type: ignore[arg-type]
    await items.publish(draft("After"), by="ana")
    counts = await carry()
    assert (counts.shown, counts.buried) == (2, len(poison))
    assert await lane.kinds(redis, keys) == ["publish", *["noop"] * len(poison), "publish"]
    assert await lane.ids(redis, keys.live) == await lane.ids(redis, keys.wire)
    letters = await live.dead_letters(10)
    assert len(letters) == len(poison)
    assert [letter[b"wire"].decode() for _, letter in reversed(letters)] == [
        str(id) for id in (await lane.ids(redis, keys.wire))[1:-1]
    ]
    assert all(letter[b"reason"] for _, letter in letters)
    assert b"not json" in letters[-1][1][b"record"]
    assert max(len(letter[b"record"]) for _, letter in letters) <= live_module.DEAD_RECORD_MAX


async def test_dead_letters_are_bounded(
    redis: Redis, keys: Keys, live: LaneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "DEAD_MAX", 100)
    _, _, top = await live.open()
    letters = [DeadLetter(StreamId(n, 0), "why", {b"e": b"x"}) for n in range(1, 1_001)]
    await live.append(letters, top)
    # "~" lets Redis keep the rest of one node of its tree, 100 entries by default.
    assert 100 <= await redis.xlen(keys.dead) <= 200


async def test_a_heartbeat_replaces_the_one_before_it(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    for n in range(3):
        await items.publish(draft(), by="ana")
        await redis.delete(keys.beat)
        await live.beat(1_000)
        await carry()
        assert await lane.kinds(redis, keys) == ["publish"] * (n + 1) + ["beat"]
        assert len(await lane.ids(redis, keys.wire)) == n + 1, "none stays on the wire"
    top = (await live.open())[2]
    assert (await lane.ids(redis, keys.live))[-1] == top


async def test_heartbeats_do_not_pile_up_while_no_relay_runs(
    redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    for _ in range(5):
        await redis.delete(keys.beat)
        await live.beat(1_000)
    assert await redis.xlen(keys.wire) == 1
    await carry()
    assert await lane.kinds(redis, keys) == ["beat"]


async def test_one_heartbeat_per_interval_whatever_number_of_workers(
    redis: Redis, keys: Keys, live: LaneStore
) -> None:
    sent = [await live.beat(60_000) for _ in range(20)]
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
    assert (await carry()).shown == 1, "not once more"
    await items.publish(draft(), by="ana")
    assert (await carry()).shown == 2


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
    assert first in await lane.board(redis, keys)
    assert old not in await lane.board(redis, keys)
    rebuilt, floor, _ = await live.open()
    assert rebuilt > epoch, "cursors of the lost lane mean nothing any more"
    assert floor == (await lane.ids(redis, keys.wire))[0]


async def test_a_wire_that_was_deleted_gives_out_no_ids_the_lane_has_passed(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore, carry: Carrying
) -> None:
    """The lane is an hour ahead of the clock, and the wire is gone: its new ids would be lower."""
    _, _, top = await live.open()
    ahead = StreamId(int((await redis.time())[0]) * 1000 + 3_600_000, 0)
    await live.append([ForwardHeartbeat(ahead, 1)], top)
    await live.open()
    done = await items.publish(draft(), by="ana")
    assert done.wire_id is not None
    assert done.wire_id > ahead
    await redis.delete(keys.wire)
    await redis.xadd(keys.wire, {"n": "1"}, id="1-1")
    await live.open()
    late = await items.publish(draft(), by="ana")
    assert late.wire_id is not None
    assert late.wire_id > ahead
    assert (await carry()).shown == 1


async def test_ids_beyond_double_precision_are_compared_exactly(
    items: ItemService, redis: Redis, keys: Keys, live: LaneStore
) -> None:
    item = (await items.publish(draft(), by="ana")).item
    _, _, top = await live.open()
    big = 2**64 - 3
    for seq in (big, big + 1):
        done = await live.append([Show(StreamId(2**63 + 1, seq), item.id, b"{}")], top)
        assert done.shown == 1
        top = done.top
    assert (await live.append([Show(StreamId(2**63 + 1, big), item.id, b"{}")], top)).shown == 0
    assert await command(redis, "XLEN", keys.live) == 2
