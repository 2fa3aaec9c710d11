"""Pictures of drafts: those of this newsroom, of another one, and of the web."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.config import Settings
from ticker.domain.renditions import Renditions
from ticker.media.records import Picture

ID = "0" * 31 + "1"
ELSEWHERE = "https://other.example/media/0123/1200.jpg"
RENDITIONS = Renditions(
    width=1600, height=900, widths=[320, 1200, 1600], formats=["webp", "jpg"], color="#000000"
)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    update: dict[str, object] = {"public_url": "https://news.example"}
    if "none" not in request.node.name:
        update["media_url"] = f"file:{tmp_path}/media"
    if "elsewhere" in request.node.name:
        update["media_public_url"] = "https://cdn.example/pictures"
    return settings.model_copy(update=update)


async def store(newsroom: TestNewsroom) -> None:
    assert newsroom.media is not None
    await newsroom.media.records.reserve(
        Picture(ID, "A quay", "Jane", RENDITIONS, 9, "2026-11-23T18:30:00Z", "desk")
    )
    assert await newsroom.media.records.finish(ID)


async def media_of(newsroom: TestNewsroom, *media: Any) -> list[Any]:
    published = await newsroom.publish(media=list(media))
    response = await newsroom.http.get(f"/v1/items/{published['item']['id']}")
    found: list[Any] = response.json()["media"]
    return found


async def test_a_stored_picture_brings_its_address_sizes_and_texts(newsroom: TestNewsroom) -> None:
    await store(newsroom)
    forged = RENDITIONS.model_dump() | {"widths": [9]}
    sent = {"id": ID, "href": "https://evil.example/x", "renditions": forged, "alt": "A ferry"}
    [found] = await media_of(newsroom, sent)
    assert found == {
        "href": f"https://news.example/media/{ID}/1200.jpg",
        "type": "image/jpeg",
        "alt": "A ferry",
        "credit": "Jane",
        "id": ID,
        "renditions": RENDITIONS.model_dump(),
    }


async def test_pictures_that_are_served_elsewhere(newsroom: TestNewsroom) -> None:
    await store(newsroom)
    [found] = await media_of(newsroom, {"id": ID})
    assert found["href"] == f"https://cdn.example/pictures/{ID}/1200.jpg"


async def test_a_picture_of_another_newsroom_stays_an_address(newsroom: TestNewsroom) -> None:
    sent = {"id": "f" * 32, "href": ELSEWHERE, "renditions": RENDITIONS.model_dump()}
    [found] = await media_of(newsroom, sent)
    assert found == {"href": ELSEWHERE, "type": "image/jpeg", "alt": None, "credit": None}


async def test_changes_and_imports_name_them_too(newsroom: TestNewsroom) -> None:
    await store(newsroom)
    id = (await newsroom.publish())["item"]["id"]
    changed = await newsroom.http.patch(
        f"/v1/items/{id}", json={"media": [{"id": ID}]}, headers=newsroom.key
    )
    assert changed.json()["item"]["media"][0]["alt"] == "A quay"
    lines = (
        b'{"headline":"One","edition":"en","media":[{"id":"%b"}]}\n' % ID.encode()
        + b'{"headline":"Two","edition":"en","media":[{"id":"%b"}]}\n' % (b"f" * 32)
    )
    report = await newsroom.http.post(
        "/v1/import",
        content=lines,
        headers=newsroom.key | {"content-type": "application/x-ndjson"},
    )
    assert [one["status"] for one in report.json()["results"]] == [201, 422]


@pytest.mark.parametrize("media", [{"id": "f" * 32}, {"id": "../x"}, {}, {"alt": "A"}])
async def test_ids_that_are_not_known(newsroom: TestNewsroom, media: dict[str, str]) -> None:
    draft = {"headline": "One", "edition": "en", "media": [media]}
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    problem = check_problem(response, 422, "invalid")
    assert problem["errors"][0]["field"].startswith("media.0")


async def test_with_none_to_store_them(newsroom: TestNewsroom) -> None:
    draft = {"headline": "One", "edition": "en", "media": [{"id": ID}]}
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    assert "no store of pictures" in check_problem(response, 422, "invalid")["detail"]
    response = await newsroom.http.get("/v1/media", headers=newsroom.key)
    assert "media_url" in check_problem(response, 404, "not-found")["detail"]
    [found] = await media_of(newsroom, {"id": ID, "href": ELSEWHERE})
    assert found["href"] == ELSEWHERE
