"""Accounts in Redis: made once, changed one after the other, bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from redis import Redis as SyncRedis

from tests.support.redis_servers import RedisServer
from ticker.domain.errors import Conflict, NotFound
from ticker.people.account import Account
from ticker.people.accounts import ACCOUNTS_MAX, Accounts
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


@pytest.fixture
def accounts(redis: Redis, keys: Keys) -> Accounts:
    return Accounts(redis, keys, lambda: 1_790_000_000_000)


async def make(accounts: Accounts, name: str = "Ana Kim") -> Account:
    return await accounts.create(name, "editor", ("en",), by="chief", password="hash")


async def test_an_account_is_made_found_listed_and_removed(accounts: Accounts) -> None:
    made = await make(accounts)
    await make(accounts, "aaron")
    assert (made.created_at, made.created_by) == ("2026-09-21T14:13:20.000Z", "chief")
    assert await accounts.get("ana KIM") == made
    assert [one.name for one in await accounts.listing()] == ["aaron", "Ana Kim"]
    assert await accounts.remove("Ana Kim") == made
    for missing in (accounts.get("Ana Kim"), accounts.remove("Ana Kim")):
        with pytest.raises(NotFound):
            await missing
    with pytest.raises(NotFound):
        await accounts.change("Ana Kim", lambda account: account)


async def test_two_people_cannot_have_names_that_look_alike(accounts: Accounts) -> None:
    found = await asyncio.gather(
        make(accounts, "Ana"), make(accounts, "ANA"), return_exceptions=True
    )
    assert sorted(isinstance(one, Conflict) for one in found) == [False, True]


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "a" * 65])
async def test_names_that_nobody_can_read_are_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await make(accounts, name)


async def test_changes_at_once_all_count(accounts: Accounts) -> None:
    made = await make(accounts)
    changes = [lambda now: now.with_password("other"), lambda now: now.with_secret("S")]
    await asyncio.gather(*(accounts.change("ana kim", change) for change in changes))
    found = await accounts.get("Ana Kim")
    assert (found.password, found.secret, found.generation) == ("other", "S", made.generation + 1)


async def test_a_change_that_others_overtake_again_and_again_gives_up(
    accounts: Accounts, keys: Keys, server: RedisServer
) -> None:
    await make(accounts)
    tries = 0

    with SyncRedis.from_url(server.url) as other:

        def overtaken(account: Account) -> Account:
            nonlocal tries
            tries += 1
            other.hset(keys.accounts, account.id, replace(account, period=tries).record())
            return account.with_password("new")

        with pytest.raises(Conflict):
            await accounts.change("Ana Kim", overtaken)
    assert tries == 5
    assert (await accounts.get("Ana Kim")).password == "hash"


async def test_there_are_at_most_so_many_accounts(
    accounts: Accounts, redis: Redis, keys: Keys
) -> None:
    fields = [part for number in range(ACCOUNTS_MAX) for part in (f"n{number}", "{}")]
    await command(redis, "HSET", keys.accounts, *fields)
    with pytest.raises(ValueError, match="1,000 accounts"):
        await make(accounts)
    assert await command(redis, "HLEN", keys.accounts) == ACCOUNTS_MAX
