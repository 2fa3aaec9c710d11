"""Pictures over HTTP: upload, refusals, items that name them, files, and removal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_drafts import another_chief
from tests.api.test_key_management import key
from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from tests.support.pictures import CAPTION, opened, png_header, saved, striped, tagged
from ticker.api.media_schemas import PictureList, RemovedPicture, ShownPicture, UploadedPicture
from ticker.config import Settings
from ticker.domain.clock import rfc3339
from ticker.publishing.service import system_clock
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys

BASE = "http://newsroom.test/media"
JPEG = {"content-type": "image/jpeg"}
SMALL = saved(striped(320, 180))


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={"media_url": f"file:{tmp_path}/media", "max_media_body": 200_000}
    )


async def upload(
    newsroom: TestNewsroom, content: bytes = SMALL, status: int = 201, **texts: str
) -> Any:
    response = await newsroom.http.post(
        "/v1/media",
        content=content,
        params={"alt": "A ferry at the quay"} | texts,
        headers=newsroom.key | JPEG,
    )
    assert response.status_code == status, response.text
    UploadedPicture.model_validate(response.json())
    assert response.headers["location"] == f"/v1/media/{response.json()['id']}"
    return response.json()


async def get(newsroom: TestNewsroom, path: str, **headers: str) -> httpx.Response:
    return await newsroom.http.get(path, headers=headers)


async def test_from_upload_to_the_page(newsroom: TestNewsroom) -> None:
    made = await upload(newsroom, tagged(), credit="Jane Doe")
    assert (made["created"], made["used"]) == (True, False)
    assert made["suggested"]["alt"] == CAPTION
    assert made["href"] == f"{BASE}/{made['id']}/320.jpg"
    assert (await upload(newsroom, tagged(), 200, credit="Jane Doe"))["created"] is False
    published = await newsroom.publish(media=[{"id": made["id"]}])
    [picture] = (await get(newsroom, f"/v1/items/{published['item']['id']}")).json()["media"]
    assert picture == {
        "href": made["href"],
        "type": "image/jpeg",
        "alt": "A ferry at the quay",
        "credit": "Jane Doe",
        "id": made["id"],
        "renditions": made["renditions"],
    }
    for format in made["renditions"]["formats"]:
        response = await get(newsroom, f"/media/{made['id']}/320.{format}")
        assert opened(response.content).size == (320, 188)
        assert response.headers["content-type"] == f"image/{format.replace('jpg', 'jpeg')}"
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["access-control-allow-origin"] == "*"
    shown = await newsroom.http.get(f"/v1/media/{made['id']}", headers=newsroom.key)
    assert ShownPicture.model_validate(shown.json()).used


async def test_a_form(newsroom: TestNewsroom) -> None:
    form = {"file": ("../../etc/passwd\r\n.svg", SMALL, "image/jpeg")}
    texts = {"alt": " A ferry \n at the quay ", "credit": "Jane", "csrf": "x"}
    response = await newsroom.http.post("/v1/media", files=form, data=texts, headers=newsroom.key)
    made = UploadedPicture.model_validate(response.json())
    assert (made.alt, made.credit) == ("A ferry   at the quay", "Jane")


async def test_without_alternative_text_the_file_suggests_one(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.post("/v1/media", content=tagged(), headers=newsroom.key | JPEG)
    problem = check_problem(response, 422, "invalid")
    assert problem["errors"][0]["field"] == "alt"
    assert problem["suggested"]["alt"] == CAPTION
    assert "is required" in problem["detail"]
    found = await newsroom.http.get("/v1/media", headers=newsroom.key)
    assert found.json() == {"pictures": [], "next": None}


@pytest.mark.parametrize(
    ("content", "kind", "status", "slug", "why"),
    [
        (b"", "image/jpeg", 422, "invalid", "is empty"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", 415, "unsupported-media-type", "SVG"),
        (b"<svg onload='alert(1)'/>", "image/png", 415, "unsupported-media-type", "SVG"),
        (b"<!doctype html>", "image/jpeg", 415, "unsupported-media-type", "markup"),
        (b"\0\0\0\x10ftypheic", "image/heic", 415, "unsupported-media-type", "Most Compatible"),
        (SMALL, "image/png", 415, "unsupported-media-type", "its content is image/jpeg"),
        (SMALL, "text/html", 415, "unsupported-media-type", "its content is image/jpeg"),
        (png_header(50_000, 50_000), "image/png", 422, "invalid", "at most 60 million"),
        (b"\xff\xd8\xff" + bytes(200_000), "image/jpeg", 413, "too-large", "200,000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refused(
    newsroom: TestNewsroom, content: bytes, kind: str, status: int, slug: str, why: str
) -> None:
    headers = newsroom.key | {"content-type": kind}
    response = await newsroom.http.post(
        "/v1/media", content=content, params={"alt": "A"}, headers=headers
    )
    assert why in check_problem(response, status, slug)["detail"]


async def test_keys_and_roles(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    made = await upload(newsroom)
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/x"), ("PATCH", "/x")):
        response = await newsroom.http.request(method, f"/v1/media{path}", content=b"x")
        check_problem(response, 401, "unauthorised")
    secret, _ = await create(redis, keys, "ana", role="reporter")
    reporter = {"authorization": f"Bearer {secret}"}
    listed = await newsroom.http.get("/v1/media", headers=reporter)
    assert listed.status_code == 200
    refused = await newsroom.http.delete(f"/v1/media/{made['id']}", headers=reporter)
    check_problem(refused, 403, "forbidden")
    await newsroom.publish(media=[{"id": made["id"]}])
    secret, _ = await create(redis, keys, "eva", role="editor", editions=["es"])
    spanish = {"authorization": f"Bearer {secret}"}
    refused = await newsroom.http.delete(f"/v1/media/{made['id']}", headers=spanish)
    check_problem(refused, 403, "forbidden")
    assert (await get(newsroom, f"/media/{made['id']}/320.jpg")).status_code == 200


async def test_a_list_in_pages_and_new_texts(newsroom: TestNewsroom) -> None:
    first = await upload(newsroom)
    second = await upload(newsroom, saved(striped(330, 180)))
    query: dict[str, str] = {"limit": "1"}
    seen = []
    while True:
        response = await newsroom.http.get("/v1/media", params=query, headers=newsroom.key)
        page = PictureList.model_validate(response.json())
        seen += [one.id for one in page.pictures]
        if page.next is None:
            break
        query["before"] = page.next
    assert sorted(seen) == sorted([first["id"], second["id"]])
    for limit in ("0", "101", "x"):
        response = await newsroom.http.get(f"/v1/media?limit={limit}", headers=newsroom.key)
        check_problem(response, 400, "bad-filter")
    changed = await newsroom.http.patch(
        f"/v1/media/{first['id']}", json={"credit": "Jane"}, headers=newsroom.key
    )
    shown = ShownPicture.model_validate(changed.json())
    assert (shown.alt, shown.credit) == ("A ferry at the quay", "Jane")
    refused = await newsroom.http.patch(
        f"/v1/media/{first['id']}", json={"alt": " "}, headers=newsroom.key
    )
    check_problem(refused, 422, "invalid")


async def test_removal_takes_it_from_items_and_their_texts_stay(newsroom: TestNewsroom) -> None:
    made = await upload(newsroom)
    other = {"href": "https://pictures.example/a.jpg", "alt": "A bridge"}
    live = await newsroom.publish("Ferry", media=[{"id": made["id"]}, other])
    at = rfc3339(system_clock() + 3_600_000)
    later = await newsroom.publish("Later", media=[{"id": made["id"]}], at=at)
    drill = await newsroom.publish("Drill", media=[{"id": made["id"]}], test=True)
    written = await newsroom.publish("Draft", media=[{"id": made["id"]}], draft=True)
    assert (await get(newsroom, f"/media/{made['id']}/320.webp")).status_code == 200
    url = f"/v1/media/{made['id']}"
    removed = await newsroom.http.delete(url, headers=newsroom.key)
    assert RemovedPicture.model_validate(removed.json()).states == {
        live["item"]["id"]: "live",
        later["item"]["id"]: "scheduled",
        drill["item"]["id"]: "test",
        written["item"]["id"]: "draft",
    }
    await newsroom.catch_up()
    item = (await get(newsroom, f"/v1/items/{live['item']['id']}")).json()
    assert item["headline"] == "Ferry"
    assert [one["href"] for one in item["media"]] == [other["href"]]
    assert made["id"] not in str(item)
    check_problem(await get(newsroom, f"/media/{made['id']}/320.jpg"), 410, "gone")
    assert (await newsroom.http.delete(url, headers=newsroom.key)).json()["items"] == []
    check_problem(await newsroom.http.get(url, headers=newsroom.key), 410, "gone")
    draft = {"headline": "Again", "edition": "en", "media": [{"id": made["id"]}]}
    refused = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    assert check_problem(refused, 422, "invalid")["errors"][0]["field"] == "media.0.id"
    again = await newsroom.http.post(
        "/v1/media", content=SMALL, params={"alt": "A"}, headers=newsroom.key | JPEG
    )
    check_problem(again, 409, "conflict")


async def test_an_approved_flash_keeps_its_approval_and_nobody_approves_a_missing_picture(
    redis: Redis, settings: Settings
) -> None:
    careful = settings.model_copy(
        update={"two_person_levels": ("flash",), "second_person_after": 0}
    )
    async with running_newsroom(redis, careful) as newsroom:
        eva = await another_chief(redis, careful)
        made = await upload(newsroom)
        media = [{"id": made["id"]}]
        at = rfc3339(system_clock() + 3_600_000)
        flash = (await newsroom.publish("Dam", media=media, level="flash", at=at))["item"]
        path = f"/v1/items/{flash['id']}"
        seen = eva | {"if-match": '"1"'}
        approved = await newsroom.http.post(f"{path}/approve", headers=seen)
        assert approved.json()["state"] == "scheduled"
        waiting = (await newsroom.publish("Later", media=media, draft=True))["item"]
        # What an interrupted removal leaves behind: the picture is gone, the items still name it.
        assert newsroom.media is not None
        await newsroom.media.remove(made["id"], "desk")
        for refused in (
            await newsroom.http.post(f"{path}/release", headers=eva),
            await newsroom.http.post(f"/v1/items/{waiting['id']}/approve", headers=seen),
        ):
            assert made["id"] in check_problem(refused, 409, "conflict")["detail"]
        again = flash["media"][0]
        kept = await newsroom.http.patch(path, json={"media": [again]}, headers=eva)
        assert check_problem(kept, 422, "invalid")["errors"][0]["field"] == "media.0.id"
        done = await newsroom.http.delete(f"/v1/media/{made['id']}", headers=newsroom.key)
        assert done.json()["states"] == {flash["id"]: "scheduled", waiting["id"]: "draft"}
        now = (await newsroom.http.get(path, headers=eva)).json()
        assert (now["state"], now["approved_by"], now["media"]) == ("scheduled", "Eva", [])
        assert now["history"][-1]["note"] == "a picture was taken down"
        assert list(now["history"][-1]["changes"]) == ["media"]
        assert (await newsroom.http.post(f"{path}/release", headers=eva)).json()["state"] == "live"


async def test_editors_of_other_editions_neither_change_nor_remove_a_picture(
    newsroom: TestNewsroom,
) -> None:
    spanish, arabic = await key(newsroom, "editor", "es"), await key(newsroom, "editor", "ar")
    sent = await newsroom.http.post(
        "/v1/media", content=SMALL, params={"alt": "Un ferri"}, headers=spanish | JPEG
    )
    made = sent.json()
    assert made["editions"] == ["es"]
    url = f"/v1/media/{made['id']}"
    for method, body in (("DELETE", None), ("PATCH", {"alt": "x"})):
        refused = await newsroom.http.request(method, url, json=body, headers=arabic)
        check_problem(refused, 403, "forbidden")
    again = await newsroom.http.post(
        "/v1/media", content=SMALL, params={"alt": "x"}, headers=arabic | JPEG
    )
    assert (again.json()["alt"], again.json()["editions"]) == ("Un ferri", ["ar", "es"])
    check_problem(await newsroom.http.delete(url, headers=spanish), 403, "forbidden")
    draft = {"headline": "Ferry", "edition": "en", "draft": True, "media": [{"id": made["id"]}]}
    assert (await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)).is_success
    both = await key(newsroom, "editor", "ar", "es")
    check_problem(await newsroom.http.delete(url, headers=both), 403, "forbidden")
    assert (await newsroom.http.delete(url, headers=newsroom.key)).is_success
