"""Accounts over HTTP: what chiefs do, and the limits of one who is for some editions only."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem

GOOD = "seven grey herons"


async def call(
    newsroom: TestNewsroom, method: str, path: str = "", headers: Any = None, **body: Any
) -> httpx.Response:
    return await newsroom.http.request(
        method, f"/v1/people{path}", json=body or None, headers=headers or newsroom.key
    )


async def test_an_account_is_made_changed_and_removed(newsroom: TestNewsroom) -> None:
    made = await call(newsroom, "POST", name="Ana Kim", role="reporter", editions=["en"])
    assert made.status_code == 201
    password = made.json()["password"]
    assert len(password) == 34
    entry = {"name": "Ana Kim", "password": password}
    assert (await newsroom.http.post("/v1/session", json=entry)).status_code == 200
    again = await call(newsroom, "POST", name="ana kim", role="chief")
    check_problem(again, 409, "conflict")
    changed = await call(newsroom, "PATCH", "/Ana%20Kim", role="editor", editions=[])
    assert (changed.json()["role"], changed.json()["editions"]) == ("editor", [])
    assert changed.json()["password"] is None
    renewed = (await call(newsroom, "PATCH", "/ana%20kim", new_password=True)).json()["password"]
    assert renewed != password
    refused = await newsroom.http.post("/v1/session", json=entry)
    check_problem(refused, 401, "unauthorised")
    [listed] = (await call(newsroom, "GET")).json()["people"]
    assert (listed["name"], listed["created_by"], listed["disabled"]) == ("Ana Kim", "desk", False)
    assert "password" not in listed
    for method, change in (("DELETE", {}), ("PATCH", {"disabled": True})):
        wrong = check_problem(await call(newsroom, method, "/Anna-Kim", **change), 404, "not-found")
        assert wrong["detail"] == "there is no account Anna-Kim (did you mean Ana Kim?)"
    assert (await call(newsroom, "DELETE", "/Ana%20Kim")).json()["name"] == "Ana Kim"
    check_problem(await call(newsroom, "DELETE", "/Ana%20Kim"), 404, "not-found")
    assert (await call(newsroom, "GET")).json() == {"people": []}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Ana", "role": "boss"}, 422),
        ({"name": "Ana", "role": "editor", "editions": ["xx"]}, 422),
        ({"name": "Ana", "role": "editor", "password": "short"}, 422),
        ({"name": "Ana", "role": "editor", "password": "aaaaaaaaaaaaaa"}, 422),
        ({"name": "Ana", "role": "editor", "password": "the name is ana"}, 422),
        ({"name": "\u200b", "role": "editor"}, 400),
    ],
)
async def test_drafts_that_are_refused(
    newsroom: TestNewsroom, fields: dict[str, Any], status: int
) -> None:
    assert (await call(newsroom, "POST", **fields)).status_code == status
    assert (await call(newsroom, "GET")).json() == {"people": []}


async def test_a_chief_of_one_edition_reaches_accounts_of_that_edition(
    newsroom: TestNewsroom,
) -> None:
    limited = {"name": "chief of en", "role": "chief", "editions": ["en"]}
    key = (await newsroom.http.post("/v1/keys", json=limited, headers=newsroom.key)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    await call(newsroom, "POST", name="Everywhere", role="chief")
    await call(newsroom, "POST", name="Arabic", role="editor", editions=["ar"])
    for editions in ([], ["ar"], ["en", "ar"]):
        made = await call(
            newsroom, "POST", headers=headers, name="New", role="chief", editions=editions
        )
        check_problem(made, 403, "forbidden")
    mine = await call(
        newsroom, "POST", headers=headers, name="Mine", role="editor", editions=["en"]
    )
    assert mine.status_code == 201
    for name in ("Everywhere", "Arabic"):
        taken = await call(newsroom, "PATCH", f"/{name}", headers, new_password=True)
        check_problem(taken, 403, "forbidden")
        check_problem(await call(newsroom, "DELETE", f"/{name}", headers), 403, "forbidden")
    check_problem(await call(newsroom, "PATCH", "/Mine", headers, editions=[]), 403, "forbidden")
    assert (await call(newsroom, "DELETE", "/Mine", headers)).status_code == 200


async def test_a_chief_cannot_lock_themselves_out(newsroom: TestNewsroom) -> None:
    await call(newsroom, "POST", name="Ana", role="chief", password=GOOD)
    async with newsroom.at("192.0.2.7") as http:
        await http.post("/v1/session", json={"name": "Ana", "password": GOOD})
        session = {"authorization": "Session"}
        removed = await http.delete("/v1/people/Ana", headers=session)
        check_problem(removed, 403, "forbidden")
        disabled = await http.patch("/v1/people/ana", json={"disabled": True}, headers=session)
        check_problem(disabled, 403, "forbidden")
        for own in ({"new_password": True}, {"two_factor": False}):
            taken = await http.patch("/v1/people/ana", json=own, headers=session)
            check_problem(taken, 403, "forbidden")  # this would need no password
    off = await call(newsroom, "PATCH", "/Ana", disabled=True)
    assert off.json()["disabled"]
    check_problem(await call(newsroom, "PATCH", "/Ana", two_factor=True), 422, "invalid")
