"""Templates over HTTP: chiefs keep them, everybody fills them in, and readers get the item."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.domain.template import Template
from ticker.publishing import template_store
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

QUAKE: dict[str, Any] = {
    "title": "Earthquake",
    "desk": "World",
    "level": "urgent",
    "edition": "ar",
    "headline": "زلزال بقوة {magnitude} قرب {place}",
    "push": True,
}


async def put(newsroom: TestNewsroom, name: str = "quake", **change: Any) -> httpx.Response:
    path = f"/v1/templates/{name}"
    return await newsroom.http.put(path, json=QUAKE | change, headers=newsroom.key)


async def fill(newsroom: TestNewsroom, name: str, **fields: str) -> httpx.Response:
    body = {"fields": fields}
    return await newsroom.http.post(f"/v1/templates/{name}/fill", json=body, headers=newsroom.key)


async def test_a_template_becomes_an_item(newsroom: TestNewsroom) -> None:
    stored = await put(newsroom)
    assert stored.status_code == 200, stored.text
    listed = await newsroom.http.get("/v1/templates", headers=newsroom.key)
    (shown,) = listed.json()["templates"]
    assert (shown["name"], shown["fields"]) == ("quake", ["magnitude", "place"])
    filled = (await fill(newsroom, "quake", magnitude="6", place="ليما")).json()
    item = (await newsroom.publish(**filled["draft"]))["item"]
    assert item["headline"] == "زلزال بقوة 6 قرب ليما"
    assert (item["level"], item["dir"]) == ("urgent", "rtl")
    cancelled = (await newsroom.publish(**filled["cancellation"]))["item"]
    assert cancelled["headline"] != item["headline"]
    assert (cancelled["edition"], cancelled["dir"]) == ("ar", "rtl")
    wrong = await newsroom.http.delete("/v1/templates/quaek", headers=newsroom.key)
    for one in (wrong, await fill(newsroom, "quaek")):
        assert "(did you mean quake?)" in check_problem(one, 404, "not-found")["detail"]
    removed = await newsroom.http.delete("/v1/templates/quake", headers=newsroom.key)
    assert removed.status_code == 204
    check_problem(await fill(newsroom, "quake"), 404, "not-found")


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("Quake", {}, 404),
        ("quake", {"edition": "xx"}, 422),
        ("quake", {"sections": ["nonsense"]}, 422),
        ("quake", {"headline": "x" * 281}, 422),
        ("quake", {"headline": "\u200b"}, 422),
        ("quake", {"cancellation": "{city}"}, 422),
        ("quake", {"colour": "red"}, 422),
    ],
)
async def test_what_no_item_could_be_is_refused(
    newsroom: TestNewsroom, name: str, change: dict[str, Any], status: int
) -> None:
    assert (await put(newsroom, name, **change)).status_code == status


async def test_only_chiefs_change_templates_and_only_of_their_editions(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    await put(newsroom)
    for role, editions in (("editor", ()), ("chief", ("en",))):
        key, _ = await create(redis, keys, "x", role=role, editions=editions)  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {key}"}
        path = "/v1/templates/quake"
        for edition in ("ar", "en"):  # nor one of another edition in its place
            body = QUAKE | {"edition": edition}
            answer = await newsroom.http.put(path, json=body, headers=headers)
            check_problem(answer, 403, "forbidden")
        check_problem(await newsroom.http.delete(path, headers=headers), 403, "forbidden")
    key, _ = await create(redis, keys, "r", role="reporter")
    headers = {"authorization": f"Bearer {key}"}
    values = {"fields": {"magnitude": "6", "place": "x"}}
    found = await newsroom.http.post("/v1/templates/quake/fill", json=values, headers=headers)
    assert found.status_code == 200
    check_problem(await newsroom.http.get("/v1/templates"), 401, "unauthorised")


async def test_their_number_has_a_bound(
    newsroom: TestNewsroom, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_store, "TEMPLATES_MAX", 2)
    for name, status in (("a", 200), ("b", 200), ("a", 200), ("c", 409)):
        assert (await put(newsroom, name)).status_code == status
    store = template_store.TemplateStore(redis, keys)
    await command(redis, "HSET", keys.templates, "broken", "{}")
    assert {name: type(one) for name, one in (await store.all()).items()} == {
        "a": Template,
        "b": Template,
    }
