"""ninjs 3.1 against a schema of the parts that we emit, and the mapping of our fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.feeds.formats.sample import ARABIC, BASE, MARKUP, SPANISH, channel_of, lane_of, sample
from ticker.domain.filter import EVERYTHING
from ticker.domain.item import Level
from ticker.feeds.formats import ninjs
from ticker.feeds.formats.channel import retractions, urn

SCHEMA = orjson.loads(Path(__file__).with_name("ninjs.schema.json").read_bytes())


def faults(document: Any) -> list[str]:
    """Return the schema violations of ``document``."""
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize(
    "wrong", [{"dir": "rtl"}, {"level": "flash"}, {"urgency": 10}, {"pubStatus": "killed"}]
)
def test_the_schema_refuses_what_ninjs_does_not_know(wrong: dict[str, Any]) -> None:
    package = orjson.loads(ninjs.package(channel_of(sample())))
    assert faults(package | wrong)
    package["associations"][0].update(wrong)
    assert faults(package)


def test_every_item_is_valid() -> None:
    channel = channel_of(sample())
    documents = [orjson.loads(ninjs.item(channel, item)) for item in channel.items]
    assert [faults(document) for document in documents] == [[], [], []]


def test_an_item_in_full() -> None:
    channel = channel_of(sample())
    item = channel.items[2]
    assert orjson.loads(ninjs.item(channel, item)) == {
        "uri": urn(item["id"]),
        "type": "text",
        "representationType": "full",
        "profile": "ticker-item",
        "version": "2",
        "firstCreated": item["published_at"],
        "versionCreated": item["updated_at"],
        "pubStatus": "usable",
        "urgency": 1,
        "language": "en",
        "headlines": [{"role": "main", "contentType": "text/plain", "value": MARKUP}],
        "descriptions": [
            {"role": "summary", "contentType": "text/plain", "value": "Fewer < than & planned"},
            {
                "role": "correction",
                "contentType": "text/plain",
                "value": "It was two quays, not <three>",
            },
        ],
        "by": "Harbour & <Coast>",
        "expires": item["expires_at"],
        "infoSources": [{"name": "Harbour & Co"}],
        "subjects": [
            {"name": "Politics", "rel": "section", "literal": "politics"},
            {"name": "a&b <c>", "rel": "about"},
        ],
        "places": [{"name": "MENA", "rel": "about", "literal": "mena"}],
        "renditions": [
            {
                "name": "media-1",
                "href": "https://reports.example/%C3%BC.jpg",
                "contentType": "image/jpeg",
                "title": "A <quay>",
            }
        ],
        "altIds": [
            {"role": "report", "value": "https://reports.example/a?b=1&c=%C3%A9"},
            {"role": "page", "value": f"{BASE}/item/{item['id']}"},
            {"role": "ticker", "value": item["id"]},
        ],
        "standard": {"name": "ninjs", "version": "3.1", "schema": ninjs.SCHEMA},
    }


def test_the_speaker_is_not_the_author() -> None:
    channel = channel_of(sample())
    document = orjson.loads(ninjs.item(channel, channel.items[0]))
    assert document["people"] == [{"name": "Ana Ribalta", "rel": "speaker"}]
    assert document["headlines"][0]["value"] == SPANISH
    assert document["by"] == "Harbour & <Coast>"


@pytest.mark.parametrize("language", [None, "ar"])
def test_a_package_has_the_items_and_the_kills(language: str | None) -> None:
    lane = sample()
    package = orjson.loads(ninjs.package(channel_of(lane, language=language)))
    assert faults(package) == []
    assert (package["type"], package.get("language")) == ("composite", language)
    *held, kill = package["associations"]
    assert [one["headlines"][0]["value"] for one in held] == [SPANISH, ARABIC, MARKUP]
    (gone,) = retractions(lane, EVERYTHING)
    assert (kill["uri"], kill["pubStatus"], kill["version"]) == (urn(gone.id), "canceled", "2")
    assert "headlines" not in kill


def test_an_empty_newsroom_has_a_valid_empty_package() -> None:
    package = orjson.loads(ninjs.package(channel_of(lane_of())))
    assert (faults(package), package["associations"]) == ([], [])


def test_every_level_has_an_urgency_and_the_order_is_kept() -> None:
    levels = sorted(Level, reverse=True)
    urgencies = [ninjs.URGENCY[level.name] for level in levels]
    assert urgencies == sorted(set(urgencies))
    assert len(urgencies) == len(Level)
