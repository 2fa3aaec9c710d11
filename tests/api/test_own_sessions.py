"""One's own sessions over HTTP: who sees which, and what ends."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.test_sessions import GOOD, SESSION, person, publish, sign_in
from tests.support.newsroom import TestNewsroom, check_problem

PATH = "/v1/account/sessions"


async def listed(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await http.get(PATH, headers=SESSION)
    assert answer.headers["cache-control"] == "private, no-store"
    found: list[dict[str, Any]] = answer.json()["sessions"]
    return found


async def test_a_person_sees_and_ends_sessions(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    await person(newsroom, "Eva")
    async with (
        newsroom.at("192.0.2.7") as desk,
        newsroom.at("192.0.2.8") as phone,
        newsroom.at("192.0.2.9") as eva,
    ):
        for http, name in ((desk, "Ana"), (phone, "Ana"), (eva, "Eva")):
            http.headers["user-agent"] = f"Browser of {http.base_url.host}"
            assert (await sign_in(http, name=name, password=GOOD)).status_code == 200
        found = await listed(desk)
        assert {one["address"] for one in found} == {"192.0.2.7", "192.0.2.8"}
        [own] = [one for one in found if one["current"]]
        assert own["address"] == "192.0.2.7"
        assert own["browser"].startswith("Browser of")
        [other] = [one for one in found if not one["current"]]
        foreign = await eva.delete(f"{PATH}/{other['id']}", headers=SESSION)
        check_problem(foreign, 404, "not-found")
        assert (await publish(phone)).status_code == 201
        ended = await desk.delete(f"{PATH}/{other['id']}", headers=SESSION)
        assert ended.json()["id"] == other["id"]
        check_problem(await publish(phone), 401, "unauthorised")
        assert [one["id"] for one in await listed(desk)] == [own["id"]]
        await sign_in(phone, name="Ana", password=GOOD)
        others = await desk.delete(PATH, headers=SESSION)
        assert len(others.json()["sessions"]) == 1
        check_problem(await publish(phone), 401, "unauthorised")
        assert (await publish(desk)).status_code == 201
        assert (await publish(eva)).status_code == 201
        written = (await newsroom.http.get("/v1/audit", headers=newsroom.key)).json()["entries"]
        actions = [one["action"] for one in written if one["by"] == "Ana"]
        assert actions.count("end_session") == actions.count("end_other_sessions") == 1
        [entry] = [one for one in written if one["action"] == "end_session"]
        assert entry["target"] == f"{PATH}/{other['id']}"


async def test_a_key_sees_the_sessions_that_began_with_it(newsroom: TestNewsroom) -> None:
    secret = newsroom.key["authorization"].partition(" ")[2]
    async with newsroom.at("192.0.2.7") as http:
        await sign_in(http, key=secret)
        [own] = await listed(http)
        assert own["current"]
        found = (await newsroom.http.get(PATH, headers=newsroom.key)).json()["sessions"]
        assert [(one["id"], one["current"]) for one in found] == [(own["id"], False)]
        await newsroom.http.delete(PATH, headers=newsroom.key)
        check_problem(await publish(http), 401, "unauthorised")
