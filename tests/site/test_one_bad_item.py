"""One item that cannot be read or rendered costs no page, feed or file for search engines."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from tests.support.in_memory import at
from tests.support.pages import SitePages
from ticker.domain.event import LaneEvent, read_lane

PAGES = (
    "/",
    "/en",
    "/en/section/politics",
    "/en/region/asia",
    "/story/quake",
    "/v1/embed?edition=en",
    "/v1/items",
    "/v1/stories/quake",
    "/v1/stories/quake/jsonld",
    "/v1/feed.json",
    "/v1/feed.atom",
    "/v1/feed.rss",
    "/v1/feed.ninjs",
    "/sitemap-news.xml",
)
LINKS = ("https://[", "https://a:99999/", "https://\u2100.example/", "//x", "javascript:alert(1)")
NO_TIME = "0001-01-01T00:00:00+14:00"
"""A readable time, but in no year that a calendar of ours can show."""


def publish_broken(site: SitePages, headline: str, **broken: Any) -> LaneEvent:
    """Put an item into the lane as another version, or a hand, would have written it."""
    site.news.clock = int(time.time() * 1000)  # the sitemap has the items of two days
    site.publish("Quake: what we know", sections=["politics"], regions=["asia"], story="quake")
    event = site.news.publish(
        headline, sections=["politics"], regions=["asia"], story="quake", level="bulletin"
    )
    body = {"action": "publish", "item": orjson.loads(event.item) | broken}
    site.news.top += 1
    entry = read_lane(at(site.news.top), {b"e": orjson.dumps(body)}, site.gateway.lane.epoch)
    assert isinstance(entry, LaneEvent)
    return site.take(entry)


@pytest.mark.parametrize("link", LINKS)
async def test_a_link_that_cannot_be_read_is_left_out(site: SitePages, link: str) -> None:
    event = publish_broken(site, "Quake in the north", link=link, media=[{"href": link}])
    for path in (*PAGES, f"/item/{event.item_id}", f"/v1/items/{event.item_id}/ninjs"):
        response = await site.get(path)
        assert "Quake in the north" in response.text, path
        assert link not in response.text, path


async def test_an_item_that_cannot_be_rendered_is_left_out(
    site: SitePages, caplog: pytest.LogCaptureFixture
) -> None:
    event = publish_broken(site, "Quake in no year", published_at=NO_TIME, updated_at=NO_TIME)
    for path in PAGES:
        response = await site.get(path)
        if "/v1/items" not in path and path != "/v1/stories/quake":  # those give the item as it is
            assert "Quake: what we know" in response.text, path
    for path in (f"/item/{event.item_id}",):
        await site.get(path, 404)
    logged = [record for record in caplog.records if event.item_id in record.getMessage()]
    assert len(logged) == 1


async def test_an_item_of_an_edition_that_was_given_up_has_its_page(site: SitePages) -> None:
    event = publish_broken(site, "Old edition", edition="fr")
    assert "Old edition" in (await site.get(f"/item/{event.item_id}")).text
    for path in ("/", "/v1/feed.atom", "/v1/feed.ninjs", "/sitemap-news.xml"):
        await site.get(path)
