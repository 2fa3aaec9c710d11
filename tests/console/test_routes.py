"""The console's pages over HTTP: for those who have signed in, and with every text escaped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, running_newsroom
from ticker.config import Settings
from ticker.console.texts import all_texts
from ticker.storage.connection import Redis

POISON = "</script><b onclick=alert(1)>\"'&amp;"


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings) -> AsyncIterator[TestNewsroom]:
    async with running_newsroom(redis, settings) as newsroom:
        yield newsroom


@asynccontextmanager
async def signed_in(
    newsroom: TestNewsroom, role: str = "chief", *editions: str
) -> AsyncIterator[httpx.AsyncClient]:
    draft = {"name": POISON[:60], "role": role, "editions": editions}
    made = await newsroom.http.post("/v1/keys", json=draft, headers=newsroom.key)
    async with newsroom.at("192.0.2.7") as http:
        done = await http.post("/v1/session", json={"key": made.json()["key"]})
        assert done.status_code == 200
        yield http


async def test_without_a_session_there_is_only_the_way_to_sign_in(newsroom: TestNewsroom) -> None:
    leads = await newsroom.http.get("/console")
    assert leads.status_code == 200
    assert "data-sign-in" in leads.text
    assert 'id="write"' not in leads.text
    for path in ("/console/board", "/console/items/x"):
        assert (await newsroom.http.get(path)).status_code == 401
        # An editor key in a header opens no page: pages are for browsers.
        assert (await newsroom.http.get(path, headers=newsroom.key)).status_code == 401
    page = await newsroom.http.get("/console/sign-in", headers={"accept-language": "ar"})
    assert page.status_code == 200
    assert 'lang="ar" dir="rtl"' in page.text


async def test_the_board_says_who_is_editing_an_item(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    path = f"/v1/items/{id}/lock"
    taken = await newsroom.http.put(path, headers=newsroom.key)
    assert taken.json()["by"] == "desk"
    async with signed_in(newsroom) as http:
        for page in ("/console", "/console/board", f"/console/items/{id}"):
            assert "desk is editing this" in (await http.get(page)).text
        assert (await newsroom.http.delete(path, headers=newsroom.key)).status_code == 204
        assert "is editing this" not in (await http.get("/console/board")).text


async def test_pages_are_private_strict_and_escaped(newsroom: TestNewsroom) -> None:
    made = await newsroom.publish(POISON, summary=POISON, speaker=POISON, note=POISON)
    id = made["item"]["id"]
    await newsroom.act(id, "retract", reason=POISON)
    live = (await newsroom.publish(POISON, note=POISON, force=True))["item"]["id"]
    async with signed_in(newsroom) as http:
        pages = [
            await http.get(path)
            for path in (
                "/console",
                "/console/board",
                f"/console/items/{id}",
                f"/console/items/{live}",
            )
        ]
    for page in pages:
        assert page.status_code == 200, page.text
        assert "onclick=alert" not in page.text.replace("&lt;b onclick=alert", "")
        assert "<b onclick" not in page.text
        assert page.headers["cache-control"] == "private, no-store"
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("language", ["en", "es", "ar"])
async def test_every_page_in_every_language(newsroom: TestNewsroom, language: str) -> None:
    made = await newsroom.publish(f"Harbour opens {language}", level="urgent", pinned=True)
    id = made["item"]["id"]
    changed = {"headline": "Harbour open again", "correction": "It was closed", "story": "harbour"}
    await newsroom.http.patch(f"/v1/items/{id}", json=changed, headers=newsroom.key)
    headers = {"accept-language": language}
    async with signed_in(newsroom) as http:
        for path in (
            "/console",
            "/console/board?view=live&edition=en&q=open",
            f"/console/items/{id}",
        ):
            page = await http.get(path, headers=headers)
            assert page.status_code == 200
            assert "Harbour open again" in page.text
            assert "built-in method" not in page.text
        none = await http.get("/console/board?q=nothing+like+it&view=what", headers=headers)
        assert "Harbour" not in none.text
        assert (await http.get("/console/items/none")).status_code == 404
        await newsroom.act(id, "retract")
        history = await http.get(f"/console/items/{id}", headers=headers)
        words = all_texts()[language].page
        assert f">{words['state.live']}</del>" in history.text
        assert f">{words['state.retracted']}</ins>" in history.text


async def test_a_reporter_gets_the_form_for_drafts(newsroom: TestNewsroom) -> None:
    async with signed_in(newsroom, "reporter", "es") as http:
        page = (await http.get("/console")).text
    assert "data-draft" in page
    assert "data-publish" not in page
    assert '<option value="es"' in page
    assert '<option value="ar"' not in page


async def test_the_page_for_drills_has_test_items_alone(newsroom: TestNewsroom) -> None:
    await newsroom.publish("Ferry service resumes")
    made = await newsroom.publish(
        "Dam breaks", level="flash", test=True, push=True, cancellation=POISON
    )
    assert "data-sign-in" in (await newsroom.http.get("/console/drill")).text
    async with signed_in(newsroom) as http:
        page = (await http.get("/console/drill")).text
        assert "<title>DRILL · Console" in page
        assert '<body class="console drill"' in page
        assert "data-publish>Send drill</button>" in page
        assert ("Dam breaks" in page, "Ferry service" in page) == (True, False)
        assert "data-draft>Save drill as a draft</button>" in page
        assert '"drill":true' in page
        panel = (await http.get(f"/console/items/{made['item']['id']}")).text
        assert 'data-cancellation="&lt;/script' in panel
        assert "onclick=alert" not in panel.replace("&lt;b onclick=alert", "")
        real = (await http.get("/console")).text
        assert "Dam breaks" in real
        assert '"drill":false' in real
    async with signed_in(newsroom, "reporter") as http:
        assert 'href="/console/drill"' in (await http.get("/console")).text
        page = (await http.get("/console/drill")).text
        assert ("data-draft" in page, "data-publish" in page) == (True, False)


async def test_files_of_the_console(newsroom: TestNewsroom) -> None:
    for name in ("console.css", "console.js", "compose.js"):
        found = await newsroom.http.get(f"/console/assets/{name}")
        assert found.status_code == 200
        assert found.headers["cache-control"] == "no-cache"
    for name in ("none.js", "..%2froutes.py", "console.html"):
        assert (await newsroom.http.get(f"/console/assets/{name}")).status_code == 404
