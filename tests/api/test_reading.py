"""Reading over HTTP: polls with cursors, ETags and filters, single items, and the item list."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel

from tests.support.newsroom import EPOCH, TestNewsroom, check_problem
from ticker.api import item_schemas as schemas
from ticker.config import Settings
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.replay import Lane, Verdict


async def get(newsroom: TestNewsroom, path: str, model: type[BaseModel], **options: Any) -> Any:
    response = await newsroom.http.get(path, **options)
    assert response.status_code == 200, response.text
    model.model_validate_json(response.content)
    return response.json()


async def test_a_poller_gets_every_event_once(newsroom: TestNewsroom) -> None:
    first = await newsroom.publish("One")
    snapshot = await get(newsroom, "/v1/items", schemas.Snapshot)
    assert [item["headline"] for item in snapshot["items"]] == ["One"]
    assert snapshot["cursor"] == first["cursor"]

    await newsroom.publish("Two")
    await newsroom.act(first["item"]["id"], "retract", reason="wrong")
    path = f"/v1/items?after={snapshot['cursor']}"
    replay = await get(newsroom, path, schemas.Events)
    assert [event["action"] for event in replay["events"]] == ["publish", "retract"]
    assert "One" not in str(replay)

    done = await get(newsroom, f"/v1/items?after={replay['cursor']}", schemas.Events)
    assert (done["mode"], done["events"], done["cursor"]) == ("live", [], replay["cursor"])


async def test_filters_in_all_spellings(newsroom: TestNewsroom) -> None:
    await newsroom.publish("Budget", sections=["economy"], regions=["europe"], level="urgent")
    await newsroom.publish("Goal", sections=["sports"], tags=["cup"])
    await newsroom.publish("Ministro", edition="es", sections=["politics"])
    for query, found in (
        ("", ["Ministro", "Goal", "Budget"]),
        ("edition=en", ["Goal", "Budget"]),
        ("edition=en&edition=es", ["Ministro", "Goal", "Budget"]),
        ("edition=en,es&section=economy,politics", ["Ministro", "Budget"]),
        ("region=europe", ["Budget"]),
        ("tag=cup", ["Goal"]),
        ("level=urgent", ["Budget"]),
        ("level=flash", []),
        ("limit=1", ["Ministro"]),
        ("_=1764000000000&edition=es", ["Ministro"]),
        ("edition=", ["Ministro", "Goal", "Budget"]),
        ("after=", ["Ministro", "Goal", "Budget"]),
        ("all=false", ["Ministro", "Goal", "Budget"]),
    ):
        answer = await get(newsroom, f"/v1/items?{query}", schemas.Snapshot)
        assert [item["headline"] for item in answer["items"]] == found, query


async def test_etag_and_cache_headers(newsroom: TestNewsroom) -> None:
    await newsroom.publish("One")
    first = await newsroom.http.get("/v1/items?edition=en")
    cache = first.headers["cache-control"]
    assert re.fullmatch(r"public, max-age=\d+, stale-while-revalidate=\d+", cache)
    etag = first.headers["etag"]
    for sent in (etag, f"W/{etag}", f'"x", {etag}', f'"x",W/{etag}', "*"):
        again = await newsroom.http.get("/v1/items?edition=en", headers={"if-none-match": sent})
        assert (again.status_code, again.content) == (304, b""), sent
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == cache
    for sent in ('"x"', etag.strip('"'), "", "garbage"):
        again = await newsroom.http.get("/v1/items?edition=en", headers={"if-none-match": sent})
        assert again.status_code == 200, sent
    await newsroom.publish("Two")
    again = await newsroom.http.get("/v1/items?edition=en", headers={"if-none-match": etag})
    assert again.status_code == 200


async def test_more_events_than_the_limit(newsroom: TestNewsroom) -> None:
    start = str(newsroom.gateway.lane.cursor)
    for n in range(5):
        await newsroom.publish(f"Line {n}")
    first = await get(newsroom, f"/v1/items?after={start}&limit=3", schemas.Events)
    assert (first["more"], len(first["events"])) == (True, 3)
    assert first["cursor"] == first["events"][-1]["cursor"]
    second = await get(newsroom, f"/v1/items?after={first['cursor']}&limit=3", schemas.Events)
    assert (second["more"], len(second["events"])) == (False, 2)


@pytest.mark.parametrize("epoch", [EPOCH - 1, 0])
async def test_a_foreign_cursor_of_an_older_history(newsroom: TestNewsroom, epoch: int) -> None:
    await newsroom.publish("One")
    cursor = Cursor(epoch, StreamId(5, 0))
    answer = await get(newsroom, f"/v1/items?after={cursor}", schemas.Snapshot)
    assert (answer["reset"], answer["reason"]) == (True, "epoch")
    assert [item["headline"] for item in answer["items"]] == ["One"]


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(EPOCH, StreamId(2**64 - 1, 0)),
        Cursor(EPOCH + 1, StreamId(1, 0)),
        Cursor(36**12, ZERO),
    ],
)
async def test_a_cursor_ahead_that_is_not_reached_is_reset(
    newsroom: TestNewsroom, cursor: Cursor
) -> None:
    await newsroom.publish("One")
    answer = await get(newsroom, f"/v1/items?after={cursor}&limit=1000", schemas.Snapshot)
    assert (answer["reset"], answer["reason"]) == (True, "ahead")
    assert newsroom.gateway.asked == [cursor]


async def test_a_server_that_is_behind_gives_nothing_older_and_asks_to_come_again(
    newsroom: TestNewsroom,
) -> None:
    """Another server has what the cursor has seen; a snapshot of this one would be older."""
    await newsroom.publish("Retracted elsewhere")
    newsroom.gateway.reached = "behind"
    cursor = Cursor(EPOCH, StreamId(2**63, 0))
    response = await newsroom.http.get(f"/v1/items?after={cursor}")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "Retracted elsewhere" not in response.text


async def test_a_cursor_ahead_that_is_reached_gets_only_later_events(
    newsroom: TestNewsroom,
) -> None:
    """The client was on a server that is a few milliseconds ahead."""
    await newsroom.publish("One")
    ahead = Lane(1_000, EPOCH, ZERO, ZERO)
    behind, newsroom.gateway.lane = newsroom.gateway.lane, ahead
    await newsroom.publish("Two")
    cursor = str(ahead.cursor)
    newsroom.gateway.lane = behind

    async def reach(cursor: Cursor) -> Verdict:
        await newsroom.publish("Three")
        return "reached"

    newsroom.gateway.reach = reach  # type: ignore[method-assign]
    answer = await get(newsroom, f"/v1/items?after={cursor}", schemas.Events)
    assert [event["item"]["headline"] for event in answer["events"]] == ["Three"]


async def test_a_cursor_older_than_the_window(newsroom: TestNewsroom) -> None:
    newsroom.gateway.lane = Lane(10, EPOCH, ZERO, ZERO)
    start = str(newsroom.gateway.lane.cursor)
    for n in range(14):
        await newsroom.publish(f"Line {n}")
    answer = await get(newsroom, f"/v1/items?after={start}", schemas.Snapshot)
    assert (answer["reset"], answer["reason"], len(answer["items"])) == (True, "expired", 14)


async def test_of_several_cursors_the_last_one_counts(newsroom: TestNewsroom) -> None:
    first = str(newsroom.gateway.lane.cursor)
    await newsroom.publish()
    last = str(newsroom.gateway.lane.cursor)
    for query, mode in (
        (f"after={first}&lastEventId={last}", "live"),
        (f"after={first}", "replay"),
    ):
        answer = (await newsroom.http.get(f"/v1/items?{query}")).json()
        assert answer["mode"] == mode


async def test_before_the_lane_is_loaded(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish()
    newsroom.gateway.ready = False
    for path in ("/v1/items", f"/v1/items/{published['item']['id']}"):
        response = await newsroom.http.get(path)
        check_problem(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) >= 1


async def test_an_editor_may_publish_before_the_lane_is_loaded(newsroom: TestNewsroom) -> None:
    newsroom.gateway.ready = False
    draft = {"headline": "One", "edition": "en"}
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    assert response.status_code == 201
    assert response.json()["cursor"] is None


async def test_one_item(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish("One", note="call the harbour", push={"title": "x"})
    path = f"/v1/items/{published['item']['id']}"
    item = await get(newsroom, path, schemas.PublicItem)
    assert item["headline"] == "One"
    assert "harbour" not in str(item)
    response = await newsroom.http.get(path)
    assert response.headers["etag"] == '"1"'
    assert "Authorization" in response.headers["vary"]
    again = await newsroom.http.get(path, headers={"if-none-match": '"1"'})
    assert again.status_code == 304


async def test_one_item_as_editors_see_it(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish("One", note="call the harbour")
    path = f"/v1/items/{published['item']['id']}"
    await newsroom.http.patch(
        path, json={"headline": "Two", "correction": "Not one"}, headers=newsroom.key
    )
    item = await get(newsroom, path, schemas.ItemWithHistory, headers=newsroom.key)
    assert (item["headline"], item["note"], item["state"]) == ("Two", "call the harbour", "live")
    assert item["created_by"] == "desk"
    assert [(act["action"], act["version"]) for act in item["history"]] == [
        ("publish", 1),
        ("correct", 2),
    ]
    first, second = (act["changes"] for act in item["history"])
    assert (first, second["headline"]) == ({}, {"before": "One", "after": "Two"})
    response = await newsroom.http.get(path, headers=newsroom.key)
    assert response.headers["cache-control"] == "private, no-store"
    assert "access-control-allow-origin" not in response.headers


async def test_only_editors_can_read_a_retracted_item(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish("Wrong line")
    id = published["item"]["id"]
    await newsroom.act(id, "retract", reason="not true")
    response = await newsroom.http.get(f"/v1/items/{id}")
    check_problem(response, 410, "gone")
    assert "Wrong line" not in response.text
    item = await get(newsroom, f"/v1/items/{id}", schemas.ItemWithHistory, headers=newsroom.key)
    assert (item["state"], item["history"][-1]["note"]) == ("retracted", "not true")


async def test_a_scheduled_item_looks_like_an_unknown_one(newsroom: TestNewsroom) -> None:
    scheduled = await newsroom.publish("Later", at="2031-01-01T00:00:00Z", force=True)
    path = f"/v1/items/{scheduled['item']['id']}"
    never = check_problem(await newsroom.http.get(f"/v1/items/{'0' * 26}"), 404, "not-found")
    hidden = check_problem(await newsroom.http.get(path), 404, "not-found")
    assert scheduled["item"]["id"] not in str(hidden)
    assert never == hidden
    await newsroom.act(scheduled["item"]["id"], "retract")
    assert check_problem(await newsroom.http.get(path), 404, "not-found") == never
    item = await get(newsroom, path, schemas.ItemWithHistory, headers=newsroom.key)
    assert item["state"] == "retracted"
    assert [(one["wire_id"], one["action"]) for one in item["history"]] == [
        (None, "schedule"),
        (None, "withdraw"),
    ]


async def test_an_expired_item_is_not_found(newsroom: TestNewsroom, items: ItemService) -> None:
    published = await newsroom.publish("Old")
    await items.expire(published["item"]["id"], by="sweep")
    await newsroom.catch_up()
    response = await newsroom.http.get(f"/v1/items/{published['item']['id']}")
    check_problem(response, 404, "not-found")


async def test_a_wrong_key_is_refused_where_none_is_needed(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish()
    path = f"/v1/items/{published['item']['id']}"
    response = await newsroom.http.get(path, headers={"authorization": "Bearer tk_" + "x" * 32})
    check_problem(response, 401, "unauthorised")


async def test_the_item_list_for_editors(newsroom: TestNewsroom) -> None:
    await newsroom.publish("Out", sections=["economy"])
    await newsroom.publish("Later", at="2031-01-01T00:00:00Z", force=True, edition="es")
    await newsroom.publish("Trial", test=True)
    listed = await get(newsroom, "/v1/items?all=true", schemas.ItemList, headers=newsroom.key)
    assert {item["headline"]: item["state"] for item in listed["items"]} == {
        "Trial": "test",
        "Later": "scheduled",
        "Out": "live",
    }
    for query, found in (("edition=es", ["Later"]), ("section=economy", ["Out"])):
        path = f"/v1/items?all=true&{query}"
        listed = await get(newsroom, path, schemas.ItemList, headers=newsroom.key)
        assert [item["headline"] for item in listed["items"]] == found
    listed = await get(
        newsroom, "/v1/items?all=true&limit=1", schemas.ItemList, headers=newsroom.key
    )
    assert len(listed["items"]) == 1
    response = await newsroom.http.get("/v1/items?all=true", headers=newsroom.key)
    assert response.headers["cache-control"] == "private, no-store"
    response = await newsroom.http.get("/v1/items?all=true&after=a.1-1", headers=newsroom.key)
    check_problem(response, 400, "bad-filter")


async def test_polls_need_no_redis_command(
    newsroom: TestNewsroom, keys: Keys, settings: Settings
) -> None:
    """So clients do not notice that Redis is unavailable."""
    published = await newsroom.publish("One")
    watcher = connect(settings.redis_url)

    async def commands() -> int:
        info = await watcher.info("stats")
        return int(info["total_commands_processed"])

    before = await commands()
    own = await commands() - before
    for n in range(20):
        path = f"/v1/items?after={published['cursor']}&limit={n + 1}"
        assert (await newsroom.http.get(path)).status_code == 200
        assert (await newsroom.http.get(f"/v1/items?tag=t{n}")).status_code == 200
        path = f"/v1/items/{published['item']['id']}"
        assert (await newsroom.http.get(path)).status_code == 200
    assert await commands() - before == 2 * own
    await watcher.aclose()


async def test_an_item_whose_record_cannot_be_read(
    newsroom: TestNewsroom, redis: Redis, settings: Settings
) -> None:
    id = (await newsroom.publish("One"))["item"]["id"]
    await redis.hset(Keys(settings.namespace).item(id), "doc", "{}")  # type: ignore[misc]
    for path in (f"/v1/items/{id}", f"/v1/items/{id}/receipts"):
        response = await newsroom.http.get(path, headers=newsroom.key)
        assert id in check_problem(response, 502, "unreadable-item")["detail"]
    response = await newsroom.http.patch(
        f"/v1/items/{id}", json={"headline": "Two"}, headers=newsroom.key
    )
    check_problem(response, 502, "unreadable-item")
    assert (await newsroom.http.get(f"/v1/items/{id}")).status_code == 200, "readers have it"
    await newsroom.act(id, "retract", reason="wrong")
    assert (await newsroom.http.get(f"/v1/items/{id}")).status_code == 410
    scheduled = await newsroom.publish("Soon", at="2999-01-01T00:00:00Z", force=True)
    id = scheduled["item"]["id"]
    await redis.hset(Keys(settings.namespace).item(id), "doc", "{}")  # type: ignore[misc]
    check_problem(await newsroom.http.get(f"/v1/items/{id}"), 404, "not-found")


async def test_the_scheduled_items_for_editors(newsroom: TestNewsroom) -> None:
    await newsroom.publish("Live")
    for n in (2, 1):
        await newsroom.publish(f"Later {n}", at=f"2031-01-0{n}T00:00:00Z", force=True)
    path = "/v1/items?all=true&state=scheduled"
    listed = await get(newsroom, path, schemas.ItemList, headers=newsroom.key)
    assert [item["headline"] for item in listed["items"]] == ["Later 1", "Later 2"]
    response = await newsroom.http.get("/v1/items?all=true&state=live", headers=newsroom.key)
    check_problem(response, 400, "bad-filter")
    response = await newsroom.http.get(path)
    check_problem(response, 401, "unauthorised")
