"""The feeds over HTTP: filters, conditional requests, caches, and Redis commands."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import feedparser
import httpx
import pytest

from tests.feeds.formats.test_ninjs import faults
from tests.support.in_memory import TAXONOMY, InMemoryNewsroom, at
from tests.support.newsroom import EPOCH, TestNewsroom, check_problem, running_newsroom
from ticker.api.feeds import FORMATS, ITEMS_MAX, canonical_query, last_modified
from ticker.config import Settings
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.event import Heartbeat
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.filter_query import read_filter
from ticker.feeds.formats.atom_rss import TOMBSTONES
from ticker.feeds.formats.channel import retractions
from ticker.feeds.formats.websub_topics import FORMATS as TOPIC_FORMATS
from ticker.feeds.formats.websub_topics import topics_of
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.replay import Lane

NAMES = [format.name for format in FORMATS]
PUBLIC = {"public_url": "https://newsroom.example", "websub_hubs": ("https://hub.example/",)}


async def get(
    newsroom: TestNewsroom, path: str, status: int = 200, **headers: str
) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await newsroom.http.get(path, headers=sent)
    assert response.status_code == status, response.text
    return response


def titles(name: str, response: httpx.Response) -> list[str]:
    """Return the headlines of a feed, read by a real parser."""
    if name == "json":
        return [item["title"] for item in response.json()["items"]]
    if name == "ninjs":
        assert faults(response.json()) == []
        return [
            one["headlines"][0]["value"]
            for one in response.json()["associations"]
            if one["pubStatus"] == "usable"
        ]
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    return [entry.title for entry in feed.entries]


@pytest.mark.parametrize("format", FORMATS, ids=NAMES)
async def test_a_feed_has_the_items_that_match_the_filter(
    newsroom: TestNewsroom, format: Any
) -> None:
    await newsroom.publish("Budget passes", sections=["economy"], level="urgent")
    await newsroom.publish("Final tonight", sections=["sports"], tags=["cup"])
    await newsroom.publish("Reabre el túnel", edition="es")
    for query, found in (
        ("", ["Reabre el túnel", "Final tonight", "Budget passes"]),
        ("?edition=en", ["Final tonight", "Budget passes"]),
        ("?section=economy,sports&level=urgent", ["Budget passes"]),
        ("?tag=CUP", ["Final tonight"]),
        ("?edition=ar", []),
        ("?limit=1", ["Reabre el túnel"]),
    ):
        response = await get(newsroom, f"/v1/feed.{format.name}{query}")
        assert titles(format.name, response) == found, query
        assert response.headers["content-type"] == format.media_type
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cache-control"] == "public, max-age=10, stale-while-revalidate=10"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("edition=fr", "edition"),
        ("limit=0", "limit"),
        (f"limit={ITEMS_MAX + 1}", "limit"),
        ("level=loud", "level"),
    ],
)
async def test_a_wrong_query_is_named(
    newsroom: TestNewsroom, name: str, query: str, field: str
) -> None:
    response = await newsroom.http.get(f"/v1/feed.{name}?{query}")
    problem = check_problem(response, 400, "bad-filter")
    assert [error["field"] for error in problem["errors"]] == [field]
    if field == "edition":
        assert "known: ar, en, es" in problem["detail"]


@pytest.mark.parametrize("path", [*(f"/v1/feed.{name}" for name in NAMES), "/sitemap-news.xml"])
async def test_before_the_lane_is_loaded_it_is_unavailable(
    newsroom: TestNewsroom, path: str
) -> None:
    newsroom.gateway.ready = False
    response = await newsroom.http.get(path)
    check_problem(response, 503, "unavailable")
    assert "retry-after" in response.headers


@pytest.mark.parametrize("name", NAMES)
async def test_a_retracted_text_is_removed_and_listed_as_retracted(
    newsroom: TestNewsroom, name: str
) -> None:
    wrong = (await newsroom.publish("Wrongful zebra claim"))["item"]
    await newsroom.publish("Right line")
    assert b"zebra" in (await get(newsroom, f"/v1/feed.{name}")).content
    await newsroom.act(wrong["id"], "retract", reason="wrong")
    response = await get(newsroom, f"/v1/feed.{name}")
    assert b"zebra" not in response.content
    assert titles(name, response) == ["Right line"]
    if name == "atom":
        root = ElementTree.fromstring(response.content)
        assert len(root.findall(f"{{{TOMBSTONES}}}deleted-entry")) == 1
    if name == "json":
        assert len(response.json()["_ticker"]["retracted"]) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_a_current_copy_gets_304(newsroom: TestNewsroom, name: str) -> None:
    await newsroom.publish("One")
    path = f"/v1/feed.{name}?edition=en"
    first = await get(newsroom, path)
    etag, date = first.headers["etag"], first.headers["last-modified"]
    same = await get(newsroom, path, 304, if_none_match=etag)
    assert same.content == b""
    for header in ("etag", "last-modified", "cache-control", "link"):
        assert same.headers[header] == first.headers[header]
    await get(newsroom, path, 304, if_modified_since=date)
    await get(newsroom, path, 200, if_none_match='"another"', if_modified_since=date)
    await get(newsroom, path, 304, if_none_match=etag, if_modified_since="yesterday")
    await get(newsroom, path, 200, if_modified_since="yesterday")
    await get(newsroom, path, 200, if_modified_since="Mon, 01 Jan 2035 00:00:00 GMT")

    await newsroom.publish("Otro", edition="es")
    await get(newsroom, path, 304, if_none_match=etag)  # news, but not in this feed
    await newsroom.publish("Two")
    changed = await get(newsroom, path, 200, if_none_match=etag, if_modified_since=date)
    assert titles(name, changed) == ["Two", "One"]


async def test_a_date_is_sent_only_if_it_identifies_one_state() -> None:
    """A date has whole seconds: after two events in one second it would hide the second event."""
    news = InMemoryNewsroom()
    lane = Lane(100, EPOCH, ZERO, ZERO)
    assert last_modified(lane) is None
    first, second = news.publish("One"), news.publish("Two")
    lane.advance(first)
    assert last_modified(lane) == at(1).ms // 1000
    lane.advance(Heartbeat(StreamId(at(1).ms + 5_000, 0), 0))
    assert last_modified(lane) == at(1).ms // 1000
    lane = Lane(100, EPOCH, ZERO, ZERO, recent=[first, second])
    assert last_modified(lane) is None, "the same second"


async def test_no_date_after_a_retraction_nor_where_the_window_begins() -> None:
    """Publish and retract within a second: the retraction scrubs the other event, and a client
    with that second's date would keep the text."""
    news = InMemoryNewsroom()
    wrong = news.publish("Wrong")
    lane = Lane(100, EPOCH, ZERO, ZERO, recent=[wrong, news.retract(wrong.item_id)])
    assert last_modified(lane) is None
    other = news.publish("Other")
    assert last_modified(Lane(100, EPOCH, ZERO, at(2), recent=[other])) is None


def test_two_servers_list_the_same_retractions() -> None:
    # A running server trims its window late, a starting one loads exactly the capacity: their feeds
    # listed different retractions and had different ETags, so that no copy stayed valid.
    news = InMemoryNewsroom()
    capacity = 20
    gone = news.publish("Wrong")
    events = [gone, news.retract(gone.item_id), *(news.publish(f"Line {n}") for n in range(20))]
    old = Lane(capacity, EPOCH)
    for event in events:
        old.advance(event)
    young = Lane(capacity, EPOCH, events[-1].id, events[1].id, recent=events[-capacity:])
    assert len(old.window) > len(young.window)
    assert retractions(old, EVERYTHING) == retractions(young, EVERYTHING) == ()
    late = news.retract(events[-1].item_id)
    assert old.advance(late)
    assert young.advance(late)
    assert [one.id for one in retractions(old, EVERYTHING)] == [late.item_id]
    assert retractions(old, EVERYTHING) == retractions(young, EVERYTHING)


@pytest.mark.parametrize("name", NAMES)
async def test_head_is_get_without_a_body(newsroom: TestNewsroom, name: str) -> None:
    await newsroom.publish("One")
    got = await get(newsroom, f"/v1/feed.{name}")
    head = await newsroom.http.head(f"/v1/feed.{name}")
    assert (head.status_code, head.content) == (200, b"")
    for header in ("etag", "content-type", "content-length", "cache-control"):
        assert head.headers[header] == got.headers[header]


async def test_all_spellings_of_a_feed_are_one_and_name_one_address(newsroom: TestNewsroom) -> None:
    responses = [
        await get(newsroom, f"/v1/feed.json?{query}")
        for query in (
            "section=politics,economy&edition=en",
            "edition=en&section=economy&section=politics&limit=50",
            "edition=en,en&section=economy,politics&level=ticker&_=1",
        )
    ]
    assert len({response.content for response in responses}) == 1
    feed = responses[0].json()
    assert (
        feed["feed_url"] == "http://newsroom.test/v1/feed.json?edition=en&section=economy,politics"
    )
    assert titles("json", await get(newsroom, feed["feed_url"])) == []
    assert feed["title"] == "Ticker: English, Economy, Politics"
    assert feed["language"] == "en"
    assert feed["home_page_url"] == "http://newsroom.test/"
    alone = (await get(newsroom, "/v1/feed.json?edition=ar")).json()
    assert (alone["home_page_url"], alone["language"]) == ("http://newsroom.test/ar", "ar")


def test_the_canonical_query_contains_the_whole_filter() -> None:
    """A missing facet would give two feeds the same address."""
    values = {"editions": ["ar", "en"], "sections": ["politics", "arts-culture"]}
    filters = [Filter(level=2)]
    for field in fields(Filter):
        if field.name not in ("level", "excluded", "alternatives", "names_no_edition"):
            chosen: dict[str, Any] = {
                field.name: frozenset(values.get(field.name, ["mena", "africa"]))
            }
            filters.append(replace(Filter(), **chosen))
    filters += [Filter(excluded=one) for one in filters[1:]]
    filters += [Filter(alternatives=(one,)) for one in filters[-3:]]
    for filter in filters:
        assert filter != Filter()
        assert read_filter(parse_qsl(canonical_query(filter)), TAXONOMY) == filter
    assert canonical_query(Filter()) == ""
    assert canonical_query(Filter(), 7) == "limit=7"
    assert canonical_query(Filter(tags=frozenset({"a&b=c", "é"}))) == "tag=a%26b%3Dc,%C3%A9"


async def test_only_topics_link_to_hubs(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> None:
    async with running_newsroom(redis, settings.model_copy(update=PUBLIC)) as newsroom:
        topics = topics_of("https://newsroom.example", "ar")
        assert len(topics) == 2 * len(FORMATS)
        for topic in topics:
            path = topic.removeprefix("https://newsroom.example")
            response = await get(newsroom, path)
            links = response.headers["link"]
            assert links == f'<https://hub.example/>; rel="hub", <{topic}>; rel="self"'
            if "ninjs" not in path:
                assert b"https://hub.example/" in response.content
        for query in ("tag=a", "edition=ar,en", "limit=3", "edition=en&level=flash"):
            response = await get(newsroom, f"/v1/feed.atom?{query}")
            assert "hub" not in response.headers["link"]
            assert b"hub.example" not in response.content


async def test_without_a_public_url_feeds_link_to_no_hub(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> None:
    hubs = settings.model_copy(update={"websub_hubs": ("https://hub.example/",)})
    async with running_newsroom(redis, hubs) as newsroom:
        assert "hub" not in (await get(newsroom, "/v1/feed.json")).text


def test_servers_and_workers_have_the_same_formats() -> None:
    assert tuple(NAMES) == TOPIC_FORMATS


async def test_feeds_are_rendered_once_per_event(
    redis: Redis,
    keys: Keys,
    items: ItemService,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two requests, one rendering; and a retraction clears everything rendered before."""
    made = 0  # each rendering selects items once
    async with running_newsroom(redis, settings) as newsroom:
        await newsroom.publish("One")
        live = newsroom.gateway.lane.current_items
        select = live.select

        def counted(*args: Any) -> Any:
            nonlocal made
            made += 1
            return select(*args)

        monkeypatch.setattr(live, "select", counted)
        for _ in range(5):
            await get(newsroom, "/v1/feed.rss")
            await get(newsroom, "/v1/feed.rss?section=")
        assert made == 1
        await newsroom.publish("Two")
        await get(newsroom, "/v1/feed.rss")
        assert made == 2


async def test_feeds_need_no_redis_command(newsroom: TestNewsroom, settings: Settings) -> None:
    """They are served from memory."""
    item = (await newsroom.publish("One", story="harbour"))["item"]
    watcher = connect(settings.redis_url)

    async def commands() -> int:
        return int((await watcher.info("stats"))["total_commands_processed"])

    before = await commands()
    own = await commands() - before
    for number in range(5):
        for name in NAMES:
            await get(newsroom, f"/v1/feed.{name}?limit={number + 1}")
        await get(newsroom, f"/v1/items/{item['id']}/ninjs")
        await get(newsroom, "/v1/items/none/ninjs", 404)
        await get(newsroom, "/v1/stories/harbour/jsonld")
        await get(newsroom, "/sitemap-news.xml")
        await get(newsroom, "/robots.txt")
    assert await commands() - before == 2 * own
    await watcher.aclose()
