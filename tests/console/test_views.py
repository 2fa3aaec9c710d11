"""The console's pages beside the board: who may open which, and what they carry."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.console.test_routes import signed_in
from tests.support.newsroom import TestNewsroom, running_newsroom
from ticker.config import Settings
from ticker.console.rendering import CSP
from ticker.console.texts import all_texts, view_texts
from ticker.console.views import ACTIONS, places_for
from ticker.domain.editor import Editor, Role
from ticker.domain.item import Item
from ticker.people.account import Account, changes
from ticker.people.passkeys import Passkey
from ticker.storage.connection import Redis

PAGES = ("wires", "media", "audit", "people", "keys", "account")


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings) -> AsyncIterator[TestNewsroom]:
    async with running_newsroom(redis, settings) as newsroom:
        yield newsroom


def settings_in(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page, re.S)
    assert found is not None
    return orjson.loads(found[1])


@pytest.mark.parametrize(
    ("role", "account", "names"),
    [
        ("chief", False, ["console", "wires", "media", "audit", "people", "keys"]),
        ("editor", False, ["console", "wires", "media"]),
        ("editor", True, ["console", "wires", "media"]),
        ("reporter", False, ["console", "wires", "media"]),
    ],
)
def test_the_pages_of_a_role(role: Role, account: bool, names: list[str]) -> None:
    assert [name for name, _ in places_for(Editor("Ana", role, account=account))] == names


async def test_pages_for_those_who_may_and_the_way_to_sign_in(newsroom: TestNewsroom) -> None:
    for name in PAGES:
        page = await newsroom.http.get(f"/console/{name}")
        assert "data-sign-in" in page.text
        assert f"view-{name}" not in page.text
    async with signed_in(newsroom) as http:
        for name in PAGES:
            page = await http.get(f"/console/{name}")
            assert page.status_code == 200
            assert page.headers["content-security-policy"] == CSP
            assert page.headers["cache-control"] == "private, no-store"
            assert f'class="console-view view-{name}"' in page.text
            assert "<b onclick" not in page.text
            assert settings_in(page.text)["mayPeople"] is True
            script = await http.get(f"/console/assets/{name}.js")
            assert script.status_code == 200
        arabic = await http.get("/console/wires", headers={"accept-language": "ar"})
        assert '<html lang="ar" dir="rtl">' in arabic.text
        for page in (arabic, await http.get("/console", headers={"accept-language": "ar"})):
            assert settings_in(page.text)["utc"] == "غرينتش"
    async with signed_in(newsroom, "editor", "en") as http:
        for name in ("audit", "people", "keys"):
            assert (await http.get(f"/console/{name}")).status_code == 403
        own = await http.get("/console/account")
        assert "data-own-password" not in own.text, "a key has no password"
        page = await http.get("/console/wires")
        assert "data-add-feed" not in page.text
        assert 'value="ar"' not in page.text
        assert settings_in(page.text)["mayOperate"] is False


def test_every_field_of_an_item_that_the_audit_shows_has_a_word() -> None:
    hidden = {"id", "version", "status", "updated_at", "reach", "created_by"}
    shown = {*Item.model_fields, "second_person", "given_at", "given_by"} - hidden
    for texts in all_texts().values():
        known = {**texts.page, **view_texts(texts).page}
        assert {name for name in shown if f"field.{name}" not in known} == set()
        assert {f"audit.{name}" for name in ("schedule", "draft", "test")} <= known.keys()


def test_every_action_of_the_filter_has_a_word() -> None:
    for texts in all_texts().values():
        for name in ACTIONS:
            assert view_texts(texts).page[f"audit.{name}"]


def test_every_field_of_an_account_that_the_audit_shows_has_a_word() -> None:
    made = Account("Ana", "editor", ("en",), disabled=True, secret="x", confirmed=True)
    changed = replace(made, password="hash", passkeys=(Passkey("c", "k", 0, "phone", ""),))
    shown = changes(None, changed) | changes(replace(changed, password="old", generation=0), made)
    for texts in all_texts().values():
        known = {**texts.page, **view_texts(texts).page}
        for name in (*shown, "expires_at", "session", "left_out"):
            assert f"field.{name}" in known
        for value in ("one", "another one", "open", "ended", "proved with OpenID Connect"):
            assert f"value.{value}" in known
