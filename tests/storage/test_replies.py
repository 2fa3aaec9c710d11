"""Replies of real servers that cannot serve: each is named, and none is a bug of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    ExecAbortError,
    ResponseError,
    TimeoutError,
)

from tests.support.drafts import draft
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain import store_errors
from ticker.domain.cursor import ZERO
from ticker.domain.store_errors import StoreError
from ticker.publishing.repository import ItemRepository
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect, translate
from ticker.storage.keys import Keys
from ticker.storage.replies import NO_LOGIN, Reaction, code_of, meaning, reaction
from ticker.storage.scripts import command
from ticker.stream.lane_reader import LaneReader
from ticker.stream.lane_store import LaneStore


@pytest.mark.parametrize(
    ("error", "expected", "then"),
    [
        (ConnectionError("gone"), store_errors.StoreUnreachable, Reaction.RETRY),
        (TimeoutError("late"), store_errors.StoreUnreachable, Reaction.RETRY),
        (OSError("no route"), store_errors.StoreUnreachable, Reaction.RETRY),
        (BusyLoadingError("Redis is loading"), store_errors.StoreLoading, Reaction.RETRY),
        (ResponseError("MASTERDOWN Link"), store_errors.StoreFailover, Reaction.RECONNECT),
        (ResponseError("CLUSTERDOWN no"), store_errors.StoreClusterDown, Reaction.RETRY),
        (ResponseError("MOVED 1 h:1"), store_errors.StoreFailover, Reaction.RECONNECT),
        (ResponseError("ASK 1 h:1"), store_errors.StoreClusterDown, Reaction.RETRY),
        (
            ResponseError("Command # 1 (GET x) of pipeline caused error: ('MOVED 1 h:1',)"),
            store_errors.StoreFailover,
            Reaction.RECONNECT,
        ),
        (
            ResponseError("The user executing the script can't run this command"),
            store_errors.StoreAccess,
            Reaction.REFUSE,
        ),
        (ResponseError("TRYAGAIN keys"), store_errors.StoreClusterDown, Reaction.RETRY),
        (AuthenticationError("invalid"), store_errors.StoreAccess, Reaction.RECONNECT),
        (
            ExecAbortError("Transaction discarded because of: NOPERM no permissions to run"),
            store_errors.StoreAccess,
            Reaction.REFUSE,
        ),
        (
            ConnectionError("max number of clients reached"),
            store_errors.StoreBusy,
            Reaction.RETRY,
        ),
        (
            ResponseError("ERR WAIT cannot be used with replica instances"),
            store_errors.StoreFailover,
            Reaction.RECONNECT,
        ),
    ],
)
def test_what_cannot_be_made_here(
    error: Exception, expected: type[StoreError], then: Reaction
) -> None:
    assert type(meaning(error)) is expected
    assert reaction(error) is then
    with pytest.raises(expected) as raised, translate():
        raise error
    assert reaction(raised.value) is then, "also once it is translated"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:1/0", "no connection to 127.0.0.1:1: connection refused"),
        ("redis://localhost:1/0", "no connection to localhost:1: connection refused"),
        ("unix:///nowhere.sock", "no connection to /nowhere.sock: no such file or directory"),
    ],
)
async def test_a_server_that_is_not_there_is_named_in_words(url: str, said: str) -> None:
    nobody = connect(url)
    with pytest.raises(store_errors.StoreUnreachable) as raised, translate():
        await command(nobody, "PING")
    await nobody.aclose()
    assert raised.value.detail == f"the store does not answer: {said}"


async def test_a_server_that_asks_for_a_login_says_so(own: RedisServer, admin: Redis) -> None:
    await command(admin, "ACL", "SETUSER", "default", "resetpass", ">secret")
    visitor = connect(own.url)
    with pytest.raises(store_errors.StoreAccess) as raised, translate():
        await command(visitor, "PING")
    await visitor.aclose()
    assert raised.value.detail == f"the store refuses this user: {NO_LOGIN}"


@pytest.mark.parametrize(
    "text", ["ERR wrong number of arguments", "WRONGTYPE x", "BUSYGROUP exists", "NOSCRIPT x"]
)
def test_our_own_mistakes_are_bugs(text: str) -> None:
    error = ResponseError(text)
    assert code_of(error) is None
    assert meaning(error) is None
    with pytest.raises(ResponseError), translate():
        raise error


@pytest.fixture
async def admin(own: RedisServer) -> AsyncIterator[Redis]:
    client = connect(own.url, replica=True)
    yield client
    await client.aclose()


@pytest.fixture
async def desk(own: RedisServer) -> AsyncIterator[ItemService]:
    settings = Settings(redis_url=own.url, durability="local")
    client = connect(own.url)
    yield ItemService(client, Keys("test"), settings.taxonomy, settings)
    await client.aclose()


async def test_a_full_memory_is_named_at_once_and_ends_when_there_is_room(
    desk: ItemService, admin: Redis
) -> None:
    await desk.publish(draft(), by="ana")
    await admin.config_set("maxmemory", "1")
    with pytest.raises(store_errors.StoreMemoryFull):
        await desk.publish(draft(), by="ana")
    await admin.config_set("maxmemory", "0")
    await desk.publish(draft(), by="ana")


async def test_a_disk_that_takes_nothing_is_named(
    own: RedisServer, desk: ItemService, admin: Redis
) -> None:
    (own.directory / "dump.rdb").mkdir()  # the snapshot cannot get its name
    await admin.config_set("save", "3600 1")
    await command(admin, "BGSAVE")
    await wait_until(
        lambda: admin.info("persistence"), lambda found: found["rdb_last_bgsave_status"] == "err"
    )
    with pytest.raises(store_errors.StoreDiskFull):
        await desk.publish(draft(), by="ana")
    await admin.config_set("save", "")
    await desk.publish(draft(), by="ana")


async def test_too_few_replicas_are_named(desk: ItemService, admin: Redis) -> None:
    await admin.config_set("min-replicas-to-write", "1")
    with pytest.raises(store_errors.StoreNoReplicas):
        await desk.publish(draft(), by="ana")
    await admin.config_set("min-replicas-to-write", "0")
    await desk.publish(draft(), by="ana")


async def test_a_command_that_is_not_permitted_is_named(desk: ItemService, admin: Redis) -> None:
    await command(admin, "ACL", "SETUSER", "default", "-evalsha", "-eval")
    with pytest.raises(store_errors.StoreAccess):
        await desk.publish(draft(), by="ana")


async def test_a_script_that_does_not_end_is_named(own: RedisServer, admin: Redis) -> None:
    await admin.config_set("busy-reply-threshold", "1")
    other = connect(own.url)
    endless = asyncio.create_task(command(other, "EVAL", "while true do end", 0))
    busy = await wait_until(lambda: _error_of(admin), lambda error: error is not None)
    assert type(busy) is store_errors.StoreBusy
    keys = Keys("test")
    items, live, lane = ItemRepository(admin, keys), LaneStore(admin, keys), LaneReader(admin, keys)
    reads: list[Callable[[], Awaitable[object]]] = [
        lambda: items.with_ids(["0" * 26]),  # an empty list would say that there is no such item
        lambda: items.states(["0" * 26]),
        lambda: items.with_picture("p"),
        lambda: live.follow(ZERO, 0, 1),  # another error resets every reader
        lambda: live.wire_entries([ZERO]),
        lane.open,
    ]
    for read in reads:
        with pytest.raises(store_errors.StoreBusy):
            await read()
    await live.aclose()
    await command(admin, "SCRIPT", "KILL")
    await asyncio.gather(endless, return_exceptions=True)
    await other.aclose()


async def _error_of(redis: Redis) -> StoreError | None:
    try:
        with translate():
            await command(redis, "GET", "a")
    except StoreError as error:
        return error
    return None


async def test_a_primary_that_becomes_a_replica_is_left_also_in_a_blocking_read(
    own: RedisServer, desk: ItemService, admin: Redis
) -> None:
    """Connections stay open when roles are swapped; READONLY was a 500 until they were cut."""
    blocking = connect(own.url, blocking=True)
    lane = LaneStore(blocking, Keys("test"))
    await desk.publish(draft(), by="ana")
    _, _, top = await lane.open()
    reading = asyncio.create_task(lane.follow(top, 5_000, 10))
    await wait_until(lambda: admin.info("clients"), lambda found: found["blocked_clients"] == 1)
    await command(admin, "REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(store_errors.StoreFailover):
        await reading
    for _ in range(2):  # the open connections say READONLY, new ones meet a replica
        with pytest.raises(store_errors.StoreFailover):
            await desk.publish(draft(), by="ana")
    with pytest.raises(store_errors.StoreFailover):
        await lane.follow(top, 1, 10)
    await command(admin, "REPLICAOF", "NO", "ONE")
    await desk.publish(draft(), by="ana")
    await lane.aclose()
    await blocking.aclose()


async def test_a_replica_without_its_primary_is_named(own: RedisServer, admin: Redis) -> None:
    await admin.config_set("replica-serve-stale-data", "no")
    await command(admin, "REPLICAOF", "127.0.0.1", "1")
    assert type(await _error_of(admin)) is store_errors.StoreFailover
