"""Locks over HTTP: a notice for colleagues, which refuses no change."""

from __future__ import annotations

from tests.api.test_key_management import key
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.locks import ItemLock


async def test_a_colleague_is_told_and_not_locked_out(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    path = f"/v1/items/{id}"
    eva = await key(newsroom, "editor")
    taken = await newsroom.http.put(f"{path}/lock", headers=newsroom.key)
    mine = ItemLock.model_validate(taken.json())
    assert (mine.by, mine.yours, mine.seconds) == ("desk", True, 60)
    other = ItemLock.model_validate((await newsroom.http.put(f"{path}/lock", headers=eva)).json())
    assert (other.by, other.yours) == ("desk", False)
    assert (await newsroom.http.delete(f"{path}/lock", headers=eva)).status_code == 204
    again = await newsroom.http.put(f"{path}/lock", json={}, headers=eva)
    assert again.json()["by"] == "desk", "only its holder gives it back"
    changed = await newsroom.http.patch(path, json={"summary": "At noon"}, headers=eva)
    assert changed.is_success
    assert (await newsroom.http.post(f"{path}/retract", headers=eva)).is_success
    audit = (await newsroom.http.get("/v1/audit", headers=newsroom.key)).json()["entries"]
    assert not {"lock", "unlock"} & {entry["action"] for entry in audit}


async def test_who_may_say_that(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    arabic = await key(newsroom, "editor", "ar")
    for method in ("PUT", "DELETE"):
        path = f"/v1/items/{id}/lock"
        check_problem(await newsroom.http.request(method, path), 401, "unauthorised")
        refused = await newsroom.http.request(method, path, headers=arabic)
        check_problem(refused, 403, "forbidden")
        unknown = await newsroom.http.request(method, "/v1/items/x/lock", headers=newsroom.key)
        check_problem(unknown, 404, "not-found")
