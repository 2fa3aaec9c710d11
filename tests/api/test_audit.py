"""The audit over HTTP: what is recorded, who may read it, and its pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_key_management import key
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.audit_schemas import AuditShown


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
