"""Items in memory compared with a query, and the words to highlight."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.archive.matching import highlights, matches
from ticker.archive.query import parse


def matched(query: str, **fields: Any) -> bool:
    event = InMemoryNewsroom().publish(**fields)
    assert event.facets is not None
    item = orjson.loads(event.item)
    return matches(parse(query, TAXONOMY), item, event.facets, event.published_ms)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flood", True),
        ("FLOOD river", True),
        ("flood desert", False),
        ('"river flood"', True),
        ('"flood river"', False),
        ('"station water"', False),
        ("flo*", True),
        ("-flood river", False),
        ("-desert river", True),
        ("section:environment", True),
        ("-section:environment", False),
        ("section:sports", False),
        ("level:urgent", True),
        ("level:flash", False),
        ("tag:rain flood", True),
        ("rain", True),
        ("harbour", True),
        ("from:2025-11-24 to:2025-11-24", True),
        ("to:2025-11-23", False),
        ("from:2025-11-25", False),
    ],
)
def test_matches(query: str, found: bool) -> None:
    fields = {
        "headline": "River flood closes the station",
        "summary": "Water stands on the tracks",
        "level": "urgent",
        "sections": ["environment"],
        "tags": ["rain"],
        "source": "Harbour Post",
    }
    assert matched(query, **fields) is found


@pytest.mark.parametrize(
    ("query", "text", "parts"),
    [
        ("flood", "Floods and a FLOOD", ["FLOOD"]),
        ("flo*", "Floods and a FLOOD", ["Floods", "FLOOD"]),
        ("river flood", "A river, flooded: the river flood", ["river", "river flood"]),
        ("قدس", "مظاهرة في القُدس", ["القُدس"]),
        ("-flood river", "flood", []),
        ("ano", "Año nuevo", ["Año"]),
    ],
)
def test_highlights(query: str, text: str, parts: list[str]) -> None:
    assert [text[a:b] for a, b in highlights(parse(query, TAXONOMY), text)] == parts
