"""``GET /v1/stories/{story}`` and ``GET /v1/items/{id}/related``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.drafts import counted
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.stories_schemas import Related, Story
from ticker.domain.clock import rfc3339
from ticker.domain.cursor import Cursor
from ticker.publishing.service import system_clock
from ticker.storage.connection import Redis


def told(response: httpx.Response) -> Any:
    """Return a story after validating it."""
    assert response.status_code == 200, response.text
    Story.model_validate(response.json())
    return response.json()


def lines(body: Any) -> list[str]:
    return [item["headline"] for item in body["items"]]


async def a_story(newsroom: TestNewsroom) -> None:
    await newsroom.publish("First", story="ferries")
    await newsroom.publish("Other news")
    await newsroom.publish("Primera", story="ferries", edition="es")
    await newsroom.publish("Second", story="ferries", pinned=True)
    await newsroom.publish("Third", story="ferries")


async def test_the_developments_oldest_first(newsroom: TestNewsroom) -> None:
    await a_story(newsroom)
    story = told(await newsroom.http.get("/v1/stories/ferries"))
    assert story["story"] == "ferries"
    assert story["editions"] == ["en", "es"]
    assert lines(story) == ["First", "Primera", "Second", "Third"]


async def test_a_story_in_one_edition_and_in_all(newsroom: TestNewsroom) -> None:
    await a_story(newsroom)
    story = told(await newsroom.http.get("/v1/stories/ferries?edition=en"))
    assert (lines(story), story["editions"]) == (["First", "Second", "Third"], ["en", "es"])
    none = told(await newsroom.http.get("/v1/stories/ferries?edition=ar"))
    assert (none["items"], none["editions"]) == ([], ["en", "es"])


async def test_a_limit_keeps_the_newest_items(newsroom: TestNewsroom) -> None:
    await a_story(newsroom)
    story = told(await newsroom.http.get("/v1/stories/ferries?edition=en&limit=2"))
    assert lines(story) == ["Second", "Third"]


async def test_its_cursor_can_be_resumed_from(newsroom: TestNewsroom) -> None:
    await a_story(newsroom)
    story = told(await newsroom.http.get("/v1/stories/ferries"))
    assert Cursor.parse(story["cursor"]) == newsroom.gateway.lane.cursor
    await newsroom.publish("Elsewhere", story="tides")
    await newsroom.publish("Fourth", story="ferries")
    query = {"story": "ferries", "after": story["cursor"]}
    later = (await newsroom.http.get("/v1/items", params=query)).json()
    assert [event["item"]["headline"] for event in later["events"]] == ["Fourth"]


async def test_an_item_that_leaves_a_story_is_removed_from_it(newsroom: TestNewsroom) -> None:
    first = (await newsroom.publish("First", story="ferries"))["item"]
    cursor = str(newsroom.gateway.lane.cursor)
    moved = await newsroom.http.patch(
        f"/v1/items/{first['id']}", json={"story": "tides"}, headers=newsroom.key
    )
    assert moved.status_code == 200
    await newsroom.catch_up()
    query = {"story": "ferries", "after": cursor}
    events = (await newsroom.http.get("/v1/items", params=query)).json()["events"]
    assert [event["action"] for event in events] == ["expire"]
    await newsroom.act(first["id"], "retract")
    events = (await newsroom.http.get("/v1/items", params=query)).json()["events"]
    assert [event["action"] for event in events] == ["retract"]
    check_problem(await newsroom.http.get("/v1/stories/tides"), 404, "not-found")


@pytest.mark.parametrize("story", ["unheard-of", "-", "%22", "%D8%B3", "a" * 200])
async def test_an_unknown_story_is_not_found(newsroom: TestNewsroom, story: str) -> None:
    await a_story(newsroom)
    check_problem(await newsroom.http.get(f"/v1/stories/{story}"), 404, "not-found")


async def test_a_story_ends_with_its_last_item(newsroom: TestNewsroom) -> None:
    done = await newsroom.publish("Wrong", story="ferries")
    assert (await newsroom.http.get("/v1/stories/ferries")).status_code == 200
    await newsroom.act(done["item"]["id"], "retract")
    response = await newsroom.http.get("/v1/stories/ferries")
    check_problem(response, 404, "not-found")
    assert "Wrong" not in response.text


async def test_items_that_are_not_live_are_in_no_story(newsroom: TestNewsroom) -> None:
    later = rfc3339(system_clock() + 3_600_000)
    await newsroom.publish("Embargoed", story="ferries", at=later)
    await newsroom.publish("Dry run", story="ferries", test=True)
    check_problem(await newsroom.http.get("/v1/stories/ferries"), 404, "not-found")


async def test_unchanged_rankings_are_304_without_redis(
    newsroom: TestNewsroom, redis: Redis
) -> None:
    await a_story(newsroom)
    item = newsroom.gateway.lane.current_items.story("ferries")[0].item_id
    for path in ("/v1/stories/ferries", f"/v1/items/{item}/related"):
        async with counted(redis) as calls:
            first = await newsroom.http.get(path)
            again = await newsroom.http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert calls == {}
        assert (again.status_code, again.content) == (304, b"")
        for response in (first, again):
            assert response.headers["cache-control"].startswith("public, max-age=")
            assert response.headers["access-control-allow-origin"] == "*"
        await newsroom.publish(f"News of {path}", story="ferries")
        changed = await newsroom.http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert changed.status_code == 200


async def test_related_items_best_first(newsroom: TestNewsroom) -> None:
    one = await newsroom.publish("One", story="ferries", tags=["storm"])
    await newsroom.publish("Tagged", tags=["storm"])
    await newsroom.publish("Of the story", story="ferries")
    path = f"/v1/items/{one['item']['id']}/related"
    body = (await newsroom.http.get(path)).json()
    Related.model_validate(body)
    assert lines(body) == ["Of the story", "Tagged"]
    assert lines((await newsroom.http.get(f"{path}?limit=1")).json()) == ["Of the story"]


async def test_an_item_that_is_not_live_has_no_related_items(newsroom: TestNewsroom) -> None:
    gone = (await newsroom.publish("Gone"))["item"]["id"]
    await newsroom.act(gone, "retract")
    check_problem(await newsroom.http.get(f"/v1/items/{gone}/related"), 410, "gone")
    for id in ("0" * 26, "no-id"):
        check_problem(await newsroom.http.get(f"/v1/items/{id}/related"), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
    ],
)
async def test_a_wrong_query(newsroom: TestNewsroom, query: str, field: str) -> None:
    id = (await newsroom.publish("One", story="ferries"))["item"]["id"]
    for path in ("/v1/stories/ferries", f"/v1/items/{id}/related"):
        problem = check_problem(await newsroom.http.get(f"{path}?{query}"), 400, "bad-filter")
        assert [error["field"] for error in problem["errors"]] == [field]


async def test_before_the_lane_is_loaded_feeds_are_unavailable(newsroom: TestNewsroom) -> None:
    newsroom.gateway.ready = False
    for path in ("/v1/stories/ferries", f"/v1/items/{'0' * 26}/related"):
        check_problem(await newsroom.http.get(path), 503, "unavailable")
