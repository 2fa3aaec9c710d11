"""Signing in with an OpenID Connect provider that runs here: the whole way, and what goes wrong."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, running_newsroom
from tests.support.providers.openid import CLIENT, SECRET, OpenIdProvider, running
from ticker.config import Settings
from ticker.openid.provider import AGAIN
from ticker.openid.tokens import LEEWAY
from ticker.storage.connection import Redis

CALLBACK = "http://newsroom.test/v1/session/openid/callback"
SESSION = {"authorization": "Session"}
ANA = {"name": "Ana Kim", "groups": ["news-desk", "arabic"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with running(OpenIdProvider(CALLBACK)) as found:
            yield found


@pytest.fixture
async def newsroom(
    redis: Redis, settings: Settings, provider: OpenIdProvider, tmp_path: Path
) -> AsyncIterator[TestNewsroom]:
    provider.signed_in.clear()
    provider.people = {"u1": dict(ANA), "u2": {"name": "Ben", "groups": "visitors"}}
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    update = {
        "public_url": "http://newsroom.test",
        "openid_issuer": provider.url,
        "openid_client_id": CLIENT,
        "openid_client_secret_file": secret,
        "openid_roles": {"news-desk": "editor", "chiefs": "chief"},
        "openid_editions": {"arabic": ("ar",), "world": ("*",)},
        "outbound_private_networks": (ip_network("127.0.0.0/8"),),
    }
    async with running_newsroom(redis, settings.model_copy(update=update)) as made:
        yield made


async def leave(http: httpx.AsyncClient, query: str = "") -> str:
    """Begin, and return the address at the provider."""
    begun = await http.get(f"/v1/session/openid{query}")
    assert begun.status_code == 302, begun.text
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    return begun.headers["location"]


async def at_provider(url: str, person: str) -> str:
    """Sign in at the provider; return the path with which the browser comes back."""
    async with httpx.AsyncClient() as http:
        answer = await http.get(url, headers={"x-person": person} if person else {})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


async def enter(http: httpx.AsyncClient, person: str = "u1") -> httpx.Response:
    return await http.get(await at_provider(await leave(http), person))


def failure(response: httpx.Response) -> str:
    """Return the word with which the form to sign in says what is wrong."""
    assert response.status_code == 200, response.text
    assert "ticker_session" not in response.headers.get("set-cookie", "")
    return response.text.partition("failed=")[2].partition('"')[0]


async def account(http: httpx.AsyncClient) -> Any:
    return (await http.get("/v1/account", headers=SESSION)).json()


async def test_a_person_signs_in_with_the_rights_of_the_claims(
    newsroom: TestNewsroom, provider: OpenIdProvider
) -> None:
    async with newsroom.at("192.0.2.7") as http:
        done = await enter(http)
        assert 'content="0;url=/console"' in done.text
        shown = await account(http)
        assert (shown["name"], shown["role"], shown["editions"]) == ("Ana Kim", "editor", ["ar"])
        assert (shown["created_by"], shown["given_by"]) == ("OpenID Connect", [])
        provider.people["u1"] |= {"name": "Ana Lee", "groups": ["news-desk", "chiefs", "world"]}
        await enter(http)
        shown = await account(http)
        assert (shown["name"], shown["role"], shown["editions"]) == ("Ana Kim", "chief", [])
        check = await newsroom.http.get("/v1/people", headers=newsroom.key)
        assert len(check.json()["people"]) == 1
    answer = await newsroom.http.get("/v1/audit", headers=newsroom.key)
    rows = [(one["action"], one["by"]) for one in answer.json()["entries"]][::-1]
    assert rows == [
        ("create_person", "OpenID Connect"),
        ("sign_in", "Ana Kim"),
        ("change_person", "OpenID Connect"),
        ("sign_out", "Ana Kim"),
        ("sign_in", "Ana Kim"),
    ]


async def test_who_may_not_enter(newsroom: TestNewsroom, provider: OpenIdProvider) -> None:
    async with newsroom.at("192.0.2.7") as http:
        assert failure(await enter(http, "u2")) == "no_role"
        assert failure(await enter(http, "")) == "denied"
        draft = {"name": "ANA kim", "role": "chief"}
        await newsroom.http.post("/v1/people", json=draft, headers=newsroom.key)
        assert failure(await enter(http)) == "taken"
        await newsroom.http.delete("/v1/people/ana%20kim", headers=newsroom.key)
        await enter(http)
        off = {"disabled": True}
        await newsroom.http.patch("/v1/people/ana%20kim", json=off, headers=newsroom.key)
        assert failure(await enter(http)) == "no_role"
        page = await http.get("/console/sign-in?failed=no_role")
        assert "You have no role in this newsroom." in page.text
        assert 'href="/v1/session/openid"' in page.text


async def test_an_answer_that_is_not_to_this_browsers_attempt(newsroom: TestNewsroom) -> None:
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as other:
        back = await at_provider(await leave(http), "u1")
        assert failure(await other.get(back)) == "again"  # a code that somebody else has got
        await leave(other)
        assert failure(await other.get(back)) == "again"
        assert failure(await http.get(back.replace("state=", "state=x"))) == "again"
        assert 'url=/console"' in (await http.get(back)).text
        assert failure(await http.get(back)) == "again", "an attempt counts once"
        for _ in range(40):  # any page can send a browser there, so it uses up nothing
            assert (await http.get("/v1/session/openid/callback")).status_code == 200


async def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    newsroom: TestNewsroom,
) -> None:
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as thief:
        stolen = parse_qs(urlsplit(await at_provider(await leave(http), "u1")).query)["code"][0]
        state = parse_qs(urlsplit(await leave(thief)).query)["state"][0]
        back = f"/v1/session/openid/callback?code={stolen}&state={state}"
        assert failure(await thief.get(back)) == "failed"


async def test_signing_in_anew_proves_who_it_is(
    newsroom: TestNewsroom, provider: OpenIdProvider
) -> None:
    """An account without a password had no way to add its first passkey."""

    async def prove(http: httpx.AsyncClient, person: str, drop: str = "") -> str:
        away = (await leave(http, "?proof=true")).replace(drop, "")
        page = await http.get(await at_provider(away, person))
        return page.text.partition("url=/console/account?")[2].partition('"')[0]

    async def proves(http: httpx.AsyncClient) -> bool:
        asked = await http.post("/v1/account/passkeys/challenge", json={}, headers=SESSION)
        if asked.status_code == 422:
            assert asked.json()["errors"][0]["code"] == "password-or-passkey"
        return asked.status_code == 200

    provider.people["u2"] = {"name": "Ben", "groups": ["news-desk", "world"]}
    provider.signed_in = {"u1": 1_000, "u2": int(time.time())}
    async with newsroom.at("192.0.2.7") as http, newsroom.at("192.0.2.8") as other:
        assert "prompt" not in await leave(http, "?proof=true"), "nobody has signed in yet"
        await enter(http)  # the provider asks nothing: it knows her since this morning
        shown = await account(http)
        assert (shown["has_password"], shown["openid"]) == (False, True)
        assert shown["proved_until"] is None
        assert not await proves(http)
        assert await prove(http, "u1", "&prompt=login") == "failed=not_fresh"
        assert await prove(http, "") == "failed=denied"
        assert await prove(http, "u2") == "failed=other"
        assert not await proves(http)
        failed = await http.get("/console/account?failed=other")
        assert "Somebody else has signed in at the provider." in failed.text
        assert 'href="/v1/session/openid?proof=true"' in failed.text
        again = 'href="/v1/session/openid" target="_blank"'
        assert again in failed.text, "the dialog of a session that has ended"
        assert again in (await http.get("/console")).text
        assert await prove(http, "u1") == "proved"
        assert await proves(http)
        assert (await account(http))["proved_until"] is not None
        body = {"new_password": "eleven white swans"}
        set_one = await http.put("/v1/account/password", json=body, headers=SESSION)
        assert set_one.status_code == 200
        assert not await proves(http), "the session is a new one"
        await enter(other, "u2")  # the provider has just asked Ben for the password
        assert await proves(other)
        await leave(other, "?proof=true")
        back = await at_provider(await leave(other, "?proof=true"), "u2")
        await newsroom.http.delete("/v1/people/ben", headers=newsroom.key)
        assert "account?failed=again" in (await other.get(back)).text
    entries = (await newsroom.http.get("/v1/audit", headers=newsroom.key)).json()["entries"]
    assert [one["by"] for one in entries if one["action"] == "prove"] == ["Ana Kim"]


async def test_the_provider_may_rotate_its_keys(
    newsroom: TestNewsroom, provider: OpenIdProvider
) -> None:
    async with newsroom.at("192.0.2.7") as http:
        await enter(http)
        provider.rotate()
        newsroom.now += AGAIN
        assert 'url=/console"' in (await enter(http)).text
        provider.rotate()
        assert failure(await enter(http)) == "failed", "the keys were read a moment ago"
        newsroom.now += AGAIN
        provider.skew = LEEWAY - 5
        assert 'url=/console"' in (await enter(http)).text
        provider.skew = LEEWAY + 60
        assert failure(await enter(http)) == "failed"
        provider.skew = 0


async def test_the_redirect_address_is_exact(newsroom: TestNewsroom) -> None:
    async with newsroom.at("192.0.2.7") as http:
        url = await leave(http)
        assert parse_qs(urlsplit(url).query)["redirect_uri"] == [CALLBACK]
        async with httpx.AsyncClient() as browser:
            wrong = url.replace("callback", "callback%2Fx")
            refused = await browser.get(wrong, headers={"x-person": "u1"})
        assert refused.status_code == 400
        foreign = {"host": "elsewhere.example"}
        begun = await http.get("/v1/session/openid", headers=foreign)
        assert "elsewhere" not in begun.headers["location"]


async def test_without_a_provider_there_is_none(redis: Redis, settings: Settings) -> None:
    async with running_newsroom(redis, settings) as newsroom:
        for path in ("/v1/session/openid", "/v1/session/openid/callback"):
            assert (await newsroom.http.get(path)).status_code == 404
        assert "openid" not in (await newsroom.http.get("/console/sign-in")).text
