"""Sessions: they give what the account or the key gives at the moment, and they end."""

from __future__ import annotations

import pytest

from ticker.domain.clock import rfc3339
from ticker.domain.errors import NotFound
from ticker.people.accounts import Accounts
from ticker.people.sessions import (
    LIFETIME,
    SESSIONS_MAX,
    USED_EVERY,
    Origin,
    Sessions,
    session_digest,
    session_id,
)
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
    [kept] = await command(redis, "KEYS", "*:session:*")
    assert secret.encode() not in await command(redis, "GET", kept)


async def test_a_session_lasts_for_a_shift_and_redis_has_no_secret(
    sessions: Sessions, accounts: Accounts, redis: Redis
) -> None:
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret = await sessions.open_for_account(ana)
    [key] = await command(redis, "KEYS", "*:session:*")
    assert LIFETIME - 10 <= await command(redis, "TTL", key) <= LIFETIME
    assert secret.encode() not in key + await command(redis, "GET", key)


@pytest.mark.parametrize("secret", ["", "ts_", "tk_" + "a" * 32, "ts_" + "a" * 32, "ts_*"])
async def test_what_is_no_session_is_nobodys(sessions: Sessions, secret: str) -> None:
    assert await sessions.verify(secret) is None
    await sessions.close(secret)


async def test_a_holder_sees_and_ends_its_own_sessions(
    sessions: Sessions, accounts: Accounts, redis: Redis, keys: Keys
) -> None:
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    eva = await accounts.create("Eva", "editor", (), by="chief", password="hash")
    desk = await sessions.open_for_account(ana, Origin("192.0.2.7", "Firefox\n<b>" + "x" * 300))
    phone, other = await sessions.open_for_account(ana), await sessions.open_for_account(eva)
    secret, _ = await create(redis, keys, "Ana")  # a key of the same name is somebody else
    by_key = await sessions.open_for_key(secret)
    holder = await sessions.verify(desk)
    assert holder is not None
    found = {one.id: one for one in await sessions.listing(holder)}
    assert set(found) == {session_id(desk), session_id(phone)}
    assert found[session_id(desk)].origin == Origin("192.0.2.7", ("Firefox<b>" + "x" * 300)[:200])
    for foreign in (other, by_key, "ts_" + "a" * 32):
        with pytest.raises(NotFound):
            await sessions.end(holder, session_id(foreign))
    assert (await sessions.end(holder, session_id(phone))).id == session_id(phone)
    with pytest.raises(NotFound):
        await sessions.end(holder, session_id(phone))
    assert await sessions.verify(phone) is None
    await sessions.open_for_account(ana)
    assert len(await sessions.end_others(holder, desk)) == 1
    assert [one.id for one in await sessions.listing(holder)] == [session_id(desk)]
    await accounts.change("Ana", lambda now: now.with_password("new"))
    assert await sessions.listing(holder) == [], "the new password has ended it"
    for still in (other, by_key):
        assert await sessions.verify(still) is not None
    keyed = await sessions.verify(by_key)
    assert keyed is not None
    assert [one.id for one in await sessions.listing(keyed)] == [session_id(by_key)]
    await sessions.close(by_key)
    assert await sessions.listing(keyed) == []


async def test_one_session_too_many_ends_the_oldest(
    redis: Redis, keys: Keys, accounts: Accounts
) -> None:
    now = 1_000_000
    sessions = Sessions(redis, keys, Editors(redis, keys), lambda: now)
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    first = await sessions.open_for_account(ana)
    now += 1
    newest = [await sessions.open_for_account(ana) for _ in range(SESSIONS_MAX)][-1]
    assert await sessions.verify(first) is None
    holder = await sessions.verify(newest)
    assert holder is not None
    assert len(await sessions.listing(holder)) == SESSIONS_MAX


async def test_the_use_of_a_session_is_noted_once_a_minute(
    redis: Redis, keys: Keys, accounts: Accounts
) -> None:
    now = 1_000_000
    sessions = Sessions(redis, keys, Editors(redis, keys), lambda: now)
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret = await sessions.open_for_account(ana)
    [key] = await command(redis, "KEYS", "*:session:*")
    for passed, noted in ((USED_EVERY - 1, 0), (1, USED_EVERY), (5, USED_EVERY)):
        now += passed
        holder = await sessions.verify(secret)
        assert holder is not None
        [one] = await sessions.listing(holder)
        assert (one.began_at, one.used_at) == (rfc3339(1_000_000), rfc3339(1_000_000 + noted))
    assert await command(redis, "TTL", key) > 0, "it ends when it would have"


async def test_a_session_is_proved_for_a_time(redis: Redis, keys: Keys, accounts: Accounts) -> None:
    now = 1_000_000
    sessions = Sessions(redis, keys, Editors(redis, keys), lambda: now)
    ana = await accounts.create("Ana", "editor", (), by="chief", password="hash")
    secret, other = await sessions.open_for_account(ana), await sessions.open_for_account(ana)
    assert await sessions.proved_until(secret) == 0
    assert await sessions.prove(session_digest(secret), 1_300.0)
    assert await sessions.proved_until(secret) == 1_300_000
    assert await sessions.proved_until(other) == 0
    now += USED_EVERY
    assert await sessions.verify(secret)  # which notes its use
    assert await sessions.proved_until(secret) == 1_300_000
    now = 1_300_000
    assert await sessions.proved_until(secret) == 0
    assert await sessions.account_of(session_digest(secret)) == ana
    await sessions.close(secret)
    assert await sessions.account_of(session_digest(secret)) is None
    assert not await sessions.prove(session_digest(secret), 1_600.0)
    by_key = await sessions.open_for_key("tk_" + "a" * 32)
    assert await sessions.account_of(session_digest(by_key)) is None
