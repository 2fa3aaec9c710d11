"""The archive role on a real lane: what was live is found, what was retracted is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import lane as lanes
from tests.support.archives import TestArchive, traces
from tests.support.drafts import change, draft
from tests.support.metrics import samples
from ticker.archive import open as archives
from ticker.config import Settings
from ticker.domain.clock import rfc3339
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from workers.archive import ArchiveCopy
from workers.relay import Relay


class Newsroom:
    """A newsroom whose lane an archive follows."""

    def __init__(
        self, items: ItemService, live: LaneStore, settings: Settings, archive: TestArchive
    ) -> None:
        self.items = items
        self.live = live
        self.archive = archive
        self.find = archive.find
        self.now = 0.0
        self._relay = Relay(live, settings)
        self.copy = self.another()

    def another(self) -> ArchiveCopy:
        return ArchiveCopy(self.live, self.archive.writer, 3.0, lambda: self.now)

    async def publish(self, headline: str) -> str:
        return (await self.items.publish(draft(headline), by="ana")).item.id

    async def catch_up(self, copy: ArchiveCopy | None = None) -> None:
        """Carry the wire, and copy the lane until the archive has all of it."""
        await self._relay.drain()
        copy = copy or self.copy
        for _ in range(20):
            position = (await self.archive.writer.position()).cursor
            _, _, top = await self.live.open()
            if position is not None and position.id == top:
                return
            await copy.step()
        raise AssertionError("the archive does not reach the lane's end")


@pytest.fixture
async def newsroom(
    items: ItemService, live: LaneStore, settings: Settings, tmp_path: Path
) -> AsyncIterator[Newsroom]:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    archive = TestArchive(archives.writer(url), archives.reader(url))
    await live.open()
    yield Newsroom(items, live, settings, archive)
    await archive.aclose()


async def test_everything_live_is_archived_and_nothing_else(newsroom: Newsroom) -> None:
    bridge = await newsroom.publish("Bridge closed")
    await newsroom.items.publish(draft("Bridge drill", test=True), by="ana")
    later = rfc3339(4_000_000_000_000)
    await newsroom.items.publish(draft("Bridge opens tomorrow", at=later, force=True), by="ana")
    ferry = await newsroom.publish("Ferry late")
    await newsroom.items.change(
        ferry, change(headline="Ferry on time", correction="On time"), by="b"
    )
    await newsroom.items.expire(bridge, by="ana")
    await newsroom.catch_up()
    assert await newsroom.find() == [ferry, bridge]
    assert await newsroom.find("late") == []
    assert await newsroom.find("bridge") == [bridge]


async def test_a_retraction_removes_text_and_history(newsroom: Newsroom, tmp_path: Path) -> None:
    bridge = await newsroom.publish("Zanzibar bridge falls")
    await newsroom.items.change(bridge, change(headline="Zanzibar bridge closed"), by="ana")
    await newsroom.catch_up()
    assert await newsroom.find("zanzibar") == [bridge]
    await newsroom.items.retract(bridge, "wrong", by="ana")
    await newsroom.catch_up()
    assert await newsroom.find() == []
    assert not traces(tmp_path, ["anzibar"])


async def test_a_new_archive_has_items_whose_events_are_trimmed(
    newsroom: Newsroom, redis: Redis, keys: Keys
) -> None:
    old = await newsroom.publish("Old bridge")
    new = await newsroom.publish("New bridge")
    await newsroom.live.trim(1, 1)
    assert len(await lanes.ids(redis, keys.live)) == 1
    await newsroom.catch_up()
    assert await newsroom.find("bridge") == [new, old]


async def test_two_workers_write_one_archive_once(newsroom: Newsroom) -> None:
    other = newsroom.another()
    first = await newsroom.publish("First bridge")
    await newsroom.catch_up()
    await newsroom.catch_up(other)
    await other.step()  # knows the position
    second = await newsroom.publish("Second bridge")
    await newsroom.catch_up()
    await other.step()  # finds that the archive was moved on
    await other.step()
    assert await newsroom.find("bridge") == [second, first]
    third = await newsroom.publish("Third bridge")
    await newsroom.catch_up(other)
    assert await newsroom.find("bridge") == [third, second, first]


async def test_a_worker_that_was_away_for_longer_than_the_lane_finds_out_what_ended(
    newsroom: Newsroom,
) -> None:
    ids = [await newsroom.publish(f"Bridge {number}") for number in range(3)]
    await newsroom.catch_up()
    await newsroom.items.expire(ids[0], by="ana")
    await newsroom.items.change(ids[1], change(headline="Tunnel 1"), by="ana")
    missed = await newsroom.publish("Bridge missed")
    await newsroom.publish("Bridge last")
    await newsroom.live.trim(1, 1)
    await newsroom.catch_up(newsroom.another())
    assert await newsroom.find("tunnel") == [ids[1]]
    assert missed in await newsroom.find("bridge")
    gone = await newsroom.archive.reader.get(ids[0])
    assert gone is not None
    assert gone.ended
    assert gone.doubtful


async def test_events_that_a_failover_lost_leave_the_archive(
    newsroom: Newsroom, redis: Redis
) -> None:
    kept = await newsroom.publish("Bridge kept")
    await newsroom.catch_up()
    before = {key: await redis.dump(key) for key in await redis.keys("*")}
    await newsroom.items.change(kept, change(headline="Tunnel lost"), by="ana")
    await newsroom.publish("Bridge lost")
    await newsroom.catch_up()
    assert len(await newsroom.find()) == 2
    # As after the promotion of a replica that did not have the last events.
    await redis.flushall()
    for key, value in before.items():
        await redis.restore(key, 0, value)
    epoch, _, _ = await newsroom.live.open()
    await newsroom.live.new_epoch(epoch, damaged=False)
    after = await newsroom.publish("Bridge after")
    newsroom.now += 10
    await newsroom.copy.step()
    await newsroom.catch_up()
    assert await newsroom.find("bridge") == await newsroom.find() == [after, kept]


async def test_its_metrics_tell_what_was_copied(newsroom: Newsroom) -> None:
    assert samples(newsroom.copy)["ticker_archive_heartbeat_age_seconds"] == -1
    await newsroom.publish("Bridge closed")
    await newsroom.live.send_heartbeat(1)
    await newsroom.catch_up()
    newsroom.now += 5
    found = samples(newsroom.copy)
    assert found['ticker_archive_changes_total{kind="shown"}'] == 1
    assert found['ticker_archive_restarts_total{reason="empty"}'] == 1
    assert found["ticker_archive_heartbeat_age_seconds"] == 5


async def test_an_entry_that_nobody_can_read_stops_nothing(
    newsroom: Newsroom, redis: Redis, keys: Keys
) -> None:
    await newsroom.publish("First")
    await newsroom.catch_up()
    _, _, top = await newsroom.live.open()
    await command(redis, "XADD", keys.live, f"{top.ms}-{top.seq + 1}", "e", "not JSON")
    bridge = await newsroom.publish("Bridge closed")
    await newsroom.catch_up()
    assert (await newsroom.find())[0] == bridge
