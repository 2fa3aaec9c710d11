"""Places of a retracted item: each is clean, or named with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.in_memory import InMemoryNewsroom, at
from tests.support.newsroom import TestNewsroom
from ticker.api import retraction_places as places
from ticker.api.retraction_places import CACHED_FOR, SILENT_AFTER
from ticker.domain.cursor import ZERO
from ticker.domain.filter import Filter
from ticker.domain.live_receipt import LiveReceipt
from ticker.push.model.receipts import COUNTS, Receipt, Receipts, When
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.process_store import ProcessStore, ServerProcess
from ticker.webhooks.endpoint import Endpoint, State

EVENT, BEFORE = at(5), at(4)
GATEWAY = ServerProcess("a", "gateway", "host:1", BEFORE, 1)
RETRACTED = LiveReceipt(EVENT, {"sse": {"en": 3}})
ENDPOINT = Endpoint("we_1", "https://hooks.example/in", Filter(), "", "", "", ())


def receipts(counts: dict[str, int], shards: int = 2, done: int = 2) -> Receipts:
    """Return receipts of 9 alerts at one provider, and of their withdrawal."""
    none = dict.fromkeys(COUNTS, 0)
    alert = Receipt(none | {"accepted": 9}, When(BEFORE), 1, 1)
    return Receipts(
        {"fcm": {"alert": alert, "withdraw": Receipt(none | counts, When(EVENT), shards, done)}},
        None,
    )


@pytest.mark.parametrize(
    ("found", "state", "word"),
    [
        (places.lane(EVENT, EVENT, 0), "clean", ""),
        (places.lane(EVENT, BEFORE, 0), "pending", "carried"),
        (places.lane(EVENT, EVENT, 2), "unclean", "2 entries"),
        (places.proxies(EVENT, EVENT.ms + 3_000), "pending", f"{CACHED_FOR - 3} s"),
        (places.proxies(EVENT, EVENT.ms + CACHED_FOR * 1_000), "clean", ""),
        (places.hub(EVENT, "https://hub.example", BEFORE), "pending", "not notified"),
        (places.hub(EVENT, "https://hub.example", EVENT), "clean", ""),
        (places.hub(EVENT, "https://hub.example", None), "clean", ""),
        (places.endpoint(EVENT, ENDPOINT, State(EVENT), []), "clean", ""),
        (places.endpoint(EVENT, ENDPOINT, State(BEFORE), []), "pending", "waits"),
        (
            places.endpoint(EVENT, ENDPOINT, State(BEFORE, disabled="gone"), []),
            "unclean",
            "disabled: gone",
        ),
        (
            places.endpoint(EVENT, ENDPOINT, State(EVENT), [f"evt_{EVENT}"]),
            "unclean",
            "did not take",
        ),
    ],
)
def test_a_place_is_clean_or_says_why_not(found: places.Place, state: str, word: str) -> None:
    assert found.state == state
    assert word in (found.detail or "")
    assert bool(found.detail) == (state != "clean")


@pytest.mark.parametrize(
    ("process", "receipt", "state"),
    [
        (GATEWAY, None, "pending"),
        (replace(GATEWAY, position=EVENT), None, "clean"),
        (GATEWAY, RETRACTED, "clean"),
        (GATEWAY, replace(RETRACTED, clean=False), "unclean"),
        (replace(GATEWAY, age=SILENT_AFTER + 1), None, "pending"),
    ],
)
def test_a_server_has_read_the_retraction_or_is_named(
    process: ServerProcess, receipt: LiveReceipt | None, state: str
) -> None:
    known = {} if receipt is None else {"a": receipt}
    (found,) = places.servers(EVENT, [process], known)
    assert (found.name, found.state) == ("host:1", state)
    assert ("silent" in (found.detail or "")) == (process.age > SILENT_AFTER)


def test_the_reason_has_a_code_for_other_languages() -> None:
    found = places.lane(EVENT, EVENT, 1_200).document()
    assert found["detail"] == "it has 1,200 entries with the text"
    assert (found["code"], found["params"]) == ("place-entries", {"count": 1_200})
    assert places.lane(EVENT, EVENT, 1).document()["code"] == "place-entry"
    clean = places.lane(EVENT, EVENT, 0).document()
    assert (clean["detail"], clean["code"], clean["params"]) == ("", None, None)


def test_slow_readers_are_named() -> None:
    assert [one.state for one in places.readers([])] == []
    assert [one.state for one in places.readers([RETRACTED])] == ["clean"]
    assert [one.state for one in places.readers([replace(RETRACTED, delayed=1)])] == ["pending"]


@pytest.mark.parametrize(
    ("push", "state"),
    [
        (receipts({"accepted": 9}), "clean"),
        (receipts({"accepted": 4}, done=1), "pending"),
        (receipts({"accepted": 8, "dropped": 1}), "unclean"),
        (receipts({}, shards=0, done=0), "unclean"),
    ],
)
def test_a_provider_is_clean_once_each_device_was_told(push: Receipts, state: str) -> None:
    news = InMemoryNewsroom()
    item = news.items[news.publish(push={}).item_id]
    (found,) = places.phones(item, EVENT, push, ["apns"])
    assert (found.name, found.state) == ("fcm", state)
    unknown = Receipts({"fcm": {"alert": push.providers["fcm"]["alert"]}}, None)
    (found,) = places.phones(item, EVENT, unknown, [])
    assert found.state == "pending"


def test_push_that_no_worker_has_looked_at_is_named() -> None:
    news = InMemoryNewsroom()
    pushed, silent = news.items[news.publish(push={}).item_id], news.items[news.publish().item_id]
    nothing = Receipts({}, None)
    (found,) = places.phones(pushed, EVENT, nothing, ["apns"])
    assert (found.name, found.state) == ("apns", "pending")
    assert list(places.phones(silent, EVENT, nothing, ["apns"])) == []
    nobody = Receipt(dict.fromkeys(COUNTS, 0), When(EVENT), 0, 0)
    seen = Receipts({"fcm": {"withdraw": nobody}}, None)
    (found,) = places.phones(pushed, EVENT, seen, ["fcm"])
    assert (found.name, found.state) == ("fcm", "clean")


async def retraction(newsroom: TestNewsroom, item: str) -> Any:
    response = await newsroom.http.get(f"/v1/items/{item}/receipts", headers=newsroom.key)
    assert response.status_code == 200, response.text
    return response.json()["retraction"]


async def test_a_retracted_item_over_http(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    item = (await newsroom.publish("Bridge closed"))["item"]["id"]
    assert await retraction(newsroom, item) is None
    processes = ProcessStore(redis, keys)
    await processes.report("a", "gateway", "one:1", ZERO)
    await processes.report("b", "web", "one:2", ZERO)
    await processes.report("c", "web", "gone:3", ZERO)
    await processes.remove("c")
    await newsroom.act(item, "retract", reason="wrong")
    found = await retraction(newsroom, item)
    assert found["clean"] is False
    assert {(one["place"], one["name"]): one["state"] for one in found["places"]} == {
        ("lane", None): "clean",
        ("gateway", "one:1"): "pending",
        ("web", "one:2"): "pending",
        ("proxies", None): "pending",
    }
    event = (await newsroom.wire())[-1][0]
    await LiveReceiptStore(redis, keys, 60).put("a", [(item, "retract", LiveReceipt(event))])
    await processes.report("b", "web", "one:2", event)
    found = await retraction(newsroom, item)
    assert {one["place"] for one in found["places"] if one["state"] != "clean"} == {"proxies"}
