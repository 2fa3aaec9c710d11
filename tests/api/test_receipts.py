"""Receipts over HTTP: screens, push and webhooks."""

from __future__ import annotations

from tests.support.newsroom import TestNewsroom, check_problem
from tests.support.push_receipts import sent
from ticker.api import receipts_schemas
from ticker.domain.audience import Audience
from ticker.domain.live_receipt import LiveReceipt
from ticker.push.model.receipts import COUNTS, DELIVERIES
from ticker.readership.audience_store import AudienceStore
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_receipts_of_an_item(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    item = (await newsroom.publish(push={}, level="urgent"))["item"]["id"]
    [(event, _)] = await newsroom.wire()
    await sent(redis, keys, item, event)
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    shown = receipts_schemas.ItemReceipts.model_validate_json(response.content)
    assert response.headers["cache-control"] == "no-store"
    assert (shown.id, shown.push, shown.complete, shown.webhooks) == (item, True, False, None)
    assert shown.providers.fcm is not None
    alert = shown.providers.fcm.alert
    assert alert is not None
    assert (alert.accepted, alert.shards, alert.shards_done) == (2, 2, 1)
    assert (alert.first_after, alert.last_after) == (0.8, 3.1)


async def test_an_item_without_push_says_so(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish())["item"]["id"]
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    assert response.json() == {
        "id": item,
        "push": False,
        "complete": True,
        "live": {"gateways": 0, "events": {}},
        "retraction": None,
        "providers": {},
        "webhooks": None,
    }


async def test_push_that_has_not_begun_is_not_complete(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish(push={}, level="urgent"))["item"]["id"]
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    shown = response.json()
    assert (shown["push"], shown["complete"], shown["providers"]) == (True, False, {})


async def test_push_of_a_drill_is_complete(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish(push={}, level="urgent", test=True))["item"]["id"]
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    assert (response.json()["push"], response.json()["complete"]) == (False, True)


async def test_receipts_of_a_retracted_item_stay(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    item = (await newsroom.publish(push={}, level="urgent"))["item"]["id"]
    [(event, _)] = await newsroom.wire()
    await sent(redis, keys, item, event)
    await newsroom.act(item, "retract", reason="wrong")
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    assert response.json()["providers"]["fcm"]["alert"]["accepted"] == 2


async def test_screens_of_two_gateways(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    item = (await newsroom.publish())["item"]["id"]
    [(event, _)] = await newsroom.wire()
    store = LiveReceiptStore(redis, keys, 60)
    for number, process in enumerate(("one", "two"), 1):
        await AudienceStore(redis, keys).report(process, Audience())
        written = {"websocket": {"en": 2_000 * number}, "sse": {"all": 30}}
        ended = event.ms + 19 * number
        receipt = LiveReceipt(event, written, 10, number, event.ms + number, ended)
        await store.put(process, [(item, "publish", receipt)])
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    shown = receipts_schemas.ItemReceipts.model_validate_json(response.content)
    (found,) = shown.live.events.values()
    assert shown.live.gateways == found.gateways == 2
    assert (found.screens, found.delayed, found.later) == (6_040, 20, 3)
    assert (found.first_after, found.last_after) == (0.001, 0.038)
    assert found.written == {"websocket": {"en": 6_000}, "sse": {"all": 60}}


async def test_a_key_and_an_item_are_needed(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish())["item"]["id"]
    check_problem(await newsroom.http.get(f"/v1/items/{item}/receipts"), 401, "unauthorised")
    path = f"/v1/items/{'0' * 26}/receipts"
    check_problem(await newsroom.http.get(path, headers=newsroom.key), 404, "not-found")


def test_models_name_every_count() -> None:
    assert set(COUNTS) <= set(receipts_schemas.Receipt.model_fields)
    assert set(DELIVERIES) <= set(receipts_schemas.DeliveryReceipt.model_fields)
