"""JSON Feed 1.1: the required fields, and our extension."""

from __future__ import annotations

from typing import Any

import orjson

from tests.feeds.formats.sample import ARABIC, BASE, HUB, MARKUP, channel_of, lane_of, sample
from ticker.domain.filter import EVERYTHING
from ticker.feeds.formats.channel import retractions, urn
from ticker.feeds.formats.jsonfeed import render
from ticker.stream.replay import Lane

TOP = {"version", "title", "home_page_url", "feed_url", "authors", "hubs", "_ticker", "items"}
ITEM = {
    *("id", "url", "external_url", "title", "content_text", "summary", "image", "attachments"),
    *("date_published", "date_modified", "authors", "tags", "language", "_ticker"),
}
"""Names of JSON Feed 1.1, and one extension, which starts with an underscore."""


def feed_of(lane: Lane, **options: Any) -> Any:
    return orjson.loads(render(channel_of(lane, **options)))


def test_only_names_of_the_specification_and_one_extension() -> None:
    feed = feed_of(sample())
    assert set(feed) == TOP
    assert set().union(*feed["items"]) == ITEM
    assert set(feed_of(sample(), language="en")) == TOP | {"language"}
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["hubs"] == [{"type": "WebSub", "url": HUB}]


def test_an_item_in_full() -> None:
    channel = channel_of(sample())
    item = channel.items[2]
    entry = feed_of(sample())["items"][2]
    own = entry.pop("_ticker")
    assert entry == {
        "id": urn(item["id"]),
        "url": f"{BASE}/item/{item['id']}",
        "external_url": "https://reports.example/a?b=1&c=%C3%A9",
        "title": MARKUP,
        "content_text": "Corrected: It was two quays, not <three>\nFewer < than & planned",
        "summary": "Fewer < than & planned",
        "date_published": item["published_at"],
        "date_modified": item["updated_at"],
        "language": "en",
        "tags": ["politics", "mena", "a&b <c>"],
        "authors": [{"name": "Harbour & Co"}],
        "image": "https://reports.example/%C3%BC.jpg",
        "attachments": [
            {
                "url": "https://reports.example/%C3%BC.jpg",
                "mime_type": "image/jpeg",
                "title": "A <quay>",
            }
        ],
    }
    assert {name: own[name] for name in ("id", "version", "level", "dir", "story")} == {
        "id": item["id"],
        "version": 2,
        "level": "flash",
        "dir": "ltr",
        "story": "harbour",
    }
    assert own["correction"]["text"] == "It was two quays, not <three>"
    assert own["story_url"] == f"{BASE}/story/harbour"


def test_an_entry_without_a_body_repeats_its_headline() -> None:
    entry = feed_of(sample())["items"][1]
    assert (entry["title"], entry["content_text"], entry["_ticker"]["dir"]) == (
        ARABIC,
        ARABIC,
        "rtl",
    )
    assert not {"summary", "external_url", "tags", "authors", "image"} & set(entry)


def test_retractions_are_named() -> None:
    lane = sample()
    (gone,) = retractions(lane, EVERYTHING)
    assert feed_of(lane)["_ticker"]["retracted"] == [
        {"id": urn(gone.id), "version": gone.version, "at": gone.at}
    ]


def test_an_empty_newsroom_has_a_valid_empty_feed() -> None:
    feed = feed_of(lane_of())
    assert (set(feed), feed["items"]) == (TOP, [])
