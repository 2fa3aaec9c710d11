"""Another server takes over the lane: by promotion, by restart, by a restored file.

Two real servers with real replication. In most tests the old primary lives on and takes writes, so
that two histories exist; readers come back with cursors of both. Exactly those with something that
the winning side does not have are reset, and nobody keeps an item that is gone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.readers import Process, Reading
from tests.gateway.hub_harness import FakeSubscriber
from tests.support.redis_servers import KINDS, Kind, RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Unavailable
from ticker.domain.filter import EVERYTHING
from ticker.gateway.lane_end import TRUST
from ticker.gateway.query_parser import Subscription
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.close_codes import CloseCode
from ticker.stream.lane_store import LaneStore
from workers.relay import Relay

SETTINGS = Settings(namespace="failover", durability="local", replay_window=1_000)
KEYS = Keys(SETTINGS.namespace)


class Side:
    """One server, and the newsroom as those see it who are connected to it."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.redis: Redis = connect(server.url, blocking=True)
        self.items = ItemService(self.redis, KEYS, SETTINGS.taxonomy, SETTINGS)
        self.live = LaneStore(self.redis, KEYS)
        self.relay = Relay(self.live, SETTINGS)

    async def publish(self, headline: str) -> str:
        return (await self.items.publish(Draft(headline=headline, edition="en"), by="desk")).item.id

    async def gateway(self) -> Process:
        process = Process(self.live, SETTINGS)
        await process.tail.start()
        return process

    async def aclose(self) -> None:
        await self.live.aclose()
        await self.redis.aclose()


@dataclass
class Pair:
    """A primary and its replica."""

    old: Side
    new: Side

    async def replicated(self) -> None:
        """Wait until the replica has what the primary has."""
        top = (await self.old.live.open())[2]

        async def reached() -> bool:
            return (await self.new.live.verify(top, None)).top >= top

        await wait_until(reached)

    async def promote(self) -> None:
        """Make the replica a primary. The old one lives on."""
        await self.replicated()
        await command(self.new.redis, "REPLICAOF", "NO", "ONE")


@pytest.fixture(params=KINDS)
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[RedisServer, RedisServer]]:
    kind: Kind = request.param
    pair = RedisServer(kind, port=True), RedisServer(kind, port=True)
    for server in pair:
        server.start()
    yield pair
    for server in pair:
        server.stop()


@pytest.fixture
async def pair(servers: tuple[RedisServer, RedisServer]) -> AsyncIterator[Pair]:
    old, new = map(Side, servers)
    await command(new.redis, "REPLICAOF", "127.0.0.1", old.server.port)
    await old.live.open()
    yield Pair(old, new)
    await old.aclose()
    await new.aclose()


def arrive(process: Process, reading: Reading) -> Reading:
    """Connect ``reading`` with its cursor, or for the first time."""
    subscriber = FakeSubscriber(process.hub)
    reading.subscriber, reading.process = subscriber, process
    process.hub.join(subscriber, Subscription(reading.filter, reading.cursor, (200,)))
    process.settle()
    reading.take_in()
    return reading


def anybody() -> Reading:
    return Reading(EVERYTHING, "")


def away(reading: Reading) -> Reading:
    """Return a reader who has read as much as ``reading``, and is not connected."""
    other = anybody()
    other.cursor, other.since, other.board = reading.cursor, reading.since, dict(reading.board)
    return other


class Moving:
    """A server process whose Redis address leads to one server and then to another."""

    def __init__(self, address: Path) -> None:
        self._address = address
        self._redis: Redis = connect(f"unix://{address}", blocking=True)
        self._store = LaneStore(self._redis, KEYS)
        self.process = Process(self._store, SETTINGS)

    async def lead_to(self, side: Side) -> None:
        """Lead to ``side`` from now on; the connections that there are end."""
        self._address.unlink(missing_ok=True)
        self._address.symlink_to(side.server.socket)
        await self._store.aclose()
        await self._redis.connection_pool.disconnect()

    async def aclose(self) -> None:
        await self._store.aclose()
        await self._redis.aclose()


@pytest.fixture
async def moving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Moving]:
    moving = Moving(tmp_path_factory.mktemp("a") / "s")
    yield moving
    await moving.aclose()


async def advance(process: Process) -> None:
    await process.tail.verify()
    await process.tail.step(0)
    process.settle()


async def test_after_a_promotion_exactly_the_readers_of_the_losing_branch_are_reset(
    pair: Pair,
) -> None:
    old, new = pair.old, pair.new
    loser = await old.gateway()
    kept, wrong = await old.publish("Kept"), await old.publish("Wrong")
    await advance(loser)
    live = arrive(loser, anybody())
    before = away(live)
    await pair.promote()

    # One branch loses two items and a correction, the other gains an item and a retraction.
    ghosts = [await old.publish("Lost one"), await old.publish("Lost two")]
    await old.items.change(kept, Change(headline="Lost text"), by="desk")
    await advance(loser)
    live.take_in()
    assert set(live.board) == {kept, wrong, *ghosts}
    losing = away(live)
    gained = await new.publish("Gained")
    await new.items.retract(wrong, "wrong", by="desk")
    winner = await new.gateway()

    assert arrive(winner, before).resets == [], "its cursor is from before both branches"
    assert set(before.board) == {kept, gained}
    assert arrive(winner, losing).resets == ["epoch"]
    assert set(losing.board) == {kept, gained}
    assert losing.board[kept] == 1
    winning = arrive(winner, away(before))
    assert (winning.resets, set(winning.board)) == ([], {kept, gained})

    more = await new.publish("More")
    await advance(winner)
    for reading in (before, losing, winning):
        reading.take_in()
        assert set(reading.board) == {kept, gained, more}


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_a_server_that_moves_to_the_new_primary_resets_only_what_has_seen_more(
    pair: Pair, moving: Moving
) -> None:
    old, new = pair.old, pair.new
    await moving.lead_to(old)
    process = moving.process
    await process.tail.start()
    kept = await old.publish("Kept")
    await advance(process)
    live, slow = arrive(process, anybody()), arrive(process, anybody())
    assert slow.subscriber is not None
    slow.subscriber.network.high, slow.subscriber.network.blocked = 0, True
    slow.subscriber.pause_writing()
    await pair.promote()
    ghost = await old.publish("Lost")
    await advance(process)
    live.take_in()
    assert set(live.board) == {kept, ghost}
    gained = await new.publish("Gained")

    await moving.lead_to(new)
    await process.tail.start()
    process.settle()
    live.take_in()
    assert (live.resets, set(live.board)) == (["epoch"], {kept, gained})
    slow.subscriber.network.blocked = False
    slow.subscriber.resume_writing()
    process.settle()
    slow.take_in()
    assert (slow.resets, set(slow.board)) == ([], {kept, gained}), "it had not got the lost one"


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_a_tail_that_hangs_on_the_old_primary_feeds_nothing_of_it(pair: Pair) -> None:
    """Two connections of one process lead to two servers: a blocking read is not interrupted."""
    old, new = pair.old, pair.new
    await old.publish("Kept")
    process = Process(LaneStore(new.redis, KEYS, reader=old.redis), SETTINGS)
    await pair.replicated()
    await process.tail.start()
    reading = arrive(process, anybody())
    await pair.promote()
    await new.publish("Gained")
    await old.publish("Lost")
    await process.tail.verify()
    process.settle()
    await old.publish("Lost too")
    with pytest.raises(Unavailable, match="another epoch"):
        await process.tail.step(0)
    reading.take_in()
    await process.tail.verify()
    assert reading.resets == []
    assert [event.cursor.epoch for event in process.hub.lane.window] == sorted(
        event.cursor.epoch for event in process.hub.lane.window
    )
    assert b"Lost" not in b"".join(event.message for event in process.hub.lane.window)


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_what_an_editor_read_on_one_branch_is_not_committed_on_the_other(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both branches made a second version. The decision was made on the lost one."""
    old, new = pair.old, pair.new
    item = await old.publish("First")
    await pair.promote()
    await old.items.change(item, Change(headline="Second, lost"), by="ana")
    await new.items.change(item, Change(headline="Second, kept"), by="ben")
    original = new.items.read_for_change

    async def read_on_the_losing_side(id: str, request: object) -> object:
        monkeypatch.setattr(new.items, "read_for_change", original)
        return await old.items.read_for_change(id, request)  # type: ignore[arg-type]

    monkeypatch.setattr(new.items, "read_for_change", read_on_the_losing_side)
    done = await new.items.change(item, Change(summary="Third"), by="ana", if_match=2)
    assert (done.item.version, done.item.headline) == (3, "Second, kept")


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_a_lost_heartbeat_resets_nobody(pair: Pair, moving: Moving) -> None:
    old, new = pair.old, pair.new
    kept = await old.publish("Kept")
    await moving.lead_to(old)
    process = moving.process
    await process.tail.start()
    live = arrive(process, anybody())
    await pair.promote()
    await old.live.send_heartbeat(1_000)
    await old.relay.drain()
    await advance(process)
    gained = await new.publish("Gained")
    process.pass_time(30)
    live.take_in()
    assert live.cursor == process.hub.lane.cursor, "a heartbeat moved it beyond the common part"
    await moving.lead_to(new)
    await advance(process)
    await advance(process)
    live.take_in()
    assert (live.resets, set(live.board)) == ([], {kept, gained})


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_a_server_that_has_seen_the_new_epoch_does_not_follow_the_old_primary_back(
    pair: Pair, moving: Moving
) -> None:
    """A frozen primary wakes up and is taken for the primary for some seconds."""
    old, new = pair.old, pair.new
    await old.publish("Kept")
    wrong = await old.publish("Wrong")
    await pair.promote()
    await new.items.retract(wrong, "wrong", by="desk")
    await moving.lead_to(new)
    back = moving.process
    await back.tail.start()
    reading = arrive(back, anybody())
    await moving.lead_to(old)
    for _ in range(3):
        with pytest.raises(Unavailable, match="does not know"):
            await back.tail.verify()
        back.now += TRUST / 4
    assert wrong not in back.hub.lane.current_items

    # It stays the primary: an operator has decided so. Its history is the one that counts now.
    back.now += TRUST
    await back.tail.verify()
    assert wrong in back.hub.lane.current_items
    reading.take_in()
    assert reading.resets == ["epoch"]


async def test_readers_of_the_winning_side_are_sent_on_by_a_server_of_the_losing_side(
    pair: Pair,
) -> None:
    """A reset there would show what the reader has seen retracted."""
    old, new = pair.old, pair.new
    await old.publish("Kept")
    wrong = await old.publish("Wrong")
    await pair.promote()
    await new.items.retract(wrong, "wrong", by="desk")
    winner, loser = await new.gateway(), await old.gateway()
    reading = arrive(loser, away(arrive(winner, anybody())))
    await loser.tail.verify()
    loser.pass_time(2.5)
    reading.take_in()
    assert reading.subscriber is not None
    assert (reading.resets, reading.subscriber.closed) == ([], CloseCode.BEHIND)
    assert wrong not in reading.board


async def test_a_restart_with_everything_on_disk_is_an_epoch_that_nobody_notices(
    pair: Pair,
) -> None:
    side = pair.old
    kept = await side.publish("Kept")
    process = await side.gateway()
    live = arrive(process, anybody())
    gone = away(live)
    epoch = process.hub.lane.epoch
    side.server.kill()
    with pytest.raises(Unavailable):
        await process.tail.step(0)
    side.server.start()
    after = await side.publish("After")
    await process.tail.start()
    await advance(process)
    live.take_in()
    assert process.hub.lane.epoch > epoch
    assert (live.resets, set(live.board)) == ([], {kept, after})
    arrive(process, gone)
    assert (gone.resets, set(gone.board)) == ([], {kept, after})
    anew = await side.gateway()
    assert arrive(anew, away(live)).resets == []


async def test_an_old_file_put_back_by_hand_is_noticed_though_every_process_was_restarted(
    pair: Pair,
) -> None:
    """Nothing but the readers' cursors remembers the events that the file lacks."""
    side = pair.old
    saved = side.server.directory.with_name(side.server.directory.name + "-saved")
    kept = await side.publish("Kept")
    process = await side.gateway()
    early = arrive(process, anybody())
    side.server.kill()
    shutil.copytree(side.server.directory / "appendonlydir", saved)
    side.server.start()
    ghost = await side.publish("In no backup")
    await advance(process)
    late = arrive(process, away(early))
    assert set(late.board) == {kept, ghost}

    side.server.kill()
    shutil.rmtree(side.server.directory / "appendonlydir")
    os.rename(saved, side.server.directory / "appendonlydir")
    side.server.start()
    gained = await side.publish("After the restore")
    anew = await side.gateway()
    arrive(anew, late)
    assert (late.resets, set(late.board)) == (["epoch"], {kept, gained})
    early = arrive(anew, away(early))
    assert (early.resets, set(early.board)) == ([], {kept, gained})


@pytest.mark.parametrize("servers", ["valkey"], indirect=True)
async def test_the_history_of_epochs_is_bounded_and_the_oldest_are_forgotten(pair: Pair) -> None:
    side = pair.old
    await side.publish("First")
    process = await side.gateway()
    first = process.hub.lane.cursor
    for _ in range(100):
        # As a restart would: another replication id than the one that is remembered.
        await side.redis.hset(KEYS.epochs, "server", "another")  # type: ignore[misc]
        await side.live.carry(1)
    assert (await side.live.timeline()).holds(first)
    await side.redis.hset(KEYS.epochs, "server", "another")  # type: ignore[misc]
    await side.live.carry(1)
    timeline = await side.live.timeline()
    assert len(timeline.ends) == 100
    assert not timeline.holds(first)
    assert timeline.holds(Cursor(min(timeline.ends), first.id))
