"""Durability ``replicated``: nothing is on a screen before a replica has it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.support.drafts import draft, publish_all
from tests.support.redis_servers import Kind, RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.cursor import ZERO
from ticker.domain.store_errors import NotDurable, StoreNoReplicas
from ticker.publishing.delivery import wait_for_lane
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from ticker.stream.replicated_carry import ReplicatedCarry
from workers.relay import Relay

KEYS = Keys("test")
NOBODY_THERE, PATIENCE = 0.3, 20.0
"""Seconds for an acknowledgement: when there is no replica, and when there is one."""


@dataclass
class Desk:
    """A newsroom with durability ``replicated`` on a primary whose replica may come and go."""

    lane: LaneStore
    redis: Redis
    follower: Redis
    primary: RedisServer
    carries: list[ReplicatedCarry] = field(default_factory=list)
    items: ItemService = field(init=False)
    relay: Relay = field(init=False)

    def wait(self, seconds: float) -> None:
        """Begin anew, and wait so long for the replica from now on."""
        settings = Settings(durability="replicated", durability_timeout=seconds)
        self.carries.append(ReplicatedCarry(self.redis, KEYS, 1, seconds))
        self.items = ItemService(self.redis, KEYS, settings.taxonomy, settings)
        self.relay = Relay(self.lane, settings, self.carries[-1])

    async def shown(self) -> list[str]:
        """Return the ids of the current items, after all that may be carried is carried."""
        with contextlib.suppress(StoreNoReplicas):
            await self.relay.drain()
        checkpoint = await self.lane.load(100)
        return [record[b"e"].decode().split('"id":"')[1][:26] for _, record in checkpoint.current]

    async def follow(self) -> None:
        await command(self.follower, "REPLICAOF", "127.0.0.1", self.primary.port)
        await wait_until(self.items.check_writes, lambda found: not found.refused)
        # The primary counts a replica that still reads the first copy, and acknowledges nothing.
        await wait_until(
            lambda: self.follower.info("replication"),
            lambda found: found["master_link_status"] == "up",
        )
        self.wait(PATIENCE)


@pytest.fixture
async def desk(server_kind: Kind) -> AsyncIterator[Desk]:
    primary, replica = (RedisServer(server_kind, port=True) for _ in range(2))
    primary.start()
    replica.start()
    redis, follower = connect(primary.url, wait=PATIENCE), connect(replica.url, replica=True)
    lane = LaneStore(redis, KEYS)
    await lane.open()
    desk = Desk(lane, redis, follower, primary)
    desk.wait(NOBODY_THERE)
    yield desk
    for carry in desk.carries:
        await carry.aclose()
    await redis.aclose()
    await follower.aclose()
    primary.stop()
    replica.stop()


async def test_without_a_replica_every_publish_is_refused_and_nothing_is_shown(desk: Desk) -> None:
    for number in range(3):
        with pytest.raises(NotDurable):
            await desk.items.publish(draft(), by="ana", key=f"k{number}")
        assert await desk.shown() == []
    assert (await desk.items.check_writes()).refused
    with pytest.raises(StoreNoReplicas):
        await desk.relay.step()


async def test_what_was_refused_and_is_repeated_is_one_item(desk: Desk) -> None:
    line = draft()
    with pytest.raises(NotDurable):
        await desk.items.publish(line, by="ana", key="k")
    await desk.follow()
    done = await desk.items.publish(line, by="ana", key="k")
    assert (done.delivered, await wait_for_lane(desk.items, done)) == (True, [True])
    assert await desk.shown() == [done.item.id]
    await wait_until(desk.items.check_writes, lambda found: not found.refused)


async def test_with_a_replica_the_commit_carries_its_own_event(desk: Desk) -> None:
    await desk.follow()
    done = await desk.items.publish(draft(), by="ana")
    assert done.delivered
    assert await desk.items.lane_top() == done.wire_id
    many = await publish_all(desk.items, [draft() for _ in range(5)])
    assert len(await desk.shown()) == 1 + len(many)


async def test_what_was_refused_follows_by_itself_when_a_replica_is_back(desk: Desk) -> None:
    with pytest.raises(NotDurable):
        await desk.items.publish(draft(), by="ana", key="k")
    assert await desk.items.lane_top() > ZERO  # the lane is there, and empty
    await desk.follow()
    assert len(await desk.shown()) == 1


async def test_the_lane_is_opened_if_it_is_gone(desk: Desk) -> None:
    await desk.follow()
    await desk.redis.delete(KEYS.live)
    await desk.items.publish(draft(), by="ana")
    assert len(await desk.shown()) == 1
    assert desk.relay.counts.reopened == 1
