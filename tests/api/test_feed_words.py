"""The words of feeds come from the pages' own files."""

from __future__ import annotations

from ticker.domain.taxonomy import DEFAULT_EDITIONS, DEFAULT_REGIONS, DEFAULT_SECTIONS, Edition
from ticker.words import feed_words


def test_every_edition_has_its_words_and_every_topic_a_name() -> None:
    words = feed_words(DEFAULT_EDITIONS)
    assert set(words) == set(DEFAULT_EDITIONS)
    assert len({one.corrected for one in words.values()}) == len(DEFAULT_EDITIONS)
    for one in words.values():
        for slug in (*DEFAULT_SECTIONS, *DEFAULT_REGIONS):
            assert one.topics[slug], slug


def test_an_edition_without_a_file_has_english_words() -> None:
    words = feed_words({"en": Edition("en"), "fr": Edition("fr")})
    assert words["fr"] == words["en"]
