"""Connections to PostgreSQL: a server that is away, passwords, and connections that break."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import InMemoryNewsroom
from tests.support.postgres_server import PostgresServer
from ticker.archive import open as archives
from ticker.domain.errors import Unavailable

pytestmark = pytest.mark.postgres_server


@pytest.fixture
async def archive(postgres_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(postgres_url), archives.reader(postgres_url))
    yield found
    await found.aclose()


async def test_a_server_that_is_away_is_said_and_its_address_is_not(tmp_path: Path) -> None:
    reader = archives.reader(f"postgresql://ticker@/postgres?host={tmp_path}")
    with pytest.raises(Unavailable, match="cannot be reached") as error:
        await reader.position()
    assert str(tmp_path) not in error.value.detail
    await reader.aclose()


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


async def test_connections_that_the_server_ends_are_made_anew(
    archive: TestArchive, postgres_url: str
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take([newsroom.publish("Bridge")])
    assert len(await archive.find("bridge")) == 1
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert ended.fetchall() == [(True,), (True,)]
    assert len(await archive.find("bridge")) == 1
    await archive.take([newsroom.publish("Ferry")])
    assert len(await archive.find("ferry")) == 1


async def test_a_server_that_crashes_and_comes_back_has_what_was_acknowledged(
    archive: TestArchive, postgres_server: PostgresServer
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take([newsroom.publish(f"Bridge {number}") for number in range(30)])
    postgres_server.crash()
    with pytest.raises(Unavailable):
        await archive.find("bridge")
    with pytest.raises(Unavailable):
        await archive.take([newsroom.publish("Lost bridge")])
    postgres_server.start()
    assert (await archive.writer.position()).cursor == archive.at
    assert len(await archive.find("bridge", limit=200)) == 30
    await archive.take([newsroom.publish("Next bridge")])
    assert len(await archive.find("bridge", limit=200)) == 31
