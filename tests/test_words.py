"""Every language says everything, with the same blanks to fill; times are the same everywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ticker.domain.taxonomy import DEFAULT_EDITIONS, DEFAULT_REGIONS, DEFAULT_SECTIONS
from ticker.words import WORDS, languages, words_for

FILES = {path.stem: orjson.loads(path.read_bytes()) for path in WORDS.glob("*.json")}


def shape(node: Any) -> Any:
    """Return the keys of ``node``, with the blanks in every text and the length of every list."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in sorted(node.items())}
    if isinstance(node, list):
        return len(node)
    assert node.strip(), node
    return sorted(re.findall(r"{(\w+)}", node))


def test_every_default_edition_has_words() -> None:
    assert {edition.language for edition in DEFAULT_EDITIONS.values()} <= set(FILES)
    for name, edition in DEFAULT_EDITIONS.items():
        assert words_for(edition.language).dir == edition.dir
        assert words_for(edition.language).language == name


@pytest.mark.parametrize("language", sorted(FILES))
def test_every_language_says_everything(language: str) -> None:
    assert shape(FILES[language]) == shape(FILES["en"])
    assert set(FILES[language]["topics"]) == {*DEFAULT_SECTIONS, *DEFAULT_REGIONS}


@pytest.mark.parametrize("language", sorted(set(FILES) - {"en"}))
def test_nothing_was_left_in_english(language: str) -> None:
    same = {
        key
        for part in ("site", "topics", "widget")
        for key, text in FILES[language][part].items()
        if text == FILES["en"][part][key] and re.sub(r"{\w+}", "", str(text)).strip(" |,:/")
    }
    assert same <= {"asia", "flash", "clock"}


@pytest.mark.parametrize(
    ("language", "file"),
    [("en", "en"), ("en-GB", "en"), ("ES-419", "es"), ("ar", "ar"), ("fr", "en"), ("arn", "en")],
)
def test_the_words_for_a_language(language: str, file: str) -> None:
    assert words_for(language) is languages()[file]


def test_a_topic_without_a_name_is_its_slug_made_readable() -> None:
    assert words_for("en").topic("arts-culture") == "Arts & Culture"
    assert words_for("ar").topic("city-hall") == "City hall"


def test_times_are_absolute_and_short_today() -> None:
    today = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    said = {
        language: [
            words_for(language).time("2026-11-24T06:05:59.999Z", today),
            words_for(language).time("2025-11-24T06:05:00Z", today),
            words_for(language).weekday(today) + words_for(language).date(today),
        ]
        for language in ("en", "es", "ar")
    }
    assert said == {
        "en": ["06:05 UTC", "24 November, 06:05 UTC", "Tuesday, 24 November 2026"],
        "es": ["06:05 UTC", "24 de noviembre, 06:05 UTC", "martes, 24 de noviembre de 2026"],
        "ar": ["06:05 ت.غ", "24 نوفمبر، 06:05 ت.غ", "الثلاثاء، 24 نوفمبر 2026"],
    }
