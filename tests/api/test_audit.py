"""The audit over HTTP: what is recorded, who may read it, and its pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.test_key_management import key
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.audit_schemas import AuditShown
from ticker.people.failed_sign_ins import UNKNOWN

GOOD = "seven grey herons"


async def audit(newsroom: TestNewsroom, query: str = "") -> list[dict[str, Any]]:
    """Return the entries, oldest first."""
    answer = await newsroom.http.get(f"/v1/audit{query}", headers=newsroom.key)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    AuditShown.model_validate(answer.json())
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries[::-1]


async def test_changes_of_items_keys_and_stories_are_recorded_with_who_and_where(
    newsroom: TestNewsroom,
) -> None:
    editor = await key(newsroom, "editor")
    async with newsroom.at("192.0.2.9") as http:
        draft = {"headline": "Ferry adrift", "edition": "en"}
        sent = await http.post("/v1/items", json=draft, headers=editor)
        id = sent.json()["item"]["id"]
        await http.patch(f"/v1/items/{id}", json={"headline": "Ferry safe"}, headers=editor)
        text = {"title": "The harbour"}
        await http.put("/v1/stories/harbour/texts/en", json=text, headers=editor)
        refused = await http.post("/v1/keys", json={"name": "more"}, headers=editor)
        assert refused.status_code == 403
    made, published, updated, story = await audit(newsroom)
    assert (made["action"], made["by"], made["role"]) == ("create_key", "desk", "chief")
    assert made["target"] == f"/v1/keys/{published['key']}"
    for one in (published, updated, story):
        assert (one["by"], one["role"], one["address"]) == ("editor key", "editor", "192.0.2.9")
    assert (published["action"], published["item"]) == ("publish", id)
    assert updated["changes"] == {"headline": {"before": "Ferry adrift", "after": "Ferry safe"}}
    assert story["target"] == "/v1/stories/harbour/texts/en"
    log_id = sent.headers["x-request-id"]
    assert published["request"] == log_id


async def test_only_chiefs_read_it(newsroom: TestNewsroom) -> None:
    check_problem(await newsroom.http.get("/v1/audit"), 401, "unauthorised")
    for role in ("reporter", "editor"):
        answer = await newsroom.http.get("/v1/audit", headers=await key(newsroom, role))
        check_problem(answer, 403, "forbidden")


async def test_pages_go_on_where_the_last_one_ended(newsroom: TestNewsroom) -> None:
    for number in range(5):
        await newsroom.publish(f"Ferry {number} adrift")
    first = (await newsroom.http.get("/v1/audit?limit=3", headers=newsroom.key)).json()
    assert len(first["entries"]) == 3
    rest = await audit(newsroom, f"?before={first['next']}")
    assert len(rest) == 2
    assert len(await audit(newsroom, "?by=desk&action=publish&since=2026-01-01T00:00:00Z")) == 5
    assert await audit(newsroom, "?until=2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=1-0&before=2-0",
        "since=yesterday",
        "until=2026-01-01T00:00:00",
        f"by={'x' * 200}",
        "limit=0",
        "limit=201",
    ],
)
async def test_what_a_query_cannot_be(newsroom: TestNewsroom, query: str) -> None:
    answer = await newsroom.http.get(f"/v1/audit?{query}", headers=newsroom.key)
    check_problem(answer, 400, "bad-filter")


async def test_a_request_without_a_key_has_nobodys_name(newsroom: TestNewsroom) -> None:
    """A server's task may serve one editor's request after another's."""
    await newsroom.publish()
    await newsroom.report("x" * 26)
    assert [one["by"] for one in await audit(newsroom)] == ["desk"]


async def test_changes_of_people_and_keys_have_their_target_and_fields(
    newsroom: TestNewsroom,
) -> None:
    desk = newsroom.key
    draft = {"name": "Ana Kim", "role": "reporter", "editions": ["en"], "password": GOOD}
    await newsroom.http.post("/v1/people", json=draft, headers=desk)
    change = {"role": "editor", "new_password": True}
    renewed = await newsroom.http.patch("/v1/people/ana%20kim", json=change, headers=desk)
    await newsroom.http.delete("/v1/people/ana%20kim", headers=desk)
    made = await newsroom.http.post(
        "/v1/keys", json={"name": "Night", "role": "chief"}, headers=desk
    )
    await newsroom.http.delete(f"/v1/keys/{made.json()['id']}", headers=desk)
    created, changed, removed, key_made, key_revoked = await audit(newsroom)
    for one in (created, changed, removed):
        assert (one["target"], one["by"]) == ("/v1/people/Ana Kim", "desk")
    assert created["changes"]["role"] == {"before": None, "after": "reporter"}
    assert changed["changes"] == {
        "role": {"before": "reporter", "after": "editor"},
        "password": {"before": "one", "after": "another one"},
        "sessions": {"before": None, "after": "ended"},
    }
    assert removed["changes"]["name"] == {"before": "Ana Kim", "after": None}
    for one, at in ((key_made, "after"), (key_revoked, "before")):
        assert one["target"] == f"/v1/keys/{made.json()['id']}"
        assert one["changes"]["name"][at] == "Night"
    everything = str([created, changed, removed, key_made, key_revoked])
    for secret in (GOOD, renewed.json()["password"], made.json()["key"]):
        assert secret not in everything


async def test_sign_ins_failed_ones_and_ended_sessions(newsroom: TestNewsroom) -> None:
    draft = {"name": "Ana", "role": "editor", "password": GOOD}
    await newsroom.http.post("/v1/people", json=draft, headers=newsroom.key)
    async with newsroom.at("192.0.2.7") as http:

        async def enter(**entry: str) -> httpx.Response:
            return await http.post("/v1/session", json=entry)

        await enter(name="ANA", password="seven grey geese")
        await enter(name="My Passw0rd!", password="x")
        await enter(key="tk_" + "a" * 32)
        session = (await enter(name="ana", password=GOOD)).json()["id"]
        body = {"password": "seven grey geese", "new_password": "eleven white swans"}
        headers = {"authorization": "Session"}
        await http.put("/v1/account/password", json=body, headers=headers)
        await http.put("/v1/account/password", json=body | {"password": GOOD}, headers=headers)
        await enter(key=newsroom.key["authorization"].removeprefix("Bearer "))
        await http.delete("/v1/session")
        await http.delete("/v1/session")
    entries = (await audit(newsroom))[1:]
    assert {one["address"] for one in entries} == {"192.0.2.7"}
    rows = [(one["action"], one["by"], one["target"], one["reason"]) for one in entries]
    assert rows == [
        ("sign_in_failed", "", "/v1/people/Ana", "wrong password"),
        ("sign_in_failed", "", "/v1/session", "unknown name"),
        ("sign_in_failed", "", "/v1/session", "unknown key"),
        ("sign_in", "Ana", "/v1/session", None),
        ("sign_in_failed", "Ana", "/v1/people/Ana", "wrong password for a change"),
        ("change_password", "Ana", "/v1/people/Ana", None),
        ("sign_out", "Ana", "/v1/session", "signed in again"),
        ("sign_in", "desk", "/v1/session", None),
        ("sign_out", "desk", "/v1/session", None),
    ]
    assert [entries[at]["key"] == session for at in (3, 4, 5, 6)] == [True, True, True, False]
    assert entries[3]["changes"] == {"session": {"before": None, "after": "password"}}
    assert entries[5]["changes"]["sessions"] == {"before": None, "after": "ended"}
    assert not any(text in str(entries) for text in ("Passw0rd", "geese", "swans", GOOD, "tk_"))


async def test_failed_sign_ins_fill_no_audit(newsroom: TestNewsroom) -> None:
    for number in range(4):
        async with newsroom.at(f"192.0.2.{number}") as http:
            for _ in range(8):
                await http.post("/v1/session", json={"name": f"n{number}", "password": "x"})
    assert len(await audit(newsroom)) == UNKNOWN.burst
    draft = {"name": "Ana", "role": "editor", "password": GOOD}
    await newsroom.http.post("/v1/people", json=draft, headers=newsroom.key)
    await newsroom.http.post("/v1/session", json={"name": "Ana", "password": "x"})
    last = (await audit(newsroom))[-1]
    assert last["changes"] == {"left_out": {"before": None, "after": 22}}
