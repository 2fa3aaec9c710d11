"""The archive in SQLite: files, and the traces of what was retracted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from tests.support.archives import TestArchive, query, traces
from tests.support.in_memory import InMemoryNewsroom
from ticker.archive import open as archives
from ticker.domain.errors import Unavailable


@pytest.fixture
async def archive(sqlite_url: str) -> AsyncIterator[TestArchive]:
    found = TestArchive(archives.writer(sqlite_url), archives.reader(sqlite_url))
    yield found
    await found.aclose()


SECRET = ("Zanzibar", "zanzibar", "Quicksilver", "quicksilver", "مرسىالنور", "مرسيالنور")


async def test_retracted_text_is_in_no_byte_of_the_files(
    archive: TestArchive, tmp_path: Path
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take(
        newsroom.publish(f"Harbour item {number}", summary="More of it") for number in range(50)
    )
    first = newsroom.publish("Zanzibar ferry sinks مرسىالنور", tags=["Quicksilver"])
    events = [first, newsroom.change(first.item_id, headline="Zanzibar ferry floats")]
    await archive.take(events)
    await archive.take(newsroom.publish(f"Quay item {number}") for number in range(50))
    assert await archive.find("zanzibar") == [first.item_id]
    assert traces(tmp_path, SECRET)
    await archive.take([newsroom.retract(first.item_id)])
    assert traces(tmp_path, SECRET) == []
    assert len(await archive.find("item", limit=200)) == 100


async def test_a_reader_of_an_older_state_delays_the_removal_only_from_the_log(
    archive: TestArchive, tmp_path: Path
) -> None:
    newsroom = InMemoryNewsroom()
    first = newsroom.publish("Zanzibar ferry sinks")
    await archive.take([first])
    slow = apsw.Connection(str(tmp_path / "archive.sqlite3"))
    reading = slow.execute("SELECT id FROM items")
    next(reading)
    await archive.take([newsroom.retract(first.item_id)])
    assert await archive.find("zanzibar") == []
    reading.close()
    slow.close()
    await archive.take([newsroom.publish("Next")])
    assert traces(tmp_path, SECRET) == []


async def test_without_a_file_there_is_no_archive_yet(tmp_path: Path) -> None:
    reader = archives.reader(f"sqlite:{tmp_path / 'none.sqlite3'}")
    with pytest.raises(Unavailable, match="no archive yet"):
        await reader.find(query("x"), None, 1)
    await reader.aclose()
    assert not (tmp_path / "none.sqlite3").exists()


async def test_the_file_is_private_and_a_reader_cannot_write(
    archive: TestArchive, tmp_path: Path
) -> None:
    await archive.take([InMemoryNewsroom().publish()])
    file = tmp_path / "archive.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_of_an_older_version_is_made_anew(tmp_path: Path, sqlite_url: str) -> None:
    path = tmp_path / "archive.sqlite3"
    old = apsw.Connection(str(path))
    old.execute("CREATE TABLE items (id TEXT)")
    old.close()
    reader = archives.reader(sqlite_url)
    with pytest.raises(Unavailable, match="being built"):
        await reader.get("x")
    writer = archives.writer(sqlite_url)
    assert (await writer.position()).cursor is None
    assert await reader.get("x") is None
    await reader.aclose()
    await writer.aclose()


async def test_a_path_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    writer = archives.writer(f"sqlite:{tmp_path / 'file' / 'archive.sqlite3'}")
    with pytest.raises(Unavailable, match="cannot be written"):
        await writer.position()
    await writer.aclose()


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, sqlite_url: str) -> None:
    newer = apsw.Connection(str(tmp_path / "archive.sqlite3"))
    newer.execute("CREATE TABLE items (id TEXT); PRAGMA user_version = 99")
    writer = archives.writer(sqlite_url)
    with pytest.raises(Unavailable, match="newer version"):
        await writer.position()
    assert newer.execute("SELECT count(*) FROM items").fetchall() == [(0,)]
    newer.close()
    await writer.aclose()


async def test_a_fault_of_the_file_after_the_first_row_is_said_and_the_file_is_opened_anew(
    archive: TestArchive, tmp_path: Path
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take(newsroom.publish(f"Item {n}", summary="word " * 190) for n in range(40))
    await archive.writer.aclose()
    path = tmp_path / "archive.sqlite3"
    whole = path.read_bytes()
    page = whole.index(b'"headline":"Item 20"') // 4_096 * 4_096
    path.write_bytes(whole[:page] + bytes(4_096) + whole[page + 4_096 :])
    with pytest.raises(Unavailable, match="cannot be read now"):
        await archive.reader.find(query(""), None, 40)
    with pytest.raises(Unavailable, match="cannot be read now"):
        await archive.reader.board(newsroom.clock, query(""), 40)
    assert len(await archive.find("", limit=5)) == 5
    path.write_bytes(whole)
    assert len(await archive.find("", limit=40)) == 40


async def test_a_full_millisecond_goes_on_in_the_next_free_key(
    archive: TestArchive, tmp_path: Path
) -> None:
    newsroom = InMemoryNewsroom()
    await archive.take([newsroom.publish("Item 1"), newsroom.publish("Item 2")])
    file = apsw.Connection(str(tmp_path / "archive.sqlite3"))
    file.execute("UPDATE items SET key = key | 65535 WHERE key = (SELECT min(key) FROM items)")
    file.close()
    for back in (2, 1):
        newsroom.clock -= back  # to the first millisecond
        await archive.take([newsroom.publish("Item of the same millisecond")])
    assert len(await archive.find("")) == 4
