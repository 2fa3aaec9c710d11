"""Permalinks of retracted and expired items on a real store, and the pages' store lookups."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from tests.support.drafts import counted
from tests.support.newsroom import TestNewsroom, check_problem
from tests.support.pages import BROWSER, Html
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


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


async def withdrawn_and_again(newsroom: TestNewsroom, **fields: Any) -> tuple[str, str]:
    """Retract an item by mistake and publish it again; return the ids of both."""
    old = (await newsroom.publish(**fields))["item"]["id"]
    await newsroom.act(old, "retract", reason="wrong key")
    new = await newsroom.publish(**fields, replaces=old, correction="Withdrawn by mistake.")
    return old, new["item"]["id"]


async def test_the_page_of_an_item_that_was_withdrawn_by_mistake_leads_to_the_new_one(
    newsroom: TestNewsroom,
) -> None:
    fields = {"headline": "استقالة العمدة", "edition": "ar", "story": "mayor"}
    old, new = await withdrawn_and_again(newsroom, **fields)
    gone = await newsroom.http.get(f"/item/{old}", headers=BROWSER | {"accept-language": "en"})
    assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
    assert gone.headers["link"] == f'</item/{new}>; rel="successor-version"'
    html = Html(gone.text)
    assert (html.one("html")["lang"], html.said("h1")) == ("ar", ["سُحب هذا الخبر عن طريق الخطأ"])
    assert html.one("a", rel="successor-version")["href"] == f"/item/{new}"
    assert "العمدة" not in gone.text
    document = check_problem(await newsroom.http.get(f"/v1/items/{old}"), 410, "gone")
    assert document["replaced_by"] == new
    shown = await newsroom.http.get(f"/v1/items/{new}")
    assert shown.json()["replaces"] == old
    # The new one is retracted: it is not named, also while the answer is remembered.
    await newsroom.act(new, "retract", reason="not true")
    gone = await newsroom.http.get(f"/item/{old}", headers=BROWSER)
    assert (gone.status_code, new in gone.text, "link" in gone.headers) == (410, False, False)
    assert Html(gone.text).said("h1") == ["This story was retracted"]
    assert "replaced_by" not in (await newsroom.http.get(f"/v1/items/{old}")).json()


async def test_an_item_that_was_withdrawn_by_mistake_twice(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    first, second = await withdrawn_and_again(newsroom, headline="Mayor resigns")
    await newsroom.act(second, "retract")
    third = (await newsroom.publish("Mayor resigns", replaces=second))["item"]["id"]
    assert (await newsroom.http.get(f"/v1/items/{first}")).json()["replaced_by"] == third
    # Records that were damaged name each other.
    await newsroom.act(third, "retract")
    record = (await newsroom.http.get(f"/v1/items/{third}", headers=newsroom.key)).json()
    del record["history"]
    loop = orjson.dumps(record | {"replaced_by": second})
    await command(redis, "HSET", keys.item(third), "doc", loop)
    document = check_problem(await newsroom.http.get(f"/v1/items/{second}"), 410, "gone")
    assert "replaced_by" not in document


async def test_a_draft_that_waits_is_not_named(newsroom: TestNewsroom) -> None:
    old = (await newsroom.publish("Mayor resigns"))["item"]["id"]
    await newsroom.act(old, "retract")
    await newsroom.publish("Mayor resigns", replaces=old, draft=True)
    assert "replaced_by" not in (await newsroom.http.get(f"/v1/items/{old}")).json()
    shown = (await newsroom.http.get(f"/v1/items/{old}", headers=newsroom.key)).json()
    assert shown["replaced_by"]


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
