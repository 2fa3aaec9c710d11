"""A tail that follows a replica believes nothing unusual of it: the primary decides.

The replica turns into a server with another history, as one does that an operator points at another
primary, or that is promoted by mistake. Events go on, no reader is reset, and no epoch begins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.end_to_end.readers import Process
from tests.support.drafts import draft
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore

FAR = "99999999999999-0"


async def copy(redis: Redis, other: Redis, names: list[str]) -> None:
    """Bring ``other`` to the same state as a replica has."""
    for name in names:
        dump: Any = await command(redis, "DUMP", name)
        if dump is not None:
            await command(other, "RESTORE", name, 0, dump, "REPLACE")


@pytest.fixture
async def replica(valkey: RedisServer) -> AsyncIterator[Redis]:
    client = connect(valkey.url, blocking=True, replica=True)
    yield client
    await client.aclose()


@pytest.mark.parametrize(
    ("case", "fields"),
    [
        ("another epoch", {"n": "1", "g": "7"}),
        ("a gap in the same epoch", {"n": "1", "p": "0-1"}),
        ("trimmed", {"n": "1"}),
    ],
)
async def test_another_history_costs_no_event_and_no_reset(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    replica: Redis,
    keys: Keys,
    settings: Settings,
    case: str,
    fields: dict[str, str],
) -> None:
    await live.open()
    await items.publish(draft("One"), by="ana")
    names = [keys.live, keys.epochs, keys.floor]
    await copy(redis, replica, names)
    following = LaneStore(redis, keys, replica=replica, silence=1e9)
    process = Process(following, settings)
    await process.tail.start()
    epoch = process.hub.lane.epoch

    async def is_on_replica() -> bool:
        await process.tail.step(0)
        return following.on_replica

    await wait_until(is_on_replica)
    await command(
        replica, "XADD", keys.live, FAR, *(part for pair in fields.items() for part in pair)
    )
    if case == "trimmed":
        await command(replica, "SET", keys.floor, FAR)
    await process.tail.step(0)
    assert not following.on_replica

    two = await items.publish(draft("Two"), by="ana")
    await process.tail.step(0)
    assert process.hub.lane.position == two.wire_id != StreamId.parse(FAR)
    assert process.hub.lane.epoch == epoch == (await live.open())[0]
    await following.aclose()
