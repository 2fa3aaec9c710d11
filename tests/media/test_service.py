"""The pictures of a newsroom on a real store and a real disk. Drawing is another test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.metrics import samples
from tests.support.pictures import saved, striped
from tests.support.waiting import wait_until
from ticker.domain.editor import Editor
from ticker.domain.errors import Conflict, Gone, MediaUnavailable, NotFound, StorageFull
from ticker.domain.renditions import Renditions
from ticker.media.accepted import NotAccepted, WrongType
from ticker.media.directory import MediaDirectory
from ticker.media.records import MediaRecords
from ticker.media.renderer import Rendered, Renderer
from ticker.media.service import MediaService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

FILE = saved()
DESK = Editor("desk")
LATER = 4_000_000_000_000
"""Milliseconds: a time in the year 2096."""
RENDITIONS = Renditions(width=320, height=188, widths=[320], formats=["jpg"], color="#730073")


class QuickRenderer(Renderer):
    """Draws nothing: its files are the upload."""

    count = 0

    async def render(self, data: bytes) -> Rendered:
        self.count += 1
        return Rendered(RENDITIONS, {"alt": "In the file"}, {"320.jpg": data})


class Newsroom:
    def __init__(self, redis: Redis, keys: Keys, path: Path) -> None:
        self.now = 1_000_000
        self.path = path
        self.renderer = QuickRenderer()
        self.records = MediaRecords(redis, keys, bytes_max=1_000_000, unused_ms=0)
        self.storage = MediaDirectory(path, reserve=0)
        self.service = MediaService(self.records, self.storage, self.renderer, lambda: self.now)

    async def add(self, data: bytes = FILE, alt: str = "A quay", credit: str = "Jane") -> str:
        return (await self.service.add(data, "image/jpeg", alt, credit, DESK)).picture.id

    async def read(self, id: str) -> bytes:
        file = await self.service.open(id, "320.jpg")
        content = b"".join([chunk async for chunk in file.chunks])
        file.close()
        return content


@pytest.fixture
async def newsroom(redis: Redis, keys: Keys, tmp_path: Path) -> AsyncIterator[Newsroom]:
    newsroom = Newsroom(redis, keys, tmp_path / "media")
    yield newsroom
    await newsroom.storage.aclose()


async def test_the_same_file_is_the_same_picture(newsroom: Newsroom) -> None:
    added = await newsroom.service.add(FILE, "image/jpeg", "A quay", "Jane", DESK)
    assert (added.created, added.suggested) == (True, {"alt": "In the file"})
    assert added.picture.created_at == "1970-01-01T00:16:40.000Z"
    again = await newsroom.service.add(FILE, "", "A ferry", "", DESK)
    assert (again.created, again.picture.id) == (False, added.picture.id)
    assert (await newsroom.records.get(added.picture.id)).alt == "A ferry"
    assert newsroom.renderer.count == 1
    assert await newsroom.read(added.picture.id) == FILE


async def test_a_picture_belongs_to_the_editions_of_those_who_upload_it(newsroom: Newsroom) -> None:
    spanish, arabic = (Editor(name, editions=frozenset({name})) for name in ("es", "ar"))
    seen = []
    for editor, alt in (
        (spanish, "Un muelle"),
        (arabic, "رصيف"),
        (spanish, "Un ferri"),
        (DESK, "A"),
    ):
        picture = (await newsroom.service.add(FILE, "", alt, "", editor)).picture
        seen.append((picture.editions, picture.alt))
    assert seen == [
        (["es"], "Un muelle"),
        (["ar", "es"], "Un muelle"),
        (["ar", "es"], "Un muelle"),
        (None, "A"),
    ]


async def test_two_uploads_of_one_file_at_once(newsroom: Newsroom) -> None:
    ids = await asyncio.gather(*(newsroom.add() for _ in range(4)))
    assert len(set(ids)) == 1
    assert await newsroom.read(ids[0]) == FILE
    assert await newsroom.records.totals() == (1, len(FILE))


async def test_refused_files_leave_nothing(newsroom: Newsroom) -> None:
    with pytest.raises(WrongType, match="SVG"):
        await newsroom.service.add(b"<svg/>", "", "A", "", DESK)
    with pytest.raises(WrongType, match="declared"):
        await newsroom.service.add(FILE, "image/png", "A", "", DESK)
    with pytest.raises(WrongType, match="HEIC"):
        await newsroom.service.suggestions(b"\0\0\0\x10ftypheic", "")
    assert not newsroom.path.exists()


async def test_a_full_newsroom_stores_nothing(newsroom: Newsroom, redis: Redis, keys: Keys) -> None:
    newsroom.service.records = MediaRecords(redis, keys, bytes_max=10, unused_ms=0)
    with pytest.raises(StorageFull):
        await newsroom.add()
    assert not newsroom.path.exists()
    assert await newsroom.records.totals() == (0, 0)


async def test_a_removed_picture_is_gone_and_stays_gone(newsroom: Newsroom) -> None:
    id = await newsroom.add()
    await newsroom.service.remove(id, "chief")
    with pytest.raises(Gone):
        await newsroom.read(id)
    with pytest.raises(Conflict, match="cannot be uploaded again"):
        await newsroom.add()
    await newsroom.service.remove(id, "chief")
    with pytest.raises(NotFound):
        await newsroom.service.remove("0" * 32, "chief")
    with pytest.raises(NotFound):
        await newsroom.service.open("0" * 32, "320.jpg")
    assert list(newsroom.path.iterdir()) == []


async def test_a_removal_that_was_interrupted_is_finished_by_the_cleaning(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await newsroom.add()

    async def away(id: str) -> None:
        raise MediaUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(newsroom.storage, "delete", away)
        with pytest.raises(MediaUnavailable):
            await newsroom.service.remove(id, "chief")
    newsroom.now = LATER
    assert await newsroom.service.clean() == 1
    assert list(newsroom.path.iterdir()) == []
    with pytest.raises(Gone):
        await newsroom.read(id)


async def test_an_upload_that_was_killed_is_cleaned_or_completed(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def stuck(id: str, files: object) -> None:
        started.set()
        await asyncio.Event().wait()

    for complete in (True, False):
        with monkeypatch.context() as patched:
            patched.setattr(newsroom.storage, "put", stuck)
            task = asyncio.create_task(newsroom.add())
            await wait_until(started.is_set)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await newsroom.records.totals() == (0, len(FILE))
        assert await newsroom.records.newest(9) == []
        if complete:
            await newsroom.add()
        newsroom.now = LATER
        assert await newsroom.service.clean() == 1
        assert await newsroom.records.totals() == (0, 0)
        started.clear()


async def test_unused_pictures_are_cleaned_and_used_ones_stay(newsroom: Newsroom) -> None:
    used, unused = await newsroom.add(), await newsroom.add(saved(striped(400, 200)))
    await newsroom.records.use(used)
    newsroom.now = LATER
    async with newsroom.service.run():
        # The totals are read last, after everything that a cleaning deletes.
        await wait_until(lambda: samples(newsroom.service)["ticker_media_pictures"] == 1)
    assert await newsroom.records.find(unused) is None
    assert [path.name for path in newsroom.path.iterdir()] == [used]
    found = samples(newsroom.service)
    assert found['ticker_media_uploads_total{outcome="stored"}'] == 2
    assert found["ticker_media_cleaned_total"] == 1


async def test_what_is_not_a_picture_any_more(newsroom: Newsroom) -> None:
    newsroom.service.renderer = Renderer(module="ticker.no_such_module")
    with pytest.raises(NotAccepted, match="status 1"):
        await newsroom.add()
    assert samples(newsroom.service)['ticker_media_uploads_total{outcome="refused"}'] == 1
