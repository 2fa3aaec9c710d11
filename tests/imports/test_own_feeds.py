"""Round trip: the import reads the feeds that we publish and loses nothing that they have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.feeds.formats.sample import (
    ARABIC,
    BASE,
    MARKUP,
    SECRET,
    SPANISH,
    channel_of,
    lane_of,
    sample,
)
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import parse_ms
from ticker.domain.draft import read_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.feeds.formats import atom_rss, jsonfeed, ninjs
from ticker.feeds.formats.channel import Channel
from ticker.imports.drafts import Defaults, ParsedInput
from ticker.imports.formats import read

pytestmark = pytest.mark.processes

Render = Callable[[Channel], bytes]

RENDERERS = {
    "atom": atom_rss.atom,
    "rss": atom_rss.rss,
    "json": jsonfeed.render,
    "ninjs": ninjs.package,
}
EN = Defaults(edition="en")
NOW = datetime(2025, 11, 24, 16, 30, tzinfo=UTC)
"""Half an hour after the sample was published; a part of it expires in another half."""


def reading(render: Render) -> ParsedInput:
    return read(render(channel_of(sample())), EN, now=NOW)


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_every_item_comes_back_oldest_first_and_is_valid(render: Render) -> None:
    drafts = reading(render).drafts
    said = [draft["headline"] for draft in drafts]
    # Feeds that have one line of text and no field for it put the speaker into it.
    spoken = render in (ninjs.package, jsonfeed.render)
    spanish = SPANISH if spoken else f"Ana Ribalta: {SPANISH}"
    if render is atom_rss.rss:
        # A title may be HTML in RSS; this one looks like it.
        assert said[1:] == [ARABIC, spanish]
        assert said[0].startswith("Harbour")
    else:
        assert said == [MARKUP, ARABIC, spanish]
    assert [draft.get("speaker") for draft in drafts] == [
        None,
        None,
        "Ana Ribalta" * spoken or None,
    ]
    assert [draft["edition"] for draft in drafts] == ["en", "ar", "es"]
    assert (drafts[0]["sections"], drafts[0]["regions"]) == (["politics"], ["mena"])
    assert drafts[0]["tags"] == ["a&b <c>"]
    assert [draft["language"] for draft in drafts] == ["en", "ar", "es"]
    items = channel_of(sample()).items[::-1]
    exact = 1 if render in (jsonfeed.render, ninjs.package) else 1_000
    for draft, item in zip(drafts, items, strict=True):
        wanted = parse_ms(item["published_at"]) // exact
        assert parse_ms(draft["published_at"]) // exact == wanted
        read_draft(
            {name: value for name, value in draft.items() if name not in ("key", "correction")},
            Taxonomy(),
        )


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_text_that_is_not_html_comes_back_unchanged(render: Render) -> None:
    line = 'Minister <b>&" says "no" & goes: 3 < 4'
    feed = render(channel_of(lane_of(InMemoryNewsroom().publish(line, summary=line))))
    (draft,) = read(feed, EN).drafts
    assert draft["headline"] == line
    assert draft.get("summary") in (line, None), "JSON Feed repeats a headline as content"


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_what_was_retracted_does_not_come_back(render: Render) -> None:
    found = reading(render)
    assert SECRET not in str(found)
    assert len(found.drafts) == 3
    assert len(found.withdrawn) == (0 if render is atom_rss.rss else 1), "RSS has no element for it"


@pytest.mark.parametrize("name", ["atom", "json", "ninjs"])
def test_a_retraction_names_the_item_that_was_imported_before(name: str) -> None:
    news = InMemoryNewsroom()
    event = news.publish(SPANISH, edition="es")
    (draft,) = read(RENDERERS[name](channel_of(lane_of(event))), EN, now=NOW).drafts
    gone = read(RENDERERS[name](channel_of(lane_of(event, news.retract(event.item_id)))), EN)
    (entry,) = gone.entries
    assert {"key": draft["key"], "status": "canceled"} in entry.lines()


@pytest.mark.parametrize("name", ["json", "ninjs"])
def test_a_correction_comes_back(name: str) -> None:
    (first, *others) = reading(RENDERERS[name]).drafts
    assert first["correction"] == "It was two quays, not <three>"
    assert not any("correction" in draft for draft in others)


def test_the_same_item_has_the_same_key_in_every_format() -> None:
    keys = {tuple(draft["key"] for draft in reading(r).drafts) for r in RENDERERS.values()}
    assert len(keys) == 1


@pytest.mark.parametrize("name", ["json", "ninjs", "atom"])
def test_the_link_to_the_report_comes_back(name: str) -> None:
    drafts = reading(RENDERERS[name]).drafts
    assert drafts[0]["link"] == "https://reports.example/a?b=1&c=%C3%A9"
    assert drafts[1]["link"].startswith(f"{BASE}/item/")


@pytest.mark.parametrize("name", ["json", "ninjs"])
def test_the_level_comes_back(name: str) -> None:
    levels = ["flash", "bulletin", "urgent", None if name == "ninjs" else "ticker"]
    news = InMemoryNewsroom()
    events = [news.publish(f"Quay {one}", level=one or "ticker") for one in levels]
    drafts = read(RENDERERS[name](channel_of(lane_of(*events))), EN, now=NOW).drafts
    assert [draft.get("level") for draft in drafts] == levels


@pytest.mark.parametrize("name", RENDERERS)
def test_the_picture_comes_back(name: str) -> None:
    (picture,) = reading(RENDERERS[name]).drafts[0]["media"]
    assert (picture["alt"], picture["type"]) == ("A <quay>", "image/jpeg")
    # ninjs has no field for it in a rendition.
    assert picture.get("credit") == (None if name == "ninjs" else "R&D")
    assert picture["href"] in (
        "https://reports.example/%C3%BC.jpg",
        "https://reports.example/ü.jpg",
    )


def test_a_headline_alone_has_no_summary() -> None:
    for render in RENDERERS.values():
        assert "summary" not in reading(render).drafts[1]


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_an_empty_feed_is_read_as_nothing(render: Render) -> None:
    assert read(render(channel_of(lane_of())), EN).drafts == []


def test_a_composite_with_a_headline_is_one_report() -> None:
    document = (
        b'{"uri":"urn:x:1","type":"composite","headlines":[{"value":"Regatta in pictures"}],'
        b'"associations":[{"name":"p","uri":"urn:x:2","headlines":[{"value":"A sail"}]}]}'
    )
    assert [draft["headline"] for draft in read(document, EN).drafts] == ["Regatta in pictures"]
