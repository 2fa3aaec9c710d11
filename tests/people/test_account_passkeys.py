"""Passkeys of accounts: who may add one, what signs in with one, and what does not count."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from tests.support.authenticator import Authenticator
from ticker.domain.errors import BadRequest, Conflict, Invalid, NotFound, Unauthorised
from ticker.people.account import Account
from ticker.people.account_passkeys import AccountPasskeys
from ticker.people.accounts import Accounts
from ticker.people.passkeys import (
    ANSWERS_MAX,
    LIFETIME_MS,
    PASSKEYS_MAX,
    PasskeyError,
    Site,
    to_text,
)
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

SITE = Site("https://news.test")
OTHER = Site("https://evil.test")


class Newsroom:
    """Accounts with a clock that the test sets."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.now = 1_764_000_000_000
        self.accounts = Accounts(redis, keys, lambda: self.now)
        self.passkeys = AccountPasskeys(self.accounts, "News")

    async def person(self, name: str = "Ana", *, own: bool = True) -> Account:
        await self.accounts.create(name, "editor", (), by="chief", password="given")
        change = lambda now: now.with_password("own") if own else now  # noqa: E731
        return await self.accounts.change(name, change)

    async def add(self, account: Account, device: Authenticator) -> Account:
        options = await self.creation(account)
        return await self.registered(account, device.create(options))

    async def creation(self, account: Account) -> dict[str, Any]:
        self.now += 1
        asked = await self.passkeys.creation(account, "a session", SITE)
        options: dict[str, Any] = orjson.loads(asked)
        return options

    async def registered(self, account: Account, answer: dict[str, Any]) -> Account:
        return (await self.passkeys.add(account, "a session", answer, "Phone", SITE))[1]

    async def signed_in(self, answer: dict[str, Any], browser: str = "a browser") -> Account:
        return await self.passkeys.account(answer, browser, SITE)

    async def request(self) -> dict[str, Any]:
        self.now += 1
        asked: dict[str, Any] = orjson.loads(await self.passkeys.request("a browser", SITE))
        return asked


@pytest.fixture
def newsroom(redis: Redis, keys: Keys) -> Newsroom:
    return Newsroom(redis, keys)


async def test_a_device_signs_in_once_with_each_challenge(newsroom: Newsroom) -> None:
    device = Authenticator()
    ana = await newsroom.person()
    added = await newsroom.add(ana, device)
    assert [one.name for one in added.passkeys] == ["Phone"]
    assert added.generation == ana.generation, "sessions go on"
    answer = device.get(await newsroom.request())
    found = await newsroom.signed_in(answer)
    assert (found.name, found.passkeys[0].used_at) == ("Ana", newsroom.accounts.now())
    with pytest.raises(Unauthorised, match="used already"):
        await newsroom.signed_in(answer)
    tabs = [device.get(await newsroom.request()) for _ in range(2)]
    for tab in reversed(tabs):  # the one that asked later answers first
        assert (await newsroom.signed_in(tab)).name == "Ana"
        with pytest.raises(Unauthorised, match="used already"):
            await newsroom.signed_in(tab)
    late = device.get(await newsroom.request())
    newsroom.now += LIFETIME_MS + 1
    with pytest.raises(Unauthorised, match="too long"):
        await newsroom.signed_in(late)
    _, without = await newsroom.passkeys.remove(found, found.passkeys[0].id)
    assert without.generation == ana.generation + 1
    with pytest.raises(Unauthorised, match="no account"):
        await newsroom.signed_in(device.get(await newsroom.request()))
    with pytest.raises(NotFound):
        await newsroom.passkeys.remove(found, found.passkeys[0].id)


async def test_answers_that_do_not_count(newsroom: Newsroom) -> None:
    ana = await newsroom.person()
    eva = await newsroom.person("Eva")
    device = Authenticator()
    await newsroom.add(ana, device)
    unverified = Authenticator(verifies=False)
    options = await newsroom.creation(ana)
    for wrong in (
        unverified.create(options),
        Authenticator(OTHER.origin).create(options),
        Authenticator().create(await newsroom.request() | {"rp": {"id": SITE.host}}),
        {},
    ):
        with pytest.raises(Invalid):
            await newsroom.registered(ana, wrong)
    with pytest.raises(Invalid):  # a challenge for another account
        await newsroom.registered(eva, Authenticator().create(options))
    with pytest.raises(Conflict, match="already"):
        await newsroom.add(ana, device)
    twin = Authenticator()
    twin.id = device.id
    with pytest.raises(Conflict, match="another account"):
        await newsroom.add(eva, twin)
    asked = await newsroom.request()
    untrusted = Authenticator()
    untrusted.id, untrusted.handle = device.id, device.handle
    device.verifies = False
    for answer in (untrusted.get(asked), device.get(asked), {"id": "x"}, {}):
        with pytest.raises(Unauthorised):
            await newsroom.signed_in(answer)
    device.verifies, device.origin = True, OTHER.origin
    with pytest.raises(Unauthorised):
        await newsroom.signed_in(device.get(asked))
    device.origin = SITE.origin
    assert (await newsroom.signed_in(device.get(asked))).name == "Ana"
    await newsroom.accounts.change("Ana", lambda now: now.with_rights("editor", (), True, ""))
    with pytest.raises(Unauthorised):
        await newsroom.signed_in(device.get(await newsroom.request()))
    for address in ("http://127.0.0.1:8000", "http://[::1]:8000"):
        with pytest.raises(BadRequest):
            await newsroom.passkeys.request("a browser", Site(address))


async def test_a_challenge_of_another_browser_or_session_does_not_count(newsroom: Newsroom) -> None:
    device = Authenticator()
    ana = await newsroom.person()
    options = await newsroom.creation(ana)
    made = device.create(options)
    with pytest.raises(Invalid):
        await newsroom.passkeys.add(ana, "another session", made, "Phone", SITE)
    with pytest.raises(Invalid, match="visible"):
        await newsroom.passkeys.add(ana, "a session", device.create(options), " ", SITE)
    ana = await newsroom.registered(ana, device.create(options))
    with pytest.raises(Conflict, match="used already"):
        await newsroom.registered(ana, Authenticator().create(options))
    answer = device.get(await newsroom.request())
    for browser in ("", "another browser"):
        with pytest.raises(Unauthorised, match="no challenge"):
            await newsroom.signed_in(answer, browser)
    begun = await newsroom.creation(ana)
    after = await newsroom.accounts.change("Ana", lambda now: now.with_password("new"))
    for account, error in ((after, Invalid), (ana, Conflict)):
        with pytest.raises(error):
            await newsroom.registered(account, Authenticator().create(begun))
    [kept] = (await newsroom.accounts.get("Ana")).passkeys
    assert (await newsroom.signed_in(answer)).passkeys[0].id == kept.id


async def test_a_copied_device_does_not_count(newsroom: Newsroom) -> None:
    device = Authenticator()
    device.count = 4
    await newsroom.add(await newsroom.person(), device)
    for count in (5, 9):
        device.count = count
        assert (await newsroom.signed_in(device.get(await newsroom.request()))).name == "Ana"
    for count in (9, 3, 0):
        device.count = count
        with pytest.raises(Unauthorised, match="count"):
            await newsroom.signed_in(device.get(await newsroom.request()))
    device.count = 10
    answers = [device.get(await newsroom.request()) for _ in range(2)]
    done = await asyncio.gather(*map(newsroom.signed_in, answers), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Account", "Unauthorised"]


async def test_answers_are_kept_while_they_could_come_again(newsroom: Newsroom) -> None:
    device = Authenticator()
    await newsroom.add(await newsroom.person(), device)
    for _ in range(ANSWERS_MAX):
        await newsroom.signed_in(device.get(await newsroom.request()))
    with pytest.raises(Unauthorised, match="very often"):
        await newsroom.signed_in(device.get(await newsroom.request()))
    newsroom.now += LIFETIME_MS + 1
    found = await newsroom.signed_in(device.get(await newsroom.request()))
    assert len(found.passkeys[0].answered) == 1


async def test_a_passkey_proves_once_who_has_a_session(newsroom: Newsroom) -> None:
    ana, device = await newsroom.person(), Authenticator()
    with pytest.raises(Conflict, match="no passkey"):
        await newsroom.passkeys.proof(ana, "a session", SITE)
    ana = await newsroom.add(ana, device)

    async def proof(session: str = "a session") -> dict[str, Any]:
        asked = orjson.loads(await newsroom.passkeys.proof(ana, session, SITE))
        assert [one["id"] for one in asked["allowCredentials"]] == [to_text(device.id)]
        return device.get(asked)

    answer = await proof()
    await newsroom.passkeys.proves(ana, "a session", answer, SITE)
    other = await proof("another session")
    sign_in = device.get(await newsroom.request())
    untrusted = Authenticator()
    eva = await newsroom.add(await newsroom.person("Eva"), untrusted)
    of_eva = untrusted.get(orjson.loads(await newsroom.passkeys.proof(eva, "a session", SITE)))
    for wrong in (answer, other, sign_in, of_eva, {}):
        with pytest.raises(PasskeyError):
            await newsroom.passkeys.proves(ana, "a session", wrong, SITE)
    with pytest.raises(Unauthorised):
        await newsroom.signed_in(await proof())


async def test_whose_passkey_it_is(newsroom: Newsroom) -> None:
    device = Authenticator()
    await newsroom.add(await newsroom.person(), device)
    answer = device.get(await newsroom.request())
    for handle in (None, "", "YWJj"):
        answer["response"]["userHandle"] = handle
        with pytest.raises(Unauthorised):
            await newsroom.signed_in(answer)
    await newsroom.accounts.remove("Ana")
    newsroom.now += 1_000
    await newsroom.add(await newsroom.person(), Authenticator())
    with pytest.raises(Unauthorised, match="no account"):
        await newsroom.signed_in(device.get(await newsroom.request()))


async def test_nobody_adds_one_while_others_know_the_password(newsroom: Newsroom) -> None:
    ana = await newsroom.person(own=False)
    with pytest.raises(Conflict, match="chief know your password"):
        await newsroom.add(ana, Authenticator())
    ana = await newsroom.accounts.change("Ana", lambda now: now.with_password("own"))
    for _ in range(PASSKEYS_MAX):
        ana = await newsroom.add(ana, Authenticator())
    with pytest.raises(Conflict, match="remove one"):
        await newsroom.add(ana, Authenticator())
    assert len(ana.passkeys) == PASSKEYS_MAX
    assert ana.with_given_password("given", "chief", "").passkeys == ()
    assert ana.without_codes("").passkeys == ()
