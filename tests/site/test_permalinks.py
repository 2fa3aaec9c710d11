"""Permalinks of retracted and expired items on a real store, and the pages' store lookups."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.drafts import counted
from tests.support.newsroom import TestNewsroom, check_problem
from tests.support.pages import BROWSER, Html
from ticker.storage.connection import Redis


async def test_the_page_of_a_retracted_item_shows_nothing_of_it(newsroom: TestNewsroom) -> None:
    words: dict[str, Any] = {
        "headline": "Mayor resigns",
        "summary": "She said so",
        "speaker": "Aide",
        "tags": ["x9"],
    }
    item = (await newsroom.publish(**words, story="mayor"))["item"]
    assert "Mayor resigns" in (await newsroom.http.get(f"/item/{item['id']}", headers=BROWSER)).text
    await newsroom.act(item["id"], "retract", reason="not true")
    gone = await newsroom.http.get(f"/item/{item['id']}", headers=BROWSER)
    assert gone.status_code == 410
    assert gone.headers["cache-control"] == "no-store"
    html = Html(gone.text)
    assert html.said("h1") == ["This story was retracted"]
    for word in ("Mayor", "resigns", "said so", "Aide", "x9", "not true", "mayor"):
        assert word not in gone.text
    check_problem(await newsroom.http.get(f"/item/{item['id']}"), 410, "gone")
    check_problem(await newsroom.http.get("/story/mayor"), 404, "not-found")
    for path in ("/en", "/en/section/politics", "/v1/embed"):
        assert "Mayor" not in (await newsroom.http.get(path, headers=BROWSER)).text


@pytest.mark.parametrize("id", ["0" * 26, "nothing", "../../etc/passwd", "x" * 300])
async def test_an_unknown_item_is_an_error_page(newsroom: TestNewsroom, id: str) -> None:
    response = await newsroom.http.get(f"/item/{id}", headers=BROWSER)
    assert response.status_code == 404
    assert Html(response.text).said("h1") == ["Page not found"]
    assert id not in response.text


async def test_an_embargoed_item_has_no_page(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish("Budget", at="2999-01-01T00:00:00Z", force=True))["item"]
    response = await newsroom.http.get(f"/item/{item['id']}", headers=BROWSER)
    assert response.status_code == 404
    assert "Budget" not in response.text


async def test_many_requests_for_a_retracted_item_cost_one_lookup(
    newsroom: TestNewsroom, redis: Redis
) -> None:
    # Every request for an item that is not live was a Redis command.
    item = (await newsroom.publish("Mayor resigns", level="flash"))["item"]
    await newsroom.act(item["id"], "retract", reason="not true")
    paths = [f"/item/{item['id']}", *(f"/v1/items/{item['id']}{p}" for p in ("", "/related"))]
    async with counted(redis) as commands:
        answers = await asyncio.gather(*(newsroom.http.get(path) for path in paths * 20))
        answers += [await newsroom.http.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {410}
    assert sum(commands.values()) == 1


async def test_pages_of_live_items_need_no_store(newsroom: TestNewsroom, redis: Redis) -> None:
    item = (await newsroom.publish("One", story="s", sections=["politics"], level="flash"))["item"]
    paths = ("/", "/en", "/ar", "/en/section/politics", "/story/s", f"/item/{item['id']}")
    async with counted(redis) as commands:
        for path in (
            *paths,
            "/v1/embed?edition=en",
            "/v1/stories/s",
            "/v1/stories/s/jsonld",
            f"/v1/items/{item['id']}/related",
            f"/v1/items/{item['id']}/ninjs",
            "/sitemap-news.xml",
            "/robots.txt",
            "/v1/words/ar",
            "/widget.js",
        ):
            for _ in range(3):
                assert (await newsroom.http.get(path, headers=BROWSER)).status_code == 200
    assert commands == {}
