"""Sessions: they give what the account or the key gives at the moment, and they end."""

from __future__ import annotations

import pytest

from ticker.people.accounts import Accounts
from ticker.people.sessions import LIFETIME, Sessions
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import Editors, create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


@pytest.fixture
def accounts(redis: Redis, keys: Keys) -> Accounts:
    return Accounts(redis, keys, lambda: 0)


@pytest.fixture
def sessions(redis: Redis, keys: Keys) -> Sessions:
    return Sessions(redis, keys, Editors(redis, keys))


async def test_a_session_has_the_rights_of_its_account(
    sessions: Sessions, accounts: Accounts
) -> None:
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret = await sessions.open_for_account(ana)
    found = await sessions.verify(secret)
    assert found is not None
    assert (found.name, found.role, found.editions, found.account) == ("Ana", "editor", None, True)
    await accounts.change("Ana", lambda now: now.with_rights("reporter", ("en",), False, ""))
    found = await sessions.verify(secret)
    assert found is not None
    assert (found.role, found.editions) == ("reporter", frozenset({"en"}))


@pytest.mark.parametrize("end", ["password", "disabled", "removed", "closed", "made anew"])
async def test_what_ends_a_session(sessions: Sessions, accounts: Accounts, end: str) -> None:
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret, other = await sessions.open_for_account(ana), await sessions.open_for_account(ana)
    if end == "password":
        await accounts.change("Ana", lambda now: now.with_password("new"))
    elif end == "disabled":
        await accounts.change("Ana", lambda now: now.with_rights("editor", (), True, ""))
        await accounts.change("Ana", lambda now: now.with_rights("editor", (), False, ""))
    elif end == "closed":
        await sessions.close(secret)
    else:
        await accounts.remove("Ana")
        if end == "made anew":
            await accounts.create("Ana", "chief", (), by="chief", password="hash")
    assert await sessions.verify(secret) is None
    assert (await sessions.verify(other) is None) == (end != "closed")


async def test_a_session_by_key_ends_with_the_key(
    sessions: Sessions, redis: Redis, keys: Keys
) -> None:
    secret, key = await create(redis, keys, "night desk", role="editor", editions=["en"])
    session = await sessions.open_for_key(secret)
    found = await sessions.verify(session)
    assert found is not None
    assert found == key.editor
    assert not found.account
    await Editors(redis, keys).revoke(key.id)
    assert await sessions.verify(session) is None
    assert await sessions.verify(secret) is None


async def test_a_session_by_key_asks_for_that_key_alone(
    sessions: Sessions, redis: Redis, keys: Keys
) -> None:
    secret, key = await create(redis, keys, "night desk")
    session = await sessions.open_for_key(secret)
    before = await command(redis, "INFO", "commandstats")
    found = await sessions.verify(session)
    after = await command(redis, "INFO", "commandstats")
    assert found == key.editor
    calls = {
        name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"]
        for name in after
        if name.removeprefix("cmdstat_") in ("get", "hget", "hset", "hgetall", "hvals", "hkeys")
    }
    assert {name: count for name, count in calls.items() if count} == {
        "cmdstat_get": 1,
        "cmdstat_hget": 1,
        "cmdstat_hset": 1,  # that the key is in use
    }
    [kept] = await command(redis, "KEYS", "*session:*")
    assert secret.encode() not in await command(redis, "GET", kept)


async def test_a_session_lasts_for_a_shift_and_redis_has_no_secret(
    sessions: Sessions, accounts: Accounts, redis: Redis
) -> None:
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret = await sessions.open_for_account(ana)
    [key] = await command(redis, "KEYS", "*session:*")
    assert LIFETIME - 10 <= await command(redis, "TTL", key) <= LIFETIME
    assert secret.encode() not in key + await command(redis, "GET", key)


@pytest.mark.parametrize("secret", ["", "ts_", "tk_" + "a" * 32, "ts_" + "a" * 32, "ts_*"])
async def test_what_is_no_session_is_nobodys(sessions: Sessions, secret: str) -> None:
    assert await sessions.verify(secret) is None
    await sessions.close(secret)
