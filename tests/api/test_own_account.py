"""Changes of one's own account: they need the password, and end other sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pyotp

from tests.api.test_sessions import GOOD, SESSION, person, publish, sign_in
from tests.support.newsroom import TestNewsroom, check_problem


async def test_a_stolen_session_does_not_find_the_password(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        await sign_in(http, name="Ana", password=GOOD)
        answers = []
        for path, method in (("password", "PUT"), ("code", "POST")):
            for _ in range(6):
                body = {"password": "seven grey geese"}
                body |= {"new_password": "eleven white swans"} if path == "password" else {}
                tried = await http.request(
                    method, f"/v1/account/{path}", json=body, headers=SESSION
                )
                answers.append(tried.status_code)
        assert answers == [422] * 9 + [429] * 3, "the sign-in was the first attempt"
        for _ in range(21):  # a wrong proof is a wrong key too: of 30, 9 are used
            assert (await sign_in(http, key="x")).status_code == 401
        check_problem(await sign_in(http, key="x"), 429, "too-many-requests")
    assert (await sign_in(newsroom.http, name="Ana", password=GOOD)).status_code == 200


async def test_one_time_codes_from_begin_to_sign_in(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as elsewhere:
        await sign_in(http, name="Ana", password=GOOD)
        await sign_in(elsewhere, name="Ana", password=GOOD)

        async def call(method: str, **body: Any) -> httpx.Response:
            return await http.request(method, "/v1/account/code", json=body, headers=SESSION)

        assert (await call("PUT", code="123456")).status_code == 409
        check_problem(await call("POST", password="seven grey geese"), 422, "invalid")
        begun = (await call("POST", password=GOOD)).json()
        assert begun["address"].startswith("otpauth://totp/")
        check_problem(await call("PUT", code="000"), 422, "invalid")
        codes = pyotp.TOTP(begun["secret"])
        confirmed = await call("PUT", code=codes.now())
        assert confirmed.json()["two_factor"]
        assert (await publish(http)).status_code == 201  # the session goes on
        assert (await call("POST", password=GOOD)).status_code == 409
        check_problem(await sign_in(elsewhere, name="Ana", password=GOOD), 401, "code-required")
        used = await sign_in(elsewhere, name="Ana", password=GOOD, code=codes.now())
        check_problem(used, 401, "code-required")
        off = {"two_factor": False}
        changed = await newsroom.http.patch("/v1/people/ana", json=off, headers=newsroom.key)
        assert changed.json()["two_factor"] is False
        assert (await sign_in(elsewhere, name="Ana", password=GOOD)).status_code == 200


async def test_a_new_password_needs_the_old_one(newsroom: TestNewsroom) -> None:
    await person(newsroom)
    async with newsroom.at("192.0.2.7") as http:
        await sign_in(http, name="Ana", password=GOOD)

        async def change(password: str, new: str) -> httpx.Response:
            body = {"password": password, "new_password": new}
            return await http.put("/v1/account/password", json=body, headers=SESSION)

        check_problem(await change("wrong", "eleven white swans"), 422, "invalid")
        check_problem(await change(GOOD, "eleven"), 422, "invalid")
        check_problem(await change(GOOD, "aaaaaaaaaaaaaaaa"), 422, "invalid")
        assert (await change(GOOD, "eleven white swans")).status_code == 200
        assert (await publish(http)).status_code == 201
    check_problem(await sign_in(newsroom.http, name="Ana", password=GOOD), 401, "unauthorised")
    new = await sign_in(newsroom.http, name="Ana", password="eleven white swans")
    assert new.status_code == 200
