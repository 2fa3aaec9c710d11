"""The sweep's repairs: each is tested by doing the damage. A healthy newsroom needs none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import lane
from tests.support.drafts import change, draft, publish_all
from ticker.config import Settings
from ticker.domain.event import WireEvent
from ticker.publishing.index_check import IndexCheck
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from workers import repair
from workers.relay import Counts
from workers.repair import Repaired, Repairer

Carrying = Callable[[], Awaitable[Counts]]


@pytest.fixture
def repairer(items: ItemService, redis: Redis, keys: Keys, settings: Settings) -> Repairer:
    return Repairer(items, IndexCheck(redis, keys), settings)


def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def everything(items: ItemService) -> dict[str, str]:
    """One item in every state there is."""
    drafts: dict[str, dict[str, Any]] = {
        "live": {},
        "changed": {},
        "limited": {"expires_at": later()},
        "pinned": {"pinned": True},
        "unpinned": {"pinned": True},
        "scheduled": {"at": later()},
        "released": {"at": later()},
        "test": {"test": True},
        "retracted": {},
        "expired": {},
        "unreleased": {"at": later()},
    }
    made = {
        name: (await items.publish(draft(**fields), by="ana")).item.id
        for name, fields in drafts.items()
    }
    await items.change(made["changed"], change(headline="Other words for it"), by="ben")
    await items.pin(made["unpinned"], False, by="ben")
    await items.release(made["released"], by="ben")
    await items.retract(made["retracted"], "wrong", by="ben")
    await items.expire(made["expired"], by="ben")
    await items.retract(made["unreleased"], "not needed", by="ben")
    return made


async def test_a_healthy_newsroom_needs_no_repair(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    """Before the relay has run, while it runs, and after: what is on its way is not missing."""
    await everything(items)
    assert await repairer.repair_all() == Repaired()
    await carry()
    assert await repairer.repair_all() == Repaired()
    await everything(items)
    assert await repairer.repair_all() == Repaired()
    await redis.delete(keys.live)
    assert await repairer.repair_all() == Repaired()
    await carry()
    assert await repairer.repair_all() == Repaired()


async def test_a_live_item_that_is_not_current_is_sent_again(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    made = await everything(items)
    await carry()
    before = await lane.current_items(redis, keys)
    await redis.hdel(keys.current, made["live"], made["pinned"])  # type: ignore[misc]
    assert await repairer.repair_all() == Repaired(show=2)
    assert await repairer.repair_all() == Repaired(), "on its way now"
    await carry()
    after = await lane.current_items(redis, keys)
    assert {id: event["item"] for id, (_, event) in after.items()} == {
        id: event["item"] for id, (_, event) in before.items()
    }, "the same items in the same versions"
    assert await repairer.repair_all() == Repaired()


async def test_an_item_that_is_sent_again_after_days_alerts_nobody(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    """Push has forgotten its alert by then."""
    days_ago = datetime.now(UTC) - timedelta(days=3)
    for published in (days_ago, None):
        made = await items.publish(draft(push=True, published_at=published), by="ana")
        await carry()
        await redis.hdel(keys.current, made.item.id)  # type: ignore[misc]
        assert await repairer.repair_all() == Repaired(show=1)
        [(_, last)] = await redis.xrevrange(keys.wire, count=1)
        assert WireEvent.read(last).may_alert is (published is None)
        await carry()


async def test_all_current_items_are_rebuilt(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    await everything(items)
    await carry()
    before = await lane.current_items(redis, keys)
    await redis.delete(keys.current)
    assert await repairer.repair_all() == Repaired(show=len(before))
    await carry()
    assert set(await lane.current_items(redis, keys)) == set(before)


async def test_a_current_item_of_an_old_version_is_replaced(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    id = (await items.publish(draft("One hurt"), by="ana")).item.id
    await carry()
    old = await redis.hget(keys.current, id)  # type: ignore[misc]
    await items.change(id, change(headline="Two hurt"), by="ana")
    await carry()
    await redis.hset(keys.current, id, old)  # type: ignore[misc]
    assert await repairer.repair_all() == Repaired(show=1)
    await carry()
    assert (await lane.current_items(redis, keys))[id][1]["item"]["headline"] == "Two hurt"


async def test_an_event_that_was_poison_is_sent_again_once_and_then_reported(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    repairer: Repairer,
    carry: Carrying,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If it stays poison the sweep must not put it on the wire forever."""
    with monkeypatch.context() as patch:
        patch.setattr(WireEvent, "public_parts", lambda event, doc: (0, b"{"))
        id = (await items.publish(draft(), by="ana")).item.id
        await carry()
        assert await repairer.repair_all() == Repaired(show=1)
        await carry()
        for _ in range(3):
            assert await repairer.repair_all() == Repaired(stuck=1)
            await carry()
    assert await lane.kinds(redis, keys) == ["noop", "noop"]
    await items.change(id, change(summary="An editor's next act"), by="ana")
    await carry()
    assert await repairer.repair_all() == Repaired()


@pytest.mark.parametrize("state", ["retracted", "expired"])
async def test_a_gone_item_that_is_still_current_is_removed(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying, state: str
) -> None:
    made = await everything(items)
    id = made[state]
    await items.publish(draft(), by="ana")
    await carry()
    await redis.hset(keys.current, id, '1-1 {"action":"publish","item":{}}')  # type: ignore[misc]
    assert await repairer.repair_all() == Repaired(remove=1)
    await carry()
    assert id not in await lane.current_items(redis, keys)
    action = {"retracted": "retract", "expired": "expire"}[state]
    assert [entry.by for entry in await items.history(id) if entry.action == action] == [
        "ben",
        "sweep",
    ]
    assert await repairer.repair_all() == Repaired()


async def test_a_removal_sent_again_reaches_every_filter_that_ever_matched(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    id = (await items.publish(draft(sections=["politics"]), by="ana")).item.id
    await items.change(id, change(sections=["sports"]), by="ana")
    await carry()
    shown = await redis.hget(keys.current, id)  # type: ignore[misc]
    await items.retract(id, None, by="ana")
    await carry()
    await redis.hset(keys.current, id, shown)  # type: ignore[misc]
    await repairer.repair_all()
    await carry()
    [*_, (_, record)] = await lane.entries(redis, keys.live)
    assert b'"sections":["politics","sports"]' in record[b"e"]


async def test_a_current_item_that_does_not_exist_is_removed(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    id = (await items.publish(draft("Nobody knows me"), by="ana")).item.id
    await carry()
    await redis.delete(keys.item(id), keys.log(id))
    found = await repairer.repair_all()
    assert (found.orphan, found.reindex) == (1, 1)
    await carry()
    assert await lane.current_items(redis, keys) == {}
    assert await lane.kinds(redis, keys) == ["publish", "retract"]
    assert (await items.get(id)).state == "retracted"
    assert await repairer.repair_all() == Repaired()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("scheduled", "due"),
        ("live", "expiry"),
        ("limited", "expiry"),
        ("live", "published"),
        ("pinned", "published"),
    ],
)
async def test_a_missing_place_in_an_index_is_found_by_the_scan(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    repairer: Repairer,
    carry: Carrying,
    name: str,
    index: str,
) -> None:
    made = await everything(items)
    await carry()
    key: str = getattr(keys, index)
    score = await redis.zscore(key, made[name])
    assert score is not None
    await redis.zrem(key, made[name])
    assert await repairer.repair_all() == Repaired(reindex=1)
    assert await redis.zscore(key, made[name]) == pytest.approx(score, abs=60_000)
    assert await repairer.repair_all() == Repaired()


async def test_a_wrong_place_in_an_index_is_put_right(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    made = await everything(items)
    await carry()
    await redis.zadd(keys.published, {made["retracted"]: 5, made["scheduled"]: 5})
    await redis.zadd(keys.due, {made["expired"]: 5, made["scheduled"]: 5})
    assert await repairer.repair_all() == Repaired(reindex=3)
    assert await redis.zrange(keys.due, 0, -1) == [made["scheduled"].encode()]
    due = (await items.get(made["scheduled"])).embargo_until
    assert due is not None
    assert await redis.zscore(keys.due, made["scheduled"]) != 5


async def test_an_unreadable_item_is_reported_and_the_others_are_mended(
    items: ItemService, redis: Redis, keys: Keys, repairer: Repairer, carry: Carrying
) -> None:
    made = await everything(items)
    await carry()
    await redis.hset(keys.item(made["test"]), "doc", "{}")  # type: ignore[misc]
    no_time = (await items.get(made["changed"])).model_copy(update={"published_at": "yesterday"})
    await redis.hset(keys.item(made["changed"]), "doc", no_time.model_dump_json())  # type: ignore[misc]
    await redis.zrem(keys.due, made["scheduled"])
    await redis.hdel(keys.current, made["live"])  # type: ignore[misc]
    assert await repairer.repair_all() == Repaired(reindex=1, show=1, unreadable=2)


async def test_a_repair_gives_way_to_an_editor_that_is_faster(
    items: ItemService,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    repairer: Repairer,
    carry: Carrying,
) -> None:
    """Between the finding and the repair the item is retracted: its text must not be sent again."""
    id = (await items.publish(draft("Wrong name"), by="ana")).item.id
    await carry()
    await redis.hdel(keys.current, id)  # type: ignore[misc]
    [finding] = await IndexCheck(redis, keys).examine([id])
    await items.retract(id, None, by="ana")
    assert repair.diagnose(finding, settings.item_ttl * 1000) == ["show"]
    assert not await repairer.repair_one("show", finding)
    assert not await repairer.repair_one("reindex", finding)
    await carry()
    assert b"Wrong name" not in await lane.whole_lane(redis, keys)
    assert not await redis.exists(keys.published, keys.expiry)


async def test_the_scan_goes_round_all_items_in_bounded_steps(
    items: ItemService, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.publishing.index_check.SCAN_COUNT", 10)
    done = await publish_all(items, [draft() for _ in range(300)])
    ids = {item.id for item in done}
    index_check = IndexCheck(redis, keys)
    seen: set[str] = set()
    rounds = 0
    while not ids <= seen:
        found = await index_check.scan(3)
        assert len(found) < 100
        seen.update(found)
        rounds += 1
        assert rounds < 200
    assert rounds > 5
    assert seen == ids
