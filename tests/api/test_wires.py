"""The wire desk over HTTP: feeds for chiefs, drafts for everybody with a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.support.drafts import draft
from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from ticker.config import Settings
from ticker.domain.editor import Role
from ticker.domain.wire_author import setter
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.wires.feed import Did, FeedState, Note
from ticker.wires.store import Wires

AP = {"name": "ap", "url": "https://ap.example/rss?key=secret", "edition": "en", "desk": "world"}


async def call(
    newsroom: TestNewsroom, method: str, path: str = "", headers: Any = None, **body: Any
) -> httpx.Response:
    return await newsroom.http.request(
        method, f"/v1/wires{path}", json=body or None, headers=headers or newsroom.key
    )


async def key_of(redis: Redis, keys: Keys, role: Role, *editions: str) -> dict[str, str]:
    secret, _ = await create(redis, keys, f"{role} {editions}", role=role, editions=editions)
    return {"authorization": f"Bearer {secret}"}


async def drafted(
    items: ItemService,
    feed: str,
    key: str,
    headline: str,
    authors: Sequence[str] = (),
    **fields: Any,
) -> str:
    entry = Incoming(key, draft(headline, draft=True, **fields))
    [done] = await items.importer.run([entry], by=f"wire:{feed}", wire_only=True, authors=authors)
    assert isinstance(done, Imported), done
    return str(done.id)


async def test_a_feed_is_added_changed_checked_and_removed(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    made = await call(newsroom, "POST", **AP, authorization="Basic c2VjcmV0")
    assert (made.status_code, made.headers["location"]) == (201, "/v1/wires/ap")
    wire = made.json()
    assert (wire["status"], wire["every"], wire["created_by"]) == ("waiting", 60, "desk")
    assert (wire["authorization"], wire["next_at"]) == (True, None)
    assert "c2VjcmV0" not in made.text
    check_problem(await call(newsroom, "POST", **AP), 409, "conflict")
    changed = (
        await call(newsroom, "PATCH", "/ap", every=30, desk=None, sections=["sports"])
    ).json()
    assert (changed["every"], changed["desk"], changed["sections"]) == (30, None, ["sports"])
    assert changed["authorization"] is True
    moved = (await call(newsroom, "PATCH", "/ap", url="https://other.example/rss")).json()
    assert moved["authorization"] is False
    assert (await call(newsroom, "POST", "/ap/check")).status_code == 200
    assert await Wires(redis, keys).due(0) == ["ap"]
    [listed] = (await call(newsroom, "GET")).json()["wires"]
    assert (listed["name"], listed["url"]) == ("ap", "https://other.example/rss")
    wrong = check_problem(await call(newsroom, "DELETE", "/app"), 404, "not-found")
    assert wrong["detail"] == "there is no feed app (did you mean ap?)"
    assert (await call(newsroom, "DELETE", "/ap")).status_code == 204
    for method, path in (("DELETE", "/ap"), ("PATCH", "/ap"), ("POST", "/ap/check")):
        fields = {"every": 60} if method == "PATCH" else {}
        check_problem(await call(newsroom, method, path, **fields), 404, "not-found")
    assert (await call(newsroom, "GET")).json() == {"wires": [], "notes": []}


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("POST", AP | {"name": "A P"}, "name"),
        ("POST", AP | {"url": "http://ap.example/rss"}, "url"),
        ("POST", AP | {"url": "https://127.0.0.1/rss"}, "url"),
        ("POST", AP | {"url": "https://a:b@ap.example/rss"}, "url"),
        ("POST", AP | {"edition": "xx"}, "edition"),
        ("POST", AP | {"sections": ["xx"]}, "sections"),
        ("POST", AP | {"every": 1}, "every"),
        ("POST", AP | {"authorization": "a\r\nb"}, "authorization"),
        ("PATCH", {"url": None}, "url"),
        ("PATCH", {"regions": ["xx"]}, "regions"),
    ],
)
async def test_feeds_that_are_refused(
    newsroom: TestNewsroom, method: str, fields: dict[str, Any], field: str
) -> None:
    await call(newsroom, "POST", **AP | {"name": "known"})
    answer = await call(newsroom, method, "" if method == "POST" else "/known", **fields)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_roles_and_editions(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    await call(newsroom, "POST", **AP)
    editor, english = await key_of(redis, keys, "editor"), await key_of(redis, keys, "chief", "en")
    arabic = await key_of(redis, keys, "chief", "ar")
    [seen] = (await call(newsroom, "GET", headers=editor)).json()["wires"]
    assert (seen["url"], seen["host"]) == (None, "ap.example")
    assert (await call(newsroom, "POST", "/ap/check", editor)).status_code == 200
    for headers in (editor, arabic):
        for method, path, fields in (
            ("POST", "", AP | {"name": "more"}),
            ("PATCH", "/ap", {"every": 60}),
            ("DELETE", "/ap", {}),
        ):
            refused = await call(newsroom, method, path, headers, **fields)
            check_problem(refused, 403, "forbidden")
    everywhere = await call(newsroom, "POST", headers=arabic, name="all", url=AP["url"])
    assert everywhere.status_code in (201, 422)
    assert (await call(newsroom, "PATCH", "/ap", english, every=30)).status_code == 200
    assert (await newsroom.http.get("/v1/wires")).status_code == 401
    assert (await newsroom.http.get("/v1/wire-drafts")).status_code == 401


async def test_drafts_that_wait_by_feed_desk_and_edition(
    newsroom: TestNewsroom, items: ItemService
) -> None:
    await call(newsroom, "POST", **AP)
    await call(newsroom, "POST", name="efe", url="https://efe.example/rss", desk="america")
    ferry = await drafted(items, "ap", "1", "Ferry late")
    fog = await drafted(items, "efe", "2", "Niebla", edition="es")
    frost = await drafted(items, "ap", "3", "Frost")

    async def found(**query: Any) -> list[str]:
        answer = await newsroom.http.get("/v1/wire-drafts", params=query, headers=newsroom.key)
        return [item["id"] for item in answer.json()["drafts"]]

    assert await found() == [frost, fog, ferry]
    assert await found(wire="ap") == await found(desk="world") == [frost, ferry]
    assert await found(desk="america") == await found(edition="es") == [fog]
    assert await found(wire="ap", desk="america") == []
    page = await newsroom.http.get("/v1/wire-drafts?limit=2", headers=newsroom.key)
    assert (len(page.json()["drafts"]), page.json()["more"]) == (2, True)
    wrong = await newsroom.http.get("/v1/wire-drafts?limit=0", headers=newsroom.key)
    check_problem(wrong, 400, "bad-filter")
    version = {"if-match": '"1"'}
    approved = await newsroom.http.post(
        f"/v1/items/{ferry}/approve", headers=newsroom.key | version
    )
    assert approved.json()["state"] == "live"
    dismissed = await newsroom.http.post(f"/v1/items/{frost}/retract", headers=newsroom.key)
    assert dismissed.json()["state"] == "retracted"
    assert await found() == [fog]


async def test_a_note_holds_until_an_editor_acts_on_its_item(
    newsroom: TestNewsroom, items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    await call(newsroom, "POST", **AP)
    wires = Wires(redis, keys)
    ids = [await drafted(items, "ap", str(number), f"Ferry {number} late") for number in range(3)]
    live = [(await items.approve(id, by="ana", if_match=1)).item for id in ids[:2]]
    dids: tuple[Did, ...] = ("changed", "withdrawn")
    notes = tuple(
        Note(item.id, did, "Ferry sunk", item.version, f"2026-11-29T09:00:0{at}.000Z")
        for at, (item, did) in enumerate(zip(live, dids, strict=True))
    )
    assert await wires.lead("test", 10_000)
    known = await wires.known("ap")
    assert known is not None
    assert await wires.save(known, "test", FeedState(notes=notes), None)

    async def open_notes() -> list[tuple[str, str]]:
        answer = (await call(newsroom, "GET")).json()
        return [(note["item"], note["did"]) for note in answer["notes"]]

    assert await open_notes() == [(ids[1], "withdrawn"), (ids[0], "changed")]
    await items.retract(ids[1], "killed", by="ana")
    await items.pin(ids[0], True, by="ana")
    assert await open_notes() == []


async def test_who_may_have_written_what_a_feed_answers_is_not_its_second_person(
    redis: Redis, keys: Keys, settings: Settings, items: ItemService
) -> None:
    rule = {"two_person_levels": ("flash",), "second_person_after": 0}
    eva = await key_of(redis, keys, "chief")
    async with running_newsroom(redis, settings.model_copy(update=rule)) as newsroom:

        async def approve(id: str, headers: Any) -> httpx.Response:
            headers = headers | {"if-match": '"1"'}
            return await newsroom.http.post(f"/v1/items/{id}/approve", headers=headers)

        async def refused(id: str, headers: Any, why: str) -> None:
            assert why in check_problem(await approve(id, headers), 409, "conflict")["detail"]

        async def came(key: str, level: str = "flash") -> str:
            """Return a draft of the feed, with the authors that the worker gives it."""
            feed, _ = await Wires(redis, keys).get("ap")
            authors = ("wire:ap", *(setter("ap", name) for name in feed.setters))
            return await drafted(items, "ap", key, f"Dam {key}", authors, level=level)

        made = await newsroom.http.post(
            "/v1/keys", json={"name": "Ghost", "role": "chief"}, headers=newsroom.key
        )
        ghost = {"authorization": f"Bearer {made.json()['key']}"}
        assert (await call(newsroom, "POST", **AP)).json()["set_by"] == "desk"
        dam, rain, quake = await came("dam"), await came("rain", "ticker"), await came("quake")
        await refused(dam, newsroom.key, "set the address of its feed")
        await refused(dam, ghost, "made your key")
        for id, headers in ((dam, eva), (rain, newsroom.key)):
            assert (await approve(id, headers)).json()["state"] == "live"
        # The text is from before somebody else has set another address.
        other = {"url": "https://news.example/rss"}
        changed = await newsroom.http.patch("/v1/wires/ap", json=other, headers=eva)
        assert changed.json()["set_by"] == "chief ()"
        await refused(quake, newsroom.key, "set the address")
        # Who has made the key of the one who sets an address knows it.
        other = {"url": "https://more.example/rss"}
        assert (await newsroom.http.patch("/v1/wires/ap", json=other, headers=ghost)).is_success
        storm = await came("storm")
        await refused(storm, newsroom.key, "set the address")
        await call(newsroom, "DELETE", "/ap")
        for id in (quake, storm):
            await refused(id, newsroom.key, "set the address")
            assert (await approve(id, eva)).json()["state"] == "live"
