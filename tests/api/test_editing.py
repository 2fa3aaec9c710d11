"""Editing over HTTP: each operation, its response and headers, repeats and versions."""

from __future__ import annotations

from typing import Any

from tests.api.commit_result import GOOD, result
from tests.support.newsroom import EPOCH, TestNewsroom, check_problem


async def test_publish(newsroom: TestNewsroom) -> None:
    draft: dict[str, Any] = {
        **GOOD,
        "level": "urgent",
        "sections": ["economy"],
        "regions": ["europe"],
        "tags": ["Ferries"],
        "speaker": "Harbour master",
        "source": "Port authority",
        "link": "https://example.com/ferry",
        "story": "ferry-strike",
        "note": "checked twice",
    }
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    answer = result(response, 201)
    item = answer["item"]
    assert {name: item[name] for name in draft} == draft
    assert (item["version"], item["created_by"], answer["state"]) == (1, "desk", "live")
    assert response.headers["location"] == f"/v1/items/{item['id']}"
    assert answer["delivered"] is True
    assert answer["cursor"] == f"{EPOCH}.{answer['wire_id']}"
    assert EPOCH < 36, "one digit in base 36"
    assert answer["repeated"] is False
    assert "reach" not in item
    assert [str(id) for id, _ in await newsroom.wire()] == [answer["wire_id"]]


async def test_a_change_to_the_same_values_makes_no_version(newsroom: TestNewsroom) -> None:
    sent = await newsroom.http.post("/v1/items", json=GOOD, headers=newsroom.key)
    path = sent.headers["location"]
    change = {"headline": "Ferries sail again", "correction": "All of them.", "push": True}
    first = result(await newsroom.http.patch(path, json=change, headers=newsroom.key))
    assert (first["changed"], first["item"]["version"]) == (True, 2)
    wire = await newsroom.wire()
    for body in (change, {"push": True}):
        again = result(await newsroom.http.patch(path, json=body, headers=newsroom.key))
        assert (again["changed"], again["wire_id"]) == (False, None)
        assert again["item"] == first["item"]
    assert await newsroom.wire() == wire


async def test_a_check_changes_nothing_and_keeps_no_answer(newsroom: TestNewsroom) -> None:
    path = f"/v1/items/{(await newsroom.publish())['item']['id']}"
    headers = newsroom.key | {"idempotency-key": "ask"}
    change = {"headline": "Ferries sail again", "level": "urgent"}
    check = change | {"check": True}
    for _ in range(2):
        asked = result(await newsroom.http.patch(path, json=check, headers=headers))
        assert (asked["changed"], asked["item"]["version"]) == (False, 1)
    wrong = await newsroom.http.patch(path, json=change | {"check": "maybe"}, headers=headers)
    check_problem(wrong, 422, "invalid")
    empty = await newsroom.http.patch(path, json={"check": True}, headers=headers)
    check_problem(empty, 422, "invalid")
    made = result(await newsroom.http.patch(path, json=change, headers=headers))
    assert (made["changed"], made["item"]["version"]) == (True, 2)
    stale = {**newsroom.key, "if-match": '"1"'}
    check_problem(await newsroom.http.patch(path, json=check, headers=stale), 412, "stale")


async def test_an_implausible_time_is_a_problem_with_the_value_read_back(
    newsroom: TestNewsroom,
) -> None:
    draft = GOOD | {"at": "2026-07-01T18:30:00+02:00"}
    refused = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (422, "/problems/implausible-time")
    value = "2026-07-01T16:30:00.000Z"
    wrong = {"field": "at", "message": "is in the past", "code": "past", "params": {}}
    assert problem["errors"] == [wrong | {"value": value}]
    assert problem["now"] > value
    answer = result(
        await newsroom.http.post("/v1/items", json=draft | {"force": True}, headers=newsroom.key),
        201,
    )
    path = f"/v1/items/{answer['item']['id']}"
    change = {"expires_at": "2126-07-01T18:30:00Z"}
    refused = await newsroom.http.patch(path, json=change, headers=newsroom.key)
    assert refused.json()["errors"][0]["message"] == "is more than a year away"
    result(await newsroom.http.patch(path, json=change | {"force": True}, headers=newsroom.key))


async def test_correct_and_update(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    change: dict[str, Any] = {
        "headline": "Ferry resumes on Monday",
        "correction": "The day was missing",
    }
    answer = result(await newsroom.http.patch(f"/v1/items/{id}", json=change, headers=newsroom.key))
    assert answer["item"]["correction"]["text"] == "The day was missing"
    change = {"sections": ["economy"]}
    result(await newsroom.http.patch(f"/v1/items/{id}", json=change, headers=newsroom.key))
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "correct", "update"]


async def test_the_same_key_gets_the_first_response(newsroom: TestNewsroom) -> None:
    headers = newsroom.key | {"idempotency-key": "press-1"}
    first = result(await newsroom.http.post("/v1/items", json=GOOD, headers=headers), 201)
    again = result(await newsroom.http.post("/v1/items", json=GOOD, headers=headers), 201)
    assert again == first | {"repeated": True, "changed": False}
    assert len(await newsroom.wire()) == 1


async def test_the_same_key_with_another_body_is_refused(newsroom: TestNewsroom) -> None:
    headers = newsroom.key | {"idempotency-key": "press-1"}
    result(await newsroom.http.post("/v1/items", json=GOOD, headers=headers), 201)
    other = GOOD | {"headline": "Something else"}
    response = await newsroom.http.post("/v1/items", json=other, headers=headers)
    check_problem(response, 422, "idempotency-mismatch")
    assert len(await newsroom.wire()) == 1


async def test_an_identical_item_is_a_duplicate_unless_forced(newsroom: TestNewsroom) -> None:
    first = await newsroom.publish("Ferry service resumes")
    again = GOOD | {"headline": "FERRY service  resumes!"}
    response = await newsroom.http.post("/v1/items", json=again, headers=newsroom.key)
    problem = check_problem(response, 409, "duplicate")
    assert problem["existing"] == first["item"]["id"]
    assert len(await newsroom.wire()) == 1
    forced = again | {"force": True}
    result(await newsroom.http.post("/v1/items", json=forced, headers=newsroom.key), 201)


async def test_a_test_item_is_not_published(newsroom: TestNewsroom) -> None:
    draft = GOOD | {"test": True}
    answer = result(await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key), 201)
    assert (answer["state"], answer["wire_id"]) == ("test", None)
    assert await newsroom.wire() == []


async def test_text_is_returned_unchanged(newsroom: TestNewsroom) -> None:
    lines = ["«Última hora»: ñandú", "عاجل: وصول السفينة", 'A\u200dB & <b>"quoted"</b> 🚢']
    for line in lines:
        answer = await newsroom.publish(line)
        assert answer["item"]["headline"] == line
    poll = (await newsroom.http.get("/v1/items")).json()
    assert [item["headline"] for item in poll["items"]] == lines[::-1]
