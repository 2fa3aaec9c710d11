"""Endpoints in Redis: cursor, lease, and concurrent changes."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Conflict, NotFound
from ticker.domain.filter import Filter
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from ticker.webhooks.endpoint import Endpoint, State, new_endpoint
from ticker.webhooks.endpoints import FAILED_KEEP, Webhooks
from ticker.webhooks.lease import Lease, newest, wire_floor
from ticker.webhooks.signature import new_secret

NOW = 1_800_000_000_000


@pytest.fixture
def webhooks(redis: Redis, keys: Keys) -> Webhooks:
    return Webhooks(redis, keys)


async def added(webhooks: Webhooks, url: str = "https://hooks.example/") -> Endpoint:
    secret = new_secret(secrets.token_bytes(64), asymmetric=True)
    made = new_endpoint(url, Filter(editions=frozenset({"en"}), level=1), "x", secret, "ana", NOW)
    return await webhooks.add(made, None)


async def test_an_added_endpoint_is_stored(webhooks: Webhooks, live: LaneStore) -> None:
    _, _, top = await live.open()
    made = await added(webhooks)
    assert await webhooks.get(made.id) == (made, State(cursor=top))
    assert await webhooks.all() == [(made, State(cursor=top))]
    assert "whsec_" not in repr(made)


async def test_a_cursor_moves_only_under_the_lease_and_the_generation(
    webhooks: Webhooks, redis: Redis, keys: Keys
) -> None:
    made = await added(webhooks)
    one = Lease(redis, keys, made.id, 10_000)
    two = Lease(redis, keys, made.id, 10_000)
    assert await one.take() == 0
    assert 0 < await two.take() <= 10_000
    assert await two.holder() == one.token
    assert await one.step(0, set={"cursor": "5-0"}, add={"delivered": 1}) == ("go", "")
    assert await two.step(0, set={"cursor": "9-0"}) == ("lost", "")
    await webhooks.replay(made.id, StreamId(2, 0))
    assert await one.step(0, set={"cursor": "6-0"}, totals={"delivered": 1}) == ("moved", "")
    state = (await webhooks.get(made.id))[1]
    assert (state.cursor, state.generation, state.delivered) == (StreamId(2, 0), 1, 1)
    assert await webhooks.totals() == {"delivered": 1}, "what was done is counted all the same"
    await webhooks.disable(made.id, "enough", NOW)
    assert await one.step(2, set={"cursor": "7-0"}) == ("disabled", "")
    assert (await webhooks.get(made.id))[1].cursor == StreamId(7, 0)
    await webhooks.remove(made.id)
    assert await one.step(2) == ("gone", "")
    assert not await redis.exists(keys.webhook(made.id), keys.webhook_failed(made.id))
    await two.release()
    assert await two.holder() == one.token, "nobody gives away another's"
    await one.release()
    assert await two.take() == 0


async def test_a_step_returns_the_state_of_an_item(
    webhooks: Webhooks, redis: Redis, keys: Keys
) -> None:
    made = await added(webhooks)
    lease = Lease(redis, keys, made.id, 10_000)
    await lease.take()
    await command(redis, "HSET", keys.item("i1"), "state", "retracted")
    assert await lease.step(0, item="i1") == ("go", "retracted")
    assert await lease.step(0, item="i2") == ("go", "")


async def test_only_the_last_failures_are_kept(
    webhooks: Webhooks, redis: Redis, keys: Keys
) -> None:
    made = await added(webhooks)
    lease = Lease(redis, keys, made.id, 10_000)
    await lease.take()
    for number in range(FAILED_KEEP + 5):
        await lease.step(0, failed={"event": number})
    kept = await webhooks.failed(made.id)
    assert [one["event"] for one in kept] == list(range(FAILED_KEEP + 4, 4, -1))


async def test_edits_at_the_same_time_lose_nothing(webhooks: Webhooks) -> None:
    made = await added(webhooks)
    fresh = new_secret(secrets.token_bytes(64))
    await asyncio.gather(
        webhooks.change(made.id, url="https://other.example/"),
        webhooks.change(made.id, description="changed"),
        webhooks.rotate(made.id, fresh, NOW, 1_000),
    )
    found, state = await webhooks.get(made.id)
    assert (found.url, found.description) == ("https://other.example/", "changed")
    assert [one.secret for one in found.secrets] == [fresh.secret, made.secrets[0].secret]
    assert state.generation == 3


async def test_an_old_secret_ends(webhooks: Webhooks) -> None:
    made = await added(webhooks)
    for turn in range(3):
        await webhooks.rotate(made.id, new_secret(secrets.token_bytes(64)), NOW + turn, 1_000)
    with pytest.raises(Conflict):
        await webhooks.rotate(made.id, new_secret(secrets.token_bytes(64)), NOW + 3, 1_000)
    newer = await webhooks.rotate(made.id, new_secret(secrets.token_bytes(64)), NOW + 2_000, 1_000)
    assert len(newer.valid(NOW + 2_000)) == 2
    assert len(newer.valid(NOW + 3_001)) == 1


async def test_enabling_begins_afresh(webhooks: Webhooks, redis: Redis, keys: Keys) -> None:
    made = await added(webhooks)
    lease = Lease(redis, keys, made.id, 10_000)
    await lease.take()
    failure = {
        "failures": "3",
        "refusals": "1",
        "failing_ms": "5",
        "retry_ms": "9",
        "cursor": "0-1",
    }
    await lease.step(0, set={**failure, "last_error": "it answered 500"})
    await webhooks.disable(made.id, "enough", NOW)
    await webhooks.enable(made.id, from_now=False)
    assert (await webhooks.get(made.id))[1] == State(cursor=StreamId(0, 1), generation=2)


async def test_an_unknown_endpoint(webhooks: Webhooks) -> None:
    for act in (
        webhooks.get("we_1"),
        webhooks.remove("we_1"),
        webhooks.change("we_1", url="https://hooks.example/"),
        webhooks.rotate("we_1", new_secret(bytes(64)), NOW, 1),
        webhooks.enable("we_1", from_now=True),
        webhooks.disable("we_1", "x", NOW),
        webhooks.replay("we_1", StreamId(1, 0)),
    ):
        with pytest.raises(NotFound):
            await act
    assert await webhooks.all() == []


async def test_heartbeats_are_no_news(
    live: LaneStore, redis: Redis, keys: Keys, webhooks: Webhooks
) -> None:
    await live.open()
    before = await newest(redis, keys)
    await command(redis, "XADD", keys.live, "5-0", "h", "1")
    assert await newest(redis, keys) == before
    await command(redis, "XADD", keys.live, "6-0", "n", "1")
    assert await newest(redis, keys) == StreamId(6, 0)
    assert await wire_floor(redis, keys) == StreamId(0, 0)
