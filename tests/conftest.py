"""Fixtures for everybody: a real server of each kind, and the store on it.

``server`` is parametrised: a test that uses it (directly or through the others) runs against Valkey
and against Debian's redis-server. One server of each kind serves the whole session; every test
starts on an empty one.

    server    tests.support.redis_servers.Server, running and empty
    own       a Server for this test alone, which it may kill
    valkey    a Valkey for this test alone: where one kind of server is enough
    settings  Settings that point at it; ``settings.model_copy(update={...})`` changes some
    redis     a client, closed afterwards
    keys      Keys of the newsroom
    items     Items: publish, change, retract …
    live      LiveLane: what gateways and relays use
    carry     ``await carry()`` relays all that is on the wire into the lane; returns all counts
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.redis_servers import KINDS, Kind, RedisServer
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.store import LaneStore
from workers.relay import Counts, Relay

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile("ticker", deadline=None)
hypothesis.settings.load_profile("ticker")

LONGEST = (
    "browser/test_endurance.py",
    "browser/test_site.py",
    "browser/test_widget.py",
    "ops/test_up.py",
    "workers/webhooks/test_process.py",
    "faults/test_push.py",
    "browser/test_tabs.py",
    "browser/test_push.py",
    "browser/test_link.py",
    "faults/test_kill.py",
    "browser/test_firefox.py",
    "end_to_end/test_model.py",
    "workers/test_process.py",
    "faults/test_reads.py",
)
"""Files that take longest, under tests/. Processes that take a file each begin with these, so that
none of them is left with a long one when the others have nothing to do any more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first. The order of the tests in a file stays."""
    root = Path(__file__).parent
    rank = {root / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def _servers() -> Iterator[dict[Kind, RedisServer]]:
    running: dict[Kind, RedisServer] = {}
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, _servers: dict[Kind, RedisServer]) -> RedisServer:
    kind: Kind = request.param
    if kind not in _servers:
        _servers[kind] = RedisServer(kind)
        _servers[kind].start()
    return _servers[kind]


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    kind: Kind = request.param
    server = RedisServer(kind)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(server: RedisServer) -> Settings:
    return Settings(redis_url=server.url, namespace="test", durability_timeout=1.0)


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return Keys(settings.namespace)


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings.redis_url, blocking=True)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def items(redis: Redis, keys: Keys, settings: Settings) -> ItemService:
    return ItemService(redis, keys, settings.taxonomy, settings)


@pytest.fixture
def live(redis: Redis, keys: Keys) -> LaneStore:
    return LaneStore(redis, keys)


@pytest.fixture
def carry(live: LaneStore, settings: Settings) -> Callable[[], Awaitable[Counts]]:
    relay = Relay(live, settings)

    async def drain() -> Counts:
        relay.forget()
        await relay.drain()
        return relay.counts

    return drain
