"""An archive of each kind: what they promise is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.archives import TestArchive
from ticker.archive import open as archives


@pytest.fixture
def archive_url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'archive.sqlite3'}"


@pytest.fixture
async def archive(archive_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(archive_url), archives.reader(archive_url))
    yield found
    await found.aclose()
