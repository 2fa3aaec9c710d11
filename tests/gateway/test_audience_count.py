"""Counts of readers by the names in their filters, as they come, change and go."""

from __future__ import annotations

from tests.gateway.hub_harness import HubHarness
from ticker.domain.audience import NAMES_MAX


def test_readers_count_under_each_name_once() -> None:
    harness = HubHarness()
    readers = [
        harness.connect(query)
        for query in (
            "edition=en&section=politics",
            "edition=en,ar",
            "",
            "sub.1=section%3Dpolitics&sub.2=section%3Dpolitics%26edition%3Des&sub.3=story%3Dtides",
        )
    ]
    assert harness.hub.audience().json == {
        "readers": 4,
        "editions": {"all": 2, "en": 2, "ar": 1, "es": 1},
        "sections": {"all": 3, "politics": 2},
        "stories": {"tides": 1},
    }
    harness.subscribe(readers[0], "edition=es")
    harness.settle()
    assert harness.hub.audience().json["editions"] == {"all": 2, "es": 2, "ar": 1, "en": 1}
    for reader in readers:
        reader.connection_lost(None)
    assert harness.hub.audience().json == {
        "readers": 0,
        "editions": {},
        "sections": {},
        "stories": {},
    }


def test_invented_stories_are_bounded() -> None:
    harness = HubHarness()
    for number in range(NAMES_MAX + 5):
        harness.connect(f"story=s{number}")
    assert len(harness.hub.audience().by_name["stories"]) == NAMES_MAX
