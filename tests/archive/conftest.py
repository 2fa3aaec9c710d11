"""An archive of each kind: what they promise is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.archives import TestArchive
from tests.support.postgres_server import PostgresServer
from ticker.archive import open as archives


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ticker_archive CASCADE")
    return postgres_server.url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'archive.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres_server)])
def archive_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def archive(archive_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(archive_url), archives.reader(archive_url))
    yield found
    await found.aclose()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets each statement sent to the server, without checks of connections."""
    sent: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def sending(self: Any, sql: Any, *arguments: Any, **given: Any) -> Any:
        if text := sql.decode() if isinstance(sql, bytes) else str(sql):
            sent.append(text)
        return await execute(self, sql, *arguments, **given)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", sending)
    return sent
