"""The archive in PostgreSQL: a server that is away, passwords, and what is left of a retraction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import InMemoryNewsroom
from ticker.archive import open as archives
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


async def test_a_server_that_is_away_is_said_and_its_address_is_not(tmp_path: Path) -> None:
    reader = archives.reader(f"postgresql://ticker@/postgres?host={tmp_path}")
    with pytest.raises(Unavailable, match="cannot be reached") as error:
        await reader.position()
    assert str(tmp_path) not in error.value.detail
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


async def test_a_password_file_is_read_for_a_connection(
    postgres_url: str, archive: TestArchive, tmp_path: Path
) -> None:
    await archive.take([InMemoryNewsroom().publish("Bridge")])
    file = tmp_path / "password"
    reader = archives.reader(postgres_url, file)
    with pytest.raises(Unavailable):
        await reader.position()
    file.write_text("secret\n")
    assert (await reader.find(query("bridge"), None, 1))[0].published_ms
    await reader.aclose()


async def test_tables_of_an_older_version_are_made_anew(
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
