"""Searches in PostgreSQL: how many statements they are, and that each way finds the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import psycopg
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import InMemoryNewsroom
from ticker.archive import open as archives
from ticker.archive import postgres_reader
from ticker.archive.matching import matches
from ticker.archive.place import Place
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent

pytestmark = pytest.mark.postgres_server


@pytest.fixture
async def archive(postgres_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(postgres_url), archives.reader(postgres_url))
    yield found
    await found.aclose()


def sixty(newsroom: InMemoryNewsroom) -> list[LaneEvent]:
    """Publish 60 items: 30 with a common word, 6 with a seldom one, one with a rare one."""
    texts = []
    for number in range(60):
        words = ["Harbour", "common" * (number % 2), "seldom" * (number % 10 == 3)]
        texts.append(" ".join(filter(None, [*words, "rare" * (number == 1)])))
    return [newsroom.publish(text) for text in texts]


@pytest.mark.parametrize("newest", [1, 5, 20, 200])
async def test_each_way_of_a_search_finds_the_same(
    archive: TestArchive, monkeypatch: pytest.MonkeyPatch, newest: int
) -> None:
    monkeypatch.setattr(postgres_reader, "NEWEST", newest)
    newsroom = InMemoryNewsroom()
    events = sixty(newsroom)
    await archive.take(events)
    middle = events[30]
    for text in (
        "common",
        "seldom",
        "rare",
        "none",
        "-common",
        "common seldom",
        "harb* -seldom",
        "seld*",
    ):
        for before in (None, Place(middle.published_ms, middle.item_id)):
            expected = [
                event.item_id
                for event in reversed(events[:30] if before else events)
                if event.facets is not None
                and matches(query(text), orjson.loads(event.item), event.facets, event.published_ms)
            ]
            for limit in (1, 3, 50):
                assert await archive.find(text, before, limit) == expected[:limit], (text, limit)


async def test_how_common_the_words_are_decides_on_the_statements(
    archive: TestArchive, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    monkeypatch.setattr(postgres_reader, "NEWEST", 20)
    await archive.take(sixty(InMemoryNewsroom()))
    asked = {}
    for text in ("", "common", "seldom", "seld*", "rare"):
        statements.clear()
        assert len(await archive.find(text, limit=3)) == (1 if text == "rare" else 3)
        asked[text] = len(statements)
    assert asked == {
        "": 1,
        "common": 1,  # the newest 20 have enough
        "seldom": 3,  # they have two: the index is asked for three times as long
        "seld*": 2,  # three times as many are read in order
        "rare": 2,  # they have none: the index is asked at once
    }


async def test_a_search_within_a_time(archive: TestArchive) -> None:
    await archive.take(sixty(InMemoryNewsroom()))
    assert len(await archive.find("rare from:2025-11 to:2025-11")) == 1
    assert len(await archive.find("rare from:2025-11-24T16:00:00Z to:2025-12")) == 1
    assert await archive.find("none from:2025-11 to:2025-11") == []
    assert await archive.find("rare from:2025-12 to:2025-12") == []


async def test_tables_of_another_version_are_said(archive: TestArchive, postgres_url: str) -> None:
    await archive.take([InMemoryNewsroom().publish("Bridge")])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ticker_archive.items RENAME terms TO words")
    with pytest.raises(Unavailable, match="being upgraded"):
        await archive.find("bridge")
