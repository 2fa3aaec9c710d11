"""The words of feeds come from the pages' own files."""

from __future__ import annotations

from ticker.api.words import words_of
from ticker.core.taxonomy import DEFAULT_EDITIONS, DEFAULT_REGIONS, DEFAULT_SECTIONS


def test_every_edition_has_its_words_and_every_topic_a_name() -> None:
    words = words_of(DEFAULT_EDITIONS)
    assert set(words) == set(DEFAULT_EDITIONS)
    assert len({one.corrected for one in words.values()}) == len(DEFAULT_EDITIONS)
    for one in words.values():
        for slug in (*DEFAULT_SECTIONS, *DEFAULT_REGIONS):
            assert one.topics[slug], slug


def test_an_edition_without_a_file_has_english_words() -> None:
    words = words_of(["en", "fr"])
    assert words["fr"] == words["en"]
