"""Content that all feeds share: ids, labels, retractions, and characters outside XML."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.feeds.formats.sample import BASE, SECRET, channel_of, lane_of, sample
from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.domain.clock import parse_ms
from ticker.domain.filter import EVERYTHING
from ticker.domain.filter_query import read_filter
from ticker.feeds.formats import atom_rss, jsonfeed, ninjs
from ticker.feeds.formats.channel import (
    RETRACTIONS_MAX,
    FeedTexts,
    clean,
    headline,
    item_page,
    read_item,
    retractions,
    story_page,
    topics,
    uri,
    urn,
)

RENDERERS = (jsonfeed.render, atom_rss.atom, atom_rss.rss, ninjs.package)


def test_an_items_id_is_a_urn_that_does_not_change() -> None:
    assert urn("01kav9ft010000000000000000") == "urn:uuid:cc4e4614-5952-5388-b393-37acffe37749"
    assert UUID(urn("01kav9ft010000000000000000")).version == 5
    assert urn("01kav9ft010000000000000001") != urn("01kav9ft010000000000000000")


@pytest.mark.parametrize("render", RENDERERS)
def test_a_retracted_text_is_in_no_feed(render: object) -> None:
    assert callable(render)
    body = render(channel_of(sample()))
    assert SECRET.encode() not in body
    assert b"zebra" not in body


@pytest.mark.parametrize("render", RENDERERS)
def test_equal_channels_are_equal_bytes(render: object) -> None:
    assert callable(render)
    assert render(channel_of(sample())) == render(channel_of(sample()))
    assert render(channel_of(lane_of())) == render(channel_of(lane_of()))


def test_retractions_are_those_of_the_view_newest_first_and_bounded() -> None:
    news = InMemoryNewsroom()
    events = []
    for number in range(RETRACTIONS_MAX + 5):
        section = "economy" if number % 2 else "politics"
        event = news.publish(f"Line {number}", sections=[section])
        events += [event, news.retract(event.item_id)]
    lane = lane_of(*events)
    found = retractions(lane, EVERYTHING)
    assert len(found) == RETRACTIONS_MAX
    assert [gone.at for gone in found] == sorted((gone.at for gone in found), reverse=True)
    assert found[0].id == events[-1].item_id
    economy = retractions(lane, read_filter([("section", "economy")], TAXONOMY))
    assert len(economy) == (RETRACTIONS_MAX + 5) // 2
    assert retractions(lane, read_filter([("edition", "ar")], TAXONOMY)) == ()
    assert len(retractions(lane, EVERYTHING, 3)) == 3


def test_an_expired_item_is_no_retraction() -> None:
    news = InMemoryNewsroom()
    event = news.publish()
    assert retractions(lane_of(event, news.expire(event.item_id)), EVERYTHING) == ()


def test_updated_is_the_time_of_the_newest_change() -> None:
    lane = sample()
    (gone,) = retractions(lane, EVERYTHING)
    assert channel_of(lane).updated_ms == parse_ms(gone.at)
    assert channel_of(lane_of()).updated_ms == 0


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\ufffe", "\uffff"])
def test_characters_that_xml_excludes_are_left_out(char: str) -> None:
    assert clean(f"a{char}b") == "ab"


@pytest.mark.parametrize("text", ["a\tb\nc", "عاجل \u200fنص", "𝄞 😀", "\ufffd"])
def test_characters_that_xml_allows_stay(text: str) -> None:
    assert clean(text) == text


def test_the_speaker_is_part_of_the_headline() -> None:
    item = read_item(InMemoryNewsroom().publish("We will rebuild", speaker="Ana Ribalta"))
    assert headline(item) == "Ana Ribalta: We will rebuild"


def test_a_correction_is_labelled_in_the_items_language() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Dos muelles", edition="es", summary="En Valdemora.")
    lane = lane_of(first, news.change(first.item_id, correction="Eran tres."))
    channel = channel_of(lane)
    assert channel.body(channel.items[0]) == "Corregido: Eran tres.\nEn Valdemora."


def test_topics_are_each_there_once() -> None:
    item = read_item(InMemoryNewsroom().publish(sections=["sports"], tags=["sports", "cup"]))
    assert topics(item) == ["sports", "cup"]


def test_a_topic_without_a_name_is_shown_as_its_slug() -> None:
    assert FeedTexts(topics={"mena": "MENA"}).topic("mena") == "MENA"
    assert FeedTexts().topic("arts-culture") == "Arts culture"


def test_addresses() -> None:
    assert item_page(BASE, "abc") == f"{BASE}/item/abc"
    assert story_page(BASE, "a.b-c") == f"{BASE}/story/a.b-c"
    assert uri("https://e.example/ü?a=%20&b=[1]") == "https://e.example/%C3%BC?a=%20&b=[1]"


def test_the_speaker_is_named_once() -> None:
    # Agencies begin the headline with the name: feeds, sitemap and JSON-LD printed it twice.
    news = InMemoryNewsroom()
    for said in ("Aide: She resigns", "Aide says that she resigns"):
        item = read_item(news.publish(said, speaker="Aide"))
        assert headline(item) == said
    assert headline(read_item(news.publish("She resigns", speaker="Aide"))) == "Aide: She resigns"
    assert headline(read_item(news.publish("She resigns"))) == "She resigns"
