"""Files of pictures: memory, large files, validators, names, budgets and removal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.media_files import KEPT_FILE_MAX, KEPT_FOR, KEPT_MAX
from ticker.config import Settings
from ticker.domain.renditions import Renditions
from ticker.media.records import Picture
from ticker.media.service import MediaService

ID = "0" * 31 + "1"
SMALL = b"s" * 1_000
LARGE = b"l" * (KEPT_FILE_MAX + 1)
RENDITIONS = Renditions(width=320, height=180, widths=[320], formats=["jpg"], color="#000000")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={"media_url": f"file:{tmp_path}/media", "address_misses": 0.1}
    )


@pytest.fixture
async def media(newsroom: TestNewsroom) -> AsyncIterator[MediaService]:
    """The store, with one picture of a small and a large file."""
    assert newsroom.media is not None
    await newsroom.media.records.reserve(Picture(ID, "A", "", RENDITIONS, 9, "", "desk"))
    await newsroom.media.storage.put(ID, {"320.jpg": SMALL, "320.webp": LARGE})
    assert await newsroom.media.records.finish(ID)
    yield newsroom.media
    await newsroom.media.storage.aclose()


def served(media: MediaService) -> dict[Any, float]:
    [family] = [one for one in media.metrics() if one.name == "ticker_media_files_total"]
    return {label: float(value) for (label,), value in family.values.items()}  # type: ignore[arg-type]


async def get(newsroom: TestNewsroom, name: str, **headers: str) -> httpx.Response:
    return await newsroom.http.get(f"/media/{ID}/{name}", headers=headers)


async def test_small_files_come_from_memory_and_large_ones_as_they_are_read(
    newsroom: TestNewsroom, media: MediaService
) -> None:
    for _ in range(2):
        assert (await get(newsroom, "320.jpg")).content == SMALL
        response = await get(newsroom, "320.webp")
        assert response.content == LARGE
        assert response.headers["content-length"] == str(len(LARGE))
    assert served(media) == {"memory": 1, "storage": 3, "missing": 0}
    assert KEPT_FILE_MAX < KEPT_MAX
    for name in ("320.jpg", "320.webp"):
        head = await newsroom.http.head(f"/media/{ID}/{name}")
        assert (head.status_code, head.content) == (200, b"")
        etag = head.headers["etag"]
        same = await get(newsroom, name, **{"if-none-match": etag})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == etag


@pytest.mark.parametrize(
    "path",
    [
        f"/media/{ID}/640.jpg",
        f"/media/{ID}/320.svg",
        f"/media/{ID}/0320.jpg",
        f"/media/{ID}/..%2f..%2fkey",
        f"/media/{ID}/",
        f"/media/{ID}",
        "/media/../key/320.jpg",
        f"/media/{'f' * 32}/320.jpg",
        "/media/x/320.jpg",
    ],
)
async def test_other_names(newsroom: TestNewsroom, media: MediaService, path: str) -> None:
    check_problem(await newsroom.http.get(path), 404, "not-found")


async def test_a_removed_picture_is_410_once_the_memory_has_ended(
    newsroom: TestNewsroom, media: MediaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await get(newsroom, "320.jpg")).status_code == 200
    await media.remove(ID, "chief")
    assert KEPT_FOR <= 5.0
    check_problem(await get(newsroom, "320.webp", **{"if-none-match": "*"}), 410, "gone")


async def test_files_that_nobody_has_cost_a_client_misses(
    newsroom: TestNewsroom, media: MediaService
) -> None:
    async with newsroom.at("198.51.100.7") as client:
        found = [await client.get(f"/media/{ID}/{width}.jpg") for width in range(641, 645)]
        assert [one.status_code for one in found] == [404, 404, 429, 429]
        await get(newsroom, "320.jpg")
        assert (await client.get(f"/media/{ID}/320.jpg")).status_code == 200  # from memory
