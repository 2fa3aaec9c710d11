"""Acts on an item over HTTP: what each does, repeated and refused."""

from __future__ import annotations

import pytest

from tests.api.commit_result import GOOD, result
from tests.support.newsroom import TestNewsroom, check_problem


async def test_schedule_and_release(newsroom: TestNewsroom) -> None:
    draft = GOOD | {"at": "2031-01-01T00:00:00Z", "force": True}
    answer = result(await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key), 201)
    assert (answer["state"], answer["wire_id"], answer["cursor"]) == ("scheduled", None, None)
    assert await newsroom.wire() == []
    path = f"/v1/items/{answer['item']['id']}/release"
    asked = result(await newsroom.http.post(path, json={"check": True}, headers=newsroom.key))
    assert (asked["changed"], asked["state"], asked["item"]["version"]) == (False, "scheduled", 1)
    answer = result(await newsroom.http.post(path, headers=newsroom.key))
    assert (answer["state"], answer["item"]["version"]) == ("live", 2)
    assert len(await newsroom.wire()) == 1


async def test_a_live_item_expires_now_and_a_scheduled_one_cannot(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    for _ in range(2):  # the second changes nothing
        path = f"/v1/items/{id}/expire"
        answer = result(await newsroom.http.post(path, headers=newsroom.key))
        assert (answer["state"], answer["item"]["version"]) == ("expired", 2)
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "expire"]
    later = GOOD | {"headline": "Tomorrow's ferry", "at": "2031-01-01T00:00:00Z", "force": True}
    answer = result(await newsroom.http.post("/v1/items", json=later, headers=newsroom.key), 201)
    path = f"/v1/items/{answer['item']['id']}/expire"
    refused = await newsroom.http.post(path, headers=newsroom.key)
    assert "the item is scheduled" in check_problem(refused, 409, "conflict")["detail"]


async def test_pin_unpin_retract(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    for act, pinned in (("pin", True), ("unpin", False)):
        answer = result(await newsroom.http.post(f"/v1/items/{id}/{act}", headers=newsroom.key))
        assert answer["item"]["pinned"] is pinned
    body = {"reason": "it does not"}
    path = f"/v1/items/{id}/retract"
    answer = result(await newsroom.http.post(path, json=body, headers=newsroom.key))
    assert (answer["state"], answer["item"]["status"]) == ("retracted", "canceled")
    events = [event for _, event in await newsroom.wire()]
    assert [event.action for event in events] == ["publish", "pin", "unpin", "retract"]
    assert events[-1].note == "it does not"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"reason":null}', b'{"reason":"  "}'])
async def test_a_retraction_needs_no_reason(newsroom: TestNewsroom, body: bytes) -> None:
    id = (await newsroom.publish())["item"]["id"]
    headers = newsroom.key | {"content-type": "application/json"}
    path = f"/v1/items/{id}/retract"
    answer = result(await newsroom.http.post(path, content=body, headers=headers))
    assert answer["state"] == "retracted"


async def test_a_second_retraction_changes_nothing(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    for _ in range(2):
        result(await newsroom.http.post(f"/v1/items/{id}/retract", headers=newsroom.key))
    assert len(await newsroom.wire()) == 2


@pytest.mark.parametrize("act", ["pin", "unpin", "release", "expire", "change"])
async def test_a_retracted_item_cannot_be_changed(newsroom: TestNewsroom, act: str) -> None:
    id = (await newsroom.publish())["item"]["id"]
    await newsroom.act(id, "retract")
    if act == "change":
        body = {"headline": "New"}
        response = await newsroom.http.patch(f"/v1/items/{id}", json=body, headers=newsroom.key)
    else:
        response = await newsroom.http.post(f"/v1/items/{id}/{act}", headers=newsroom.key)
    assert "retracted" in check_problem(response, 409, "conflict")["detail"]
    assert len(await newsroom.wire()) == 2


@pytest.mark.parametrize("act", ["retract", "pin"])
async def test_other_operations_are_idempotent_too(newsroom: TestNewsroom, act: str) -> None:
    id = (await newsroom.publish())["item"]["id"]
    headers = newsroom.key | {"idempotency-key": "!" * 255}
    path = f"/v1/items/{id}/{act}"
    first = result(await newsroom.http.post(path, headers=headers))
    again = result(await newsroom.http.post(path, headers=headers))
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert len(await newsroom.wire()) == 2
