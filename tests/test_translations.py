"""Every translation is complete and has the same placeholders; times are formatted alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ticker.domain.taxonomy import DEFAULT_EDITIONS, DEFAULT_REGIONS, DEFAULT_SECTIONS, Edition
from ticker.translations import FILES as FOLDER
from ticker.translations import feed_texts, translation_for, translations

FILES = {path.stem: orjson.loads(path.read_bytes()) for path in FOLDER.glob("*.json")}


def shape(node: Any) -> Any:
    """Return the keys of ``node``, with placeholders of texts and lengths of lists."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in sorted(node.items())}
    if isinstance(node, list):
        return len(node)
    assert node.strip(), node
    return sorted(re.findall(r"{(\w+)}", node))


def test_every_default_edition_has_a_translation() -> None:
    assert {edition.language for edition in DEFAULT_EDITIONS.values()} <= set(FILES)
    for name, edition in DEFAULT_EDITIONS.items():
        assert translation_for(edition.language).dir == edition.dir
        assert translation_for(edition.language).language == name


@pytest.mark.parametrize("language", sorted(FILES))
def test_every_translation_is_complete(language: str) -> None:
    assert shape(FILES[language]) == shape(FILES["en"])
    assert set(FILES[language]["topics"]) == {*DEFAULT_SECTIONS, *DEFAULT_REGIONS}


@pytest.mark.parametrize("language", sorted(set(FILES) - {"en"}))
def test_no_text_is_left_in_english(language: str) -> None:
    same = {
        key
        for part in ("site", "topics", "widget")
        for key, text in FILES[language][part].items()
        if text == FILES["en"][part][key] and re.sub(r"{\w+}", "", str(text)).strip(" |,:/")
    }
    assert same <= {"asia", "flash", "time", "utc"}
    site = FILES[language]["site"]
    assert site["time"].endswith(site["utc"])
    assert site["utc"] in site["boardTime"]


@pytest.mark.parametrize(
    ("language", "file"),
    [("en", "en"), ("en-GB", "en"), ("ES-419", "es"), ("ar", "ar"), ("fr", "en"), ("arn", "en")],
)
def test_the_translation_for_a_language(language: str, file: str) -> None:
    assert translation_for(language) is translations()[file]


def test_a_topic_without_a_name_is_shown_as_its_slug() -> None:
    assert translation_for("en").topic("arts-culture") == "Arts & Culture"
    assert translation_for("ar").topic("city-hall") == "City hall"


def test_times_are_absolute_and_short_today() -> None:
    today = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    said = {
        language: [
            translation_for(language).time("2026-11-24T06:05:59.999Z", today),
            translation_for(language).time("2025-11-24T06:05:00Z", today),
            translation_for(language).time("2026-11-23T06:05:00Z", today),
            translation_for(language).weekday(today) + translation_for(language).date(today),
        ]
        for language in ("en", "es", "ar")
    }
    assert said == {
        "en": [
            "06:05 UTC",
            "24 November 2025, 06:05 UTC",
            "23 November, 06:05 UTC",
            "Tuesday, 24 November 2026",
        ],
        "es": [
            "06:05 UTC",
            "24 de noviembre de 2025, 06:05 UTC",
            "23 de noviembre, 06:05 UTC",
            "martes, 24 de noviembre de 2026",
        ],
        "ar": [
            "06:05 غرينتش",
            "24 نوفمبر 2025، 06:05 غرينتش",
            "23 نوفمبر، 06:05 غرينتش",
            "الثلاثاء، 24 نوفمبر 2026",
        ],
    }


def test_feeds_have_texts_for_every_edition_and_topic() -> None:
    texts = feed_texts(DEFAULT_EDITIONS)
    assert set(texts) == set(DEFAULT_EDITIONS)
    assert len({one.corrected for one in texts.values()}) == len(DEFAULT_EDITIONS)
    for one in texts.values():
        for slug in (*DEFAULT_SECTIONS, *DEFAULT_REGIONS):
            assert one.topics[slug], slug


def test_feeds_of_an_edition_without_a_translation_are_in_english() -> None:
    texts = feed_texts({"en": Edition("en"), "fr": Edition("fr")})
    assert texts["fr"] == texts["en"]


def test_times_in_full_are_as_browsers_write_them() -> None:
    """`Intl.DateTimeFormat` in ticker/web/site/times.js. A longer text would move the page."""
    at = "2026-11-29T19:58:24.570Z"
    assert [translation_for(language).full_time(at) for language in ("en", "es", "ar")] == [
        "29 November 2026 at 19:58 UTC",
        "29 de noviembre de 2026 a las 19:58 UTC",
        "29 نوفمبر 2026 في 19:58 غرينتش",
    ]
