"""Writes to PostgreSQL: tables of other versions, and what is left of a retraction."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import EPOCH, InMemoryNewsroom
from ticker.archive import open as archives
from ticker.archive.changes import Shown, change, facet_words
from ticker.archive.postgres_text import tsvector
from ticker.archive.store import Restart
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable

pytestmark = pytest.mark.postgres_server


@pytest.fixture
async def archive(postgres_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(postgres_url), archives.reader(postgres_url))
    yield found
    await found.aclose()


async def test_without_tables_there_is_no_archive_yet(postgres_url: str) -> None:
    reader = archives.reader(postgres_url)
    with pytest.raises(Unavailable, match="no archive yet"):
        await reader.find(query("x"), None, 1)
    await reader.aclose()


async def test_a_retraction_leaves_no_row(archive: TestArchive, postgres_url: str) -> None:
    newsroom = InMemoryNewsroom()
    first = newsroom.publish("Zanzibar ferry sinks")
    second = newsroom.change(first.item_id, headline="Zanzibar ferry floats")
    await archive.take([first, second, newsroom.retract(first.item_id)])
    with psycopg.connect(postgres_url) as connection:
        for table in ("items", "versions"):
            counted = connection.execute(f"SELECT count(*) FROM ticker_archive.{table}".encode())
            assert counted.fetchone() == (0,)


async def test_a_batch_is_three_statements_whatever_its_size(
    archive: TestArchive, statements: list[str]
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take([newsroom.publish()])
    for size in (1, 50, 500):
        statements.clear()
        await archive.take([newsroom.publish(f"Item {number}") for number in range(size)])
        assert len(statements) == 3  # the position's lock, the items, the position
    first = newsroom.publish("First")
    statements.clear()
    await archive.take([first, newsroom.expire(first.item_id), newsroom.retract(first.item_id)])
    assert len(statements) == 6  # one a change of the item, and VACUUM
    assert statements[-1].startswith("VACUUM")


async def test_a_restart_shows_the_current_items_in_few_statements(
    archive: TestArchive, statements: list[str]
) -> None:
    newsroom = InMemoryNewsroom()
    events = [newsroom.publish(f"Item {number}") for number in range(600)]
    await archive.take(events[:1])
    shown = [one for one in map(change, events) if isinstance(one, Shown)]
    restart = Restart(
        None, shown, frozenset(one.id for one in shown), Cursor(EPOCH, events[-1].id), gap=False
    )
    statements.clear()
    assert await archive.writer.restart(archive.at, restart)
    assert len(statements) == 5  # lock, 500 and 100 items, those that ended, the position
    assert len(await archive.find("", limit=1_000)) == 600


VERSION_1 = """
CREATE SCHEMA ticker_archive;
CREATE TABLE ticker_archive.position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL, cursor text,
  seen_ms bigint NOT NULL DEFAULT 0, gap_ms bigint NOT NULL DEFAULT 0,
  gap_seq bigint NOT NULL DEFAULT 0
);
CREATE TABLE ticker_archive.items (
  id text COLLATE "C" PRIMARY KEY, published_ms bigint NOT NULL, from_ms bigint NOT NULL,
  from_seq bigint NOT NULL, until_ms bigint, until_seq bigint, pinned boolean NOT NULL,
  item bytea NOT NULL, words tsvector NOT NULL, facets text[] NOT NULL
);
CREATE INDEX items_order ON ticker_archive.items (published_ms DESC, id DESC);
CREATE INDEX items_words ON ticker_archive.items USING gin (words) WITH (fastupdate = off);
CREATE INDEX items_facets ON ticker_archive.items USING gin (facets) WITH (fastupdate = off);
CREATE INDEX items_pinned ON ticker_archive.items (from_ms) WHERE pinned;
CREATE INDEX items_live ON ticker_archive.items (id) WHERE until_ms IS NULL;
ALTER TABLE ticker_archive.items ALTER COLUMN words SET STATISTICS 1000;
ALTER TABLE ticker_archive.items ALTER COLUMN facets SET STATISTICS 1000;
CREATE TABLE ticker_archive.versions (
  id text COLLATE "C" NOT NULL, published_ms bigint NOT NULL, from_ms bigint NOT NULL,
  from_seq bigint NOT NULL, until_ms bigint NOT NULL, until_seq bigint NOT NULL,
  pinned boolean NOT NULL, item bytea NOT NULL, words tsvector NOT NULL, facets text[] NOT NULL,
  PRIMARY KEY (id, from_ms, from_seq)
);
CREATE INDEX versions_published ON ticker_archive.versions (published_ms DESC);
CREATE INDEX versions_pinned ON ticker_archive.versions (from_ms) WHERE pinned;
CREATE TABLE ticker_archive.retracted (
  id text COLLATE "C" PRIMARY KEY, at_ms bigint NOT NULL, at_seq bigint NOT NULL
);
"""
"""The tables of version 1, which had words and facets apart."""


async def test_tables_of_version_1_keep_their_rows_and_grants(
    archive: TestArchive, postgres_url: str
) -> None:
    newsroom = InMemoryNewsroom()
    first = newsroom.publish("Bridge falls", sections=["politics"])
    second = newsroom.change(first.item_id, headline="Bridge closed", sections=["politics"])
    old = [change(event) for event in (first, second)]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(VERSION_1)
        for table, shown, until in (
            ("items", old[1], (None, None)),
            ("versions", old[0], second.id),
        ):
            assert isinstance(shown, Shown)
            words = [word for word in tsvector(shown).split(" ") if not word.startswith("'@")]
            connection.execute(
                f"INSERT INTO ticker_archive.{table} VALUES "
                "(%s, %s, %s, %s, %s, %s, %s, %s, %s::tsvector, %s)".encode(),
                [
                    *(shown.id, shown.published_ms, *shown.at, *until, shown.pinned, shown.item),
                    *(" ".join(words), list(facet_words(shown.facets))),
                ],
            )
        at = Cursor(EPOCH, second.id)
        connection.execute("INSERT INTO ticker_archive.position VALUES (true, 1, %s)", [str(at)])
        connection.execute("DROP ROLE IF EXISTS web")
        connection.execute("CREATE ROLE web")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA ticker_archive TO web")
    assert (await archive.writer.position()).cursor == at
    for text in ("bridge", "section:politics", "edition:en closed", "from:2025-11 to:2025-11"):
        assert await archive.find(text) == [first.item_id], text
    assert await archive.find("falls") == await archive.find("section:sports") == []
    [board] = await archive.reader.board(first.id.ms, query("section:politics"), 10)
    assert b"Bridge falls" in board.item
    archive.at = at
    await archive.take([newsroom.publish("Ferry"), newsroom.retract(first.item_id)])
    assert await archive.find("bridge") == []
    assert len(await archive.find("ferry")) == 1
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for table in ("items", "versions"):
            asked = connection.execute(
                "SELECT has_table_privilege('web', %s, 'SELECT')", [f"ticker_archive.{table}"]
            )
            assert asked.fetchone() == (True,)
        connection.execute("DROP OWNED BY web")
        connection.execute("DROP ROLE web")


async def test_tables_of_an_unknown_version_are_made_anew(
    archive: TestArchive, postgres_url: str
) -> None:
    await archive.take([InMemoryNewsroom().publish("Bridge")])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE ticker_archive.position SET version = 0")
    writer = archives.writer(postgres_url)
    assert (await writer.position()).cursor is None
    assert await archive.find("bridge") == []
    await writer.aclose()


async def test_tables_of_a_newer_version_are_left_alone(
    archive: TestArchive, postgres_url: str
) -> None:
    await archive.take([InMemoryNewsroom().publish("Bridge")])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE ticker_archive.position SET version = 99")
    writer = archives.writer(postgres_url)
    with pytest.raises(Unavailable, match="newer version"):
        await writer.position()
    assert len(await archive.find("bridge")) == 1
    await writer.aclose()


async def test_the_tables_are_made_again_when_an_empty_server_takes_over(
    archive: TestArchive, postgres_url: str
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take([newsroom.publish("Bridge")])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA ticker_archive CASCADE")
    with pytest.raises(Unavailable):
        await archive.take([newsroom.publish("Ferry")])
    assert (await archive.writer.position()).cursor is None
