"""Passkeys over HTTP: who may add one, and in which browser an answer counts."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.test_sessions import GOOD, SESSION, person, publish, sign_in
from tests.support.authenticator import Authenticator
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.headers import PRIVATE_HEADERS

OWN = "eleven white swans"
SITE = "http://newsroom.test"
ELSEWHERE = {"sec-fetch-site": "cross-site"}


async def call(http: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    return await http.post(f"/v1/{path}", json=body, headers=SESSION)


async def options(http: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    asked = await call(http, f"{path}/challenge", **body)
    assert asked.status_code == 200, asked.text
    assert asked.headers["cache-control"] == PRIVATE_HEADERS["cache-control"]
    found: dict[str, Any] = asked.json()["options"]
    return found


async def test_a_passkey_from_begin_to_the_chief_who_removes_it(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    device = Authenticator(SITE)
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as other:
        check_problem(await call(http, "account/passkeys/challenge"), 401, "unauthorised")
        await sign_in(http, name="Ana", password=GOOD)
        body = {"password": GOOD, "new_password": OWN}
        await http.put("/v1/account/password", json=body, headers=SESSION)
        await sign_in(other, name="Ana", password=OWN)
        wrong = await call(http, "account/passkeys/challenge", password=GOOD)
        check_problem(wrong, 422, "invalid")
        made = device.create(await options(http, "account/passkeys", password=OWN))
        entry = {"credential": made, "name": "Phone"}
        check_problem(await call(other, "account/passkeys", **entry), 422, "invalid")
        added = await call(http, "account/passkeys", **entry)
        assert [one["name"] for one in added.json()["passkeys"]] == ["Phone"]
        assert (await publish(other)).status_code == 201  # other sessions go on
        await other.delete("/v1/session")

        answer = device.get(await options(other, "session/passkey"))
        refused = await http.post("/v1/session/passkey", json={"credential": answer})
        check_problem(refused, 401, "unauthorised")  # it was asked for in another browser
        for address in ("/v1/session/passkey/challenge", "/v1/session/passkey"):
            sent = await other.post(address, json={"credential": answer}, headers=ELSEWHERE)
            check_problem(sent, 403, "forbidden")
        done = await call(other, "session/passkey", credential=answer)
        assert (done.status_code, done.json()["name"]) == (200, "Ana")
        assert (await publish(other)).status_code == 201
        check_problem(await call(other, "session/passkey", credential=answer), 401, "unauthorised")

        # Two tabs of one browser: the one that asked first answers last.
        tabs = [device.get(await options(other, "session/passkey")) for _ in range(2)]
        for tab in reversed(tabs):
            assert (await call(other, "session/passkey", credential=tab)).status_code == 200

        off = {"two_factor": False}
        changed = await newsroom.http.patch("/v1/people/ana", json=off, headers=newsroom.key)
        assert changed.json()["passkeys"] == []
        answer = device.get(await options(other, "session/passkey"))
        check_problem(await call(other, "session/passkey", credential=answer), 401, "unauthorised")


async def test_what_signs_in_changes_only_with_a_password_or_a_passkey(
    newsroom: TestNewsroom,
) -> None:
    """A browser that somebody has left open is not enough."""
    await person(newsroom)
    device = Authenticator(SITE)
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as other:
        await sign_in(http, name="Ana", password=GOOD)
        body = {"password": GOOD, "new_password": OWN}
        await http.put("/v1/account/password", json=body, headers=SESSION)
        none = await call(http, "account/proof/challenge")
        check_problem(none, 409, "conflict")
        made = device.create(await options(http, "account/passkeys", password=OWN))
        added = await call(http, "account/passkeys", credential=made, name="Phone")
        remove = f"account/passkeys/{added.json()['passkeys'][0]['id']}/remove"
        stale = device.get(await options(http, "account/proof"))
        proofs: list[dict[str, Any]] = [
            {"password": GOOD},
            {"credential": {}},
            {"credential": made},
        ]
        for wrong in ({}, *proofs):
            check_problem(await call(http, remove, **wrong), 422, "invalid")
        for path in ("password", "code"):
            method = "PUT" if path == "password" else "POST"
            new = {"new_password": GOOD} if path == "password" else {}
            sent = await http.request(method, f"/v1/account/{path}", json=new, headers=SESSION)
            check_problem(sent, 422, "invalid")
        proof = {"credential": device.get(await options(http, "account/proof"))}
        secret = await call(http, "account/code", **proof)
        assert secret.json()["secret"]
        check_problem(await call(http, remove, **proof), 422, "invalid")  # it counted once
        proof = {"credential": device.get(await options(http, "account/proof"))}
        changed = await http.put(
            "/v1/account/password", json={**proof, "new_password": GOOD}, headers=SESSION
        )
        assert changed.status_code == 200
        # All sessions have ended, and with them what they had asked for.
        check_problem(await call(http, remove, credential=stale), 422, "invalid")
        await sign_in(other, name="Ana", password=GOOD)
        removed = await call(other, remove, password=GOOD)
        assert removed.json()["passkeys"] == []
        check_problem(await call(other, remove, password=GOOD), 404, "not-found")


async def test_an_address_that_sends_wrong_answers_is_locked_out(newsroom: TestNewsroom) -> None:
    async with newsroom.at("192.0.2.7") as http:
        asked = Authenticator(SITE).get(await options(http, "session/passkey"))
        for answer in [asked, {}, {"id": "x"}] * 10:
            sent = await call(http, "session/passkey", credential=answer)
            check_problem(sent, 401, "unauthorised")
        sent = await call(http, "session/passkey", credential=asked)
        check_problem(sent, 429, "too-many-requests")
        sent = await call(http, "session/passkey/challenge")
        check_problem(sent, 429, "too-many-requests")


async def test_over_https_the_cookie_of_an_attempt_is_of_this_host_alone(
    newsroom: TestNewsroom,
) -> None:
    sent = await newsroom.http.post("https://newsroom.test/v1/session/passkey/challenge")
    cookie = sent.headers["set-cookie"]
    assert cookie.startswith("__Host-ticker_passkey=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=300", "Secure"):
        assert word in cookie
    sent = await newsroom.http.post("http://127.0.0.1/v1/session/passkey/challenge")
    check_problem(sent, 400, "bad-request")
