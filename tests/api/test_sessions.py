"""Signing in and out over HTTP: the cookie, and what a page of another site can do with it."""

from __future__ import annotations

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.people.sessions import LIFETIME, session_id

GOOD = "seven grey herons"
SESSION = {"authorization": "Session"}


async def person(newsroom: TestNewsroom, name: str = "Ana", role: str = "editor") -> None:
    draft = {"name": name, "role": role, "password": GOOD}
    made = await newsroom.http.post("/v1/people", json=draft, headers=newsroom.key)
    assert made.status_code == 201, made.text


async def sign_in(http: httpx.AsyncClient, **entry: str) -> httpx.Response:
    return await http.post("/v1/session", json=entry)


async def publish(http: httpx.AsyncClient, **headers: str) -> httpx.Response:
    draft = {"headline": "Ferry service resumes", "edition": "en", "force": True}
    return await http.post("/v1/items", json=draft, headers={**SESSION, **headers})


async def test_a_person_signs_in_publishes_and_signs_out(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        check_problem(await publish(http), 401, "unauthorised")
        done = await sign_in(http, name="ana", password=GOOD)
        assert done.status_code == 200
        assert done.json() == {
            "id": session_id(http.cookies["ticker_session"]),
            "name": "Ana",
            "role": "editor",
            "editions": [],
            "permissions": ["draft", "publish", "read"],
            "seconds": LIFETIME,
        }
        cookie = done.headers["set-cookie"]
        assert cookie.startswith("ticker_session=ts_")
        for word in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LIFETIME}"):
            assert word in cookie
        assert "Secure" not in cookie
        made = await publish(http)
        assert made.status_code == 201
        shown = await http.get(f"/v1/items/{made.json()['item']['id']}", headers=SESSION)
        assert shown.json()["history"][0]["by"] == "Ana"
        assert (await http.get("/v1/account", headers=SESSION)).json()["name"] == "Ana"
        assert (await http.delete("/v1/session")).status_code == 204
        assert "ticker_session" not in http.cookies
        check_problem(await publish(http), 401, "unauthorised")


async def test_over_https_the_cookie_is_of_this_host_alone(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    transport = httpx.ASGITransport(newsroom.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://news.test") as http:
        done = await sign_in(http, name="Ana", password=GOOD)
        assert done.headers["set-cookie"].startswith("__Host-ticker_session=ts_")
        assert "Secure" in done.headers["set-cookie"]
        assert (await publish(http)).status_code == 201
        secret = http.cookies["__Host-ticker_session"]
        http.cookies.clear()
        planted = f"ticker_session={secret}"  # a name that another host of the site can set
        check_problem(await publish(http, cookie=planted), 401, "unauthorised")


async def test_a_cookie_alone_is_no_permission(newsroom: TestNewsroom) -> None:
    """A form or a picture of another site sends the cookie at most, never the header."""
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        await sign_in(http, name="Ana", password=GOOD)
        draft = {"headline": "Ferry", "edition": "en"}
        check_problem(await http.post("/v1/items", json=draft), 401, "unauthorised")
        for sent in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "http://elsewhere.example"},
            {"origin": "null"},
            {"referer": "http://elsewhere.example/newsroom.test"},
        ):
            check_problem(await publish(http, **sent), 403, "forbidden")
            out = await http.delete("/v1/session", headers=sent)
            check_problem(out, 403, "forbidden")
            entry = {"name": "Ana", "password": GOOD}
            entered = await http.post("/v1/session", json=entry, headers=sent)
            check_problem(entered, 403, "forbidden")
            if "referer" not in sent:
                read = await http.get("/console/board", headers=sent)
                check_problem(read, 403, "forbidden")
                shown = await http.get("/v1/items?all=true", headers={**SESSION, **sent})
                check_problem(shown, 403, "forbidden")
                assert "access-control-allow-origin" not in shown.headers
        opened = {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}
        opened |= {"sec-fetch-dest": "document"}
        assert (await http.get("/console", headers=opened)).status_code == 200
        own = await publish(http, origin="http://newsroom.test")
        assert own.status_code == 201
        assert (await publish(http, **{"sec-fetch-site": "same-origin"})).status_code == 201
    allowed = await newsroom.http.options(
        "/v1/items",
        headers={
            "origin": "https://elsewhere.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        },
    )
    assert "authorization" not in allowed.headers["access-control-allow-headers"].lower()


async def test_an_editor_key_opens_a_session_without_an_account(newsroom: TestNewsroom) -> None:
    key = newsroom.key["authorization"].removeprefix("Bearer ")
    async with newsroom.at("192.0.2.7") as http:
        check_problem(await sign_in(http, key="tk_" + "a" * 32), 401, "unauthorised")
        assert (await sign_in(http, key=key)).json()["role"] == "chief"
        assert (await publish(http)).status_code == 201
        check_problem(await http.get("/v1/account", headers=SESSION), 403, "forbidden")
    check_problem(await newsroom.http.get("/v1/account", headers=newsroom.key), 403, "forbidden")


async def test_who_signs_in_again_has_one_session(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        await sign_in(http, name="Ana", password=GOOD)
        first = http.cookies["ticker_session"]
        await sign_in(http, name="Ana", password=GOOD)
        assert (await publish(http)).status_code == 201
        http.cookies.set("ticker_session", first, domain="newsroom.test")
    async with newsroom.at("192.0.2.7") as http:
        refused = await publish(http, cookie=f"ticker_session={first}")
        check_problem(refused, 401, "unauthorised")


async def test_a_key_with_the_name_of_a_person_is_not_that_person(newsroom: TestNewsroom) -> None:
    await person(newsroom, "desk")
    check_problem(await newsroom.http.get("/v1/account", headers=newsroom.key), 403, "forbidden")


async def test_wrong_entries_use_up_the_budget_of_wrong_keys(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        answers = []
        for number in range(80):
            wrong = {"name": f"n{number}", "password": "x"} if number % 8 == 0 else {"key": "x"}
            answers.append((await sign_in(http, **wrong)).status_code)
        assert 429 in answers
        check_problem(await sign_in(http, name="Ana", password=GOOD), 429, "too-many-requests")
    assert (await sign_in(newsroom.http, name="Ana", password=GOOD)).status_code == 200


@pytest.mark.parametrize("body", [{}, {"name": "Ana"}, {"key": 7}, {"key": "x", "name": "y"}, []])
async def test_entries_of_the_wrong_shape(newsroom: TestNewsroom, body: object) -> None:
    check_problem(await newsroom.http.post("/v1/session", json=body), 422, "invalid")
