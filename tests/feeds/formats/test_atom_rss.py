"""Atom and RSS, read by a real parser and as bytes."""

from __future__ import annotations

from calendar import timegm
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from tests.feeds.formats.sample import (
    ARABIC,
    BASE,
    HUB,
    MARKUP,
    SPANISH,
    channel_of,
    lane_of,
    sample,
)
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import parse_ms
from ticker.domain.filter import EVERYTHING
from ticker.feeds.formats.atom_rss import DUBLIN_CORE, MEDIA_RSS, TOMBSTONES, atom, rss
from ticker.feeds.formats.channel import retractions, urn

ATOM = "{http://www.w3.org/2005/Atom}"


def parsed(body: bytes) -> Any:
    feed = feedparser.parse(body, sanitize_html=False)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.mark.parametrize("render", [atom, rss])
def test_headlines_links_dates_and_languages_are_in_the_feed(render: Any) -> None:
    channel = channel_of(sample())
    feed = parsed(render(channel))
    assert [entry.title for entry in feed.entries] == [f"Ana Ribalta: {SPANISH}", ARABIC, MARKUP]
    assert [entry.title_detail.language for entry in feed.entries] == ["es", "ar", "en"]
    for entry, item in zip(feed.entries, channel.items, strict=True):
        assert entry.link == f"{BASE}/item/{item['id']}"
        assert timegm(entry.published_parsed) == parse_ms(item["published_at"]) // 1000
        assert entry.id == urn(item["id"])
        assert not entry.guidislink
    assert [tag.term for tag in feed.entries[2].tags] == ["politics", "mena", "a&b <c>"]
    assert feed.entries[2].author == "Harbour & Co"
    assert feed.feed.title == "Harbour & <Coast>: all"
    links = {(link.rel, link.href) for link in feed.feed.links}
    assert {("self", channel.feed), ("hub", HUB), ("alternate", f"{BASE}/")} <= links


@pytest.mark.parametrize("render", [atom, rss])
def test_pictures_have_alternative_text_and_credit(render: Any) -> None:
    entries = parsed(render(channel_of(sample()))).entries
    href = "https://reports.example/%C3%BC.jpg"
    assert entries[2].media_content == [{"url": href, "type": "image/jpeg", "medium": "image"}]
    root = ElementTree.fromstring(render(channel_of(sample())))
    (content,) = root.iter(f"{{{MEDIA_RSS}}}content")
    texts = [(one.tag.rpartition("}")[2], one.text) for one in content]
    assert texts == [("description", "A <quay>"), ("credit", "R&D")]
    links = [link for link in entries[2].links if link.rel == "enclosure"]
    expected = [(href, "image/jpeg", "A <quay>")] if render is atom else []
    assert [(link.href, link.type, link.title) for link in links] == expected


def test_atom_says_what_rss_cannot() -> None:
    channel = channel_of(sample())
    entry = parsed(atom(channel)).entries[2]
    assert entry.summary == ("Corrected: It was two quays, not <three>\nFewer < than & planned")
    assert entry.summary_detail.type == "text/plain"
    assert timegm(entry.updated_parsed) == parse_ms(channel.items[2]["updated_at"]) // 1000
    related = [link.href for link in entry.links if link.rel == "related"]
    assert related == ["https://reports.example/a?b=1&c=%C3%A9"]
    assert [tag.label for tag in entry.tags] == ["Politics", "MENA", None]


def test_a_retraction_is_a_deleted_entry() -> None:
    lane = sample()
    root = ElementTree.fromstring(atom(channel_of(lane)))
    deleted = root.findall(f"{{{TOMBSTONES}}}deleted-entry")
    (gone,) = retractions(lane, EVERYTHING)
    assert [entry.attrib for entry in deleted] == [{"ref": urn(gone.id), "when": gone.at}]
    ids = {entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")}
    assert len(ids) == 3
    assert urn(gone.id) not in ids


def test_atom_has_what_rfc_4287_requires() -> None:
    for lane in (sample(), lane_of()):
        root = ElementTree.fromstring(atom(channel_of(lane, language="ar")))
        assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
        for node in (root, *root.findall(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(node.findall(f"{ATOM}{name}")) == 1, name
        assert len(root.findall(f"{ATOM}author")) == 1


def test_an_rss_description_is_html() -> None:
    root = ElementTree.fromstring(rss(channel_of(sample())))
    description = root.findtext("channel/item[3]/description")
    assert description == (
        "Corrected: It was two quays, not &lt;three&gt;<br>Fewer &lt; than &amp; planned"
    )


def test_rss_has_what_its_specification_requires() -> None:
    for lane in (sample(), lane_of()):
        root = ElementTree.fromstring(rss(channel_of(lane, language="es")))
        assert root.get("version") == "2.0"
        for name in ("title", "link", "description", "language", "lastBuildDate"):
            assert root.findtext(f"channel/{name}"), name
    items = ElementTree.fromstring(rss(channel_of(sample()))).findall("channel/item")
    assert [item.findtext(f"{{{DUBLIN_CORE}}}language") for item in items] == ["es", "ar", "en"]
    guids = [item.find("guid") for item in items]
    assert {guid.get("isPermaLink") for guid in guids if guid is not None} == {"false"}
    assert len(guids) == 3


@pytest.mark.parametrize("render", [atom, rss])
def test_an_empty_newsroom_has_a_valid_empty_feed(render: Any) -> None:
    assert parsed(render(channel_of(lane_of()))).entries == []


@pytest.mark.parametrize("render", [atom, rss])
def test_characters_that_xml_excludes_are_removed(render: Any) -> None:
    news = InMemoryNewsroom()
    line = news.publish(
        "Bridge\ufffe opens", tags=["a\uffffb"], source="S\ufffe", summary="x\uffff"
    )
    (entry,) = parsed(render(channel_of(lane_of(line)))).entries
    assert (entry.title, entry.tags[0].term, entry.author) == ("Bridge opens", "ab", "S")
