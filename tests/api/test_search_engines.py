"""One item as ninjs, a story as JSON-LD, the news sitemap and robots.txt."""

from __future__ import annotations

from xml.etree import ElementTree

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from tests.feeds.formats.test_ninjs import faults
from tests.feeds.formats.test_sitemap import NEWS, SITE
from tests.support.clock import FakeClock
from tests.support.in_memory import InMemoryNewsroom
from tests.support.newsroom import EPOCH, FakeGateway, TestNewsroom, check_problem
from ticker.api.live_items import LiveItems
from ticker.api.search_engines import STORY_MAX, SearchEngineRoutes, newest
from ticker.config import Settings
from ticker.domain.cursor import ZERO
from ticker.domain.errors import NotFound
from ticker.domain.event import LaneEvent
from ticker.domain.item import Item
from ticker.feeds.formats import sitemap
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.stream.replay import Lane

DAY = 86_400


def lane_of(*events: LaneEvent) -> Lane:
    lane = Lane(5_000, EPOCH, ZERO, ZERO)
    for event in events:
        lane.advance(event)
    return lane


def crawler(
    lane: Lane, items: ItemService, settings: Settings, clock: FakeClock
) -> httpx.AsyncClient:
    """Return an HTTP client to an application whose sitemap has ``clock``."""
    routes = SearchEngineRoutes(LiveItems(FakeGateway(lane), items), settings, clock)
    (row,) = [row for row in routes.operations() if row.name == "sitemap_news"]
    app = Starlette(routes=[Route(row.path, row.handle)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://newsroom.test")


async def test_an_item_as_ninjs(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish("One", sections=["health"]))["item"]
    response = await newsroom.http.get(f"/v1/items/{item['id']}/ninjs")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    assert faults(document) == []
    assert document["headlines"][0]["value"] == "One"
    assert document["subjects"] == [{"name": "Health", "rel": "section", "literal": "health"}]
    again = await newsroom.http.get(
        f"/v1/items/{item['id']}/ninjs", headers={"if-none-match": response.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")

    await newsroom.act(item["id"], "retract", reason="wrong")
    check_problem(await newsroom.http.get(f"/v1/items/{item['id']}/ninjs"), 410, "gone")


@pytest.mark.parametrize("id", ["none", "01kav9ft010000000000000000", "%00", "a%2Fb"])
async def test_an_unknown_item_has_no_ninjs(newsroom: TestNewsroom, id: str) -> None:
    check_problem(await newsroom.http.get(f"/v1/items/{id}/ninjs"), 404, "not-found")


async def test_a_story_as_a_live_blog(newsroom: TestNewsroom) -> None:
    first = (await newsroom.publish("First ship", story="harbour"))["item"]
    await newsroom.publish("Segundo barco", edition="es", story="harbour")
    await newsroom.publish('Not of it: "story":"harbour"', story="harbour-2")
    response = await newsroom.http.get("/v1/stories/harbour/jsonld")
    assert response.headers["content-type"] == "application/ld+json"
    blog = response.json()
    assert blog["url"] == "http://newsroom.test/story/harbour"
    assert [one["headline"] for one in blog["liveBlogUpdate"]] == ["Segundo barco", "First ship"]
    assert blog["coverageStartTime"] == first["published_at"]

    english = await newsroom.http.get("/v1/stories/harbour/jsonld?edition=en")
    assert (english.json()["inLanguage"], english.json()["headline"]) == ("en", "First ship")
    etag = english.headers["etag"]
    same = await newsroom.http.get(
        "/v1/stories/harbour/jsonld?edition=en,en", headers={"if-none-match": etag}
    )
    assert same.status_code == 304

    await newsroom.act(first["id"], "retract", reason="wrong")
    assert "First ship" not in (await newsroom.http.get("/v1/stories/harbour/jsonld")).text
    gone = await newsroom.http.get("/v1/stories/harbour/jsonld?edition=en")
    check_problem(gone, 404, "not-found")


@pytest.mark.parametrize("story", ["none", "%22", "a%00b", "x" * 200])
async def test_an_unknown_story_has_none(newsroom: TestNewsroom, story: str) -> None:
    check_problem(await newsroom.http.get(f"/v1/stories/{story}/jsonld"), 404, "not-found")


class NoStore:
    async def get(self, id: str) -> Item:
        raise NotImplementedError


async def test_unknown_story_names_are_not_cached(settings: Settings) -> None:
    # Each was cached as an empty response: a crawler with made-up names, each as long as a request
    # line may be, filled the memory and evicted other responses.
    indexing = SearchEngineRoutes(LiveItems(FakeGateway(), NoStore()), settings)
    for n in range(3):
        request = Request(
            {
                "type": "http",
                "scheme": "http",
                "headers": [],
                "query_string": b"",
                "path_params": {"story": "x" * 500 + str(n)},
            }
        )
        with pytest.raises(NotFound):
            await indexing.story_jsonld(request)
    assert len(indexing.responses) == 0


@pytest.mark.parametrize("query", ["edition=fr", "edition=en,xx"])
async def test_a_storys_query(newsroom: TestNewsroom, query: str) -> None:
    response = await newsroom.http.get(f"/v1/stories/harbour/jsonld?{query}")
    check_problem(response, 400, "bad-filter")


def test_a_story_has_its_newest_developments() -> None:
    news = InMemoryNewsroom()
    events = [news.publish(f"Line {number}", story="s") for number in range(STORY_MAX + 5)]
    found = lane_of(*events, news.publish("Other")).current_items.story("s")
    assert len(found) == STORY_MAX + 5
    assert newest(found, STORY_MAX) == events[:4:-1]


async def test_the_sitemap_has_two_days_and_a_thousand_urls(
    items: ItemService, redis: Redis, settings: Settings
) -> None:
    news, clock = InMemoryNewsroom(), FakeClock()
    events = [news.publish("Pinned long ago", pinned=True)]
    news.clock += 3 * DAY * 1000
    events += [news.publish(f"Line {number}") for number in range(sitemap.URLS_MAX + 20)]
    clock.now = news.clock / 1000
    async with crawler(lane_of(*events), items, settings, clock) as http:
        response = await http.get("/sitemap-news.xml")
        assert response.headers["content-type"] == sitemap.MEDIA_TYPE
        urls = ElementTree.fromstring(response.content).findall(f"{SITE}url")
        assert len(urls) == sitemap.URLS_MAX
        titles = [url.findtext(f"{NEWS}news/{NEWS}title") for url in urls]
        assert titles[:2] == ["Line 1019", "Line 1018"]
        assert "Pinned long ago" not in titles

        # Items expire by the clock: without any event, the sitemap differs two days later.
        etag = response.headers["etag"]
        assert "last-modified" not in response.headers
        headers = {"if-none-match": etag}
        assert (await http.get("/sitemap-news.xml", headers=headers)).status_code == 304
        clock.now += 2 * DAY + 60
        later = await http.get("/sitemap-news.xml", headers=headers)
        assert list(ElementTree.fromstring(later.content)) == []


async def test_robots_names_the_sitemap_even_while_the_server_starts(
    newsroom: TestNewsroom,
) -> None:
    newsroom.gateway.ready = False
    response = await newsroom.http.get("/robots.txt")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Sitemap: http://newsroom.test/sitemap-news.xml\n" in response.text


async def test_all_of_them_are_described(newsroom: TestNewsroom) -> None:
    described = (await newsroom.http.get("/openapi.json")).json()["paths"]
    for path in (
        *("/v1/feed.json", "/v1/feed.atom", "/v1/feed.rss", "/v1/feed.ninjs"),
        *("/v1/items/{id}/ninjs", "/v1/stories/{story}/jsonld"),
        *("/sitemap-news.xml", "/robots.txt"),
    ):
        assert described[path]["get"]["tags"] == ["Feeds"], path
