from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ticker.domain.errors import MediaUnavailable, StorageFull
from ticker.media.directory import MediaDirectory
from ticker.media.storage import CHUNK

ID, OTHER = "0" * 31 + "1", "0" * 31 + "2"
FILES = {"320.jpg": b"x" * (CHUNK + 1), "320.webp": b"y"}


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[MediaDirectory]:
    storage = MediaDirectory(tmp_path / "media", reserve=0)
    yield storage
    await storage.aclose()


async def read(storage: MediaDirectory, id: str, name: str) -> bytes | None:
    file = await storage.open(id, name)
    if file is None:
        return None
    content = b"".join([chunk async for chunk in file.chunks])
    file.close()
    assert len(content) == file.size
    return content


async def test_a_picture_from_its_first_to_its_last_byte(
    storage: MediaDirectory, tmp_path: Path
) -> None:
    await storage.put(ID, FILES)
    assert {name: await read(storage, ID, name) for name in FILES} == FILES
    assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700
    await storage.put(ID, {"320.jpg": b"equal content has an equal id"})
    assert await read(storage, ID, "320.jpg") == FILES["320.jpg"]
    await storage.delete(ID)
    await storage.delete(ID)
    assert await read(storage, ID, "320.jpg") is None
    assert list((tmp_path / "media").iterdir()) == []
    assert "free" in await storage.check()


@pytest.mark.parametrize(
    "name", ["../key", "320.jpg/../../key", "/etc/passwd", "0320.jpg", "320.svg", "", "320.jpg\0"]
)
async def test_names_that_lead_elsewhere(
    storage: MediaDirectory, tmp_path: Path, name: str
) -> None:
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    await storage.put(ID, FILES)
    assert await storage.open(ID, name) is None
    for id in ("..", "../" + ID, ID.upper() + "X", ""):
        with pytest.raises(ValueError, match="not the id"):
            await storage.open(id, "320.jpg")
        with pytest.raises(ValueError, match="not the id"):
            await storage.delete(id)


async def test_an_upload_that_fails_leaves_nothing(
    storage: MediaDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.put(OTHER, FILES)
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="is full"):
        await storage.put(ID, FILES)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [OTHER]


async def test_what_a_killed_upload_left_is_deleted_once_it_is_old(
    storage: MediaDirectory, tmp_path: Path
) -> None:
    await storage.tidy(0)  # there is no directory yet
    await storage.put(ID, FILES)
    left = tmp_path / "media" / ".new-1"
    left.mkdir()
    (left / "320.jpg").write_bytes(b"half")
    now_ms = left.stat().st_mtime_ns // 1_000_000
    await storage.tidy(now_ms - 1)
    assert left.is_dir()
    await storage.tidy(now_ms + 1)
    assert not left.exists()
    assert await read(storage, ID, "320.jpg")


async def test_the_disk_keeps_a_reserve(tmp_path: Path) -> None:
    storage = MediaDirectory(tmp_path / "media", reserve=1 << 60)
    with pytest.raises(StorageFull, match="kept free"):
        await storage.put(ID, FILES)
    with pytest.raises(StorageFull, match="only"):
        await storage.check()
    await storage.aclose()


async def test_a_directory_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = MediaDirectory(tmp_path / "file" / "media")
    with pytest.raises(MediaUnavailable, match="cannot be used") as found:
        await storage.put(ID, FILES)
    assert str(tmp_path) not in found.value.detail
    assert await storage.open(ID, "320.jpg") is None
    await storage.aclose()
