"""Signing in: one answer for all wrong names and passwords, each code once, few attempts."""

from __future__ import annotations

import asyncio

import pyotp
import pytest
from argon2 import PasswordHasher

from ticker.domain.errors import CodeRequired, TooMany, Unauthorised
from ticker.people.accounts import Accounts
from ticker.people.one_time_codes import PERIOD
from ticker.people.passwords import Passwords
from ticker.people.sign_in import TRIES, WRONG, SignIn
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

GOOD = "seven grey herons"
NOW = 1_790_000_000.0


@pytest.fixture
async def accounts(redis: Redis, keys: Keys) -> Accounts:
    accounts = Accounts(redis, keys, lambda: 0)
    hashed = PasswordHasher(1, 8, 1).hash(GOOD)
    await accounts.create("Ana", "editor", (), by="chief", password=hashed)
    await accounts.create("Ben", "editor", (), by="chief", password=None)
    return accounts


@pytest.fixture
def sign_in(accounts: Accounts) -> SignIn:
    return SignIn(accounts, Passwords(PasswordHasher(1, 8, 1)), lambda: NOW)


async def test_name_and_password(sign_in: SignIn) -> None:
    assert (await sign_in.account("ANA", GOOD)).name == "Ana"


async def test_all_wrong_entries_get_the_same_answer(sign_in: SignIn, accounts: Accounts) -> None:
    answers = []
    await accounts.create("Dia", "editor", (), by="x", password=PasswordHasher(1, 8, 1).hash(GOOD))
    await accounts.change("Dia", lambda now: now.with_rights("editor", (), disabled=True))
    for name in ("Ana", "Ben", "Cem", "n" * 65, "Dia"):
        with pytest.raises(Unauthorised) as refused:
            await sign_in.account(name, GOOD if name == "Dia" else "seven grey geese")
        answers.append(refused.value.detail)
    assert answers == [WRONG] * 5


async def test_a_code_counts_once(sign_in: SignIn, accounts: Accounts) -> None:
    secret = pyotp.random_base32()
    await accounts.change("Ana", lambda now: now.with_secret(secret).confirming())
    codes = pyotp.TOTP(secret)
    now = codes.at(int(NOW))
    for code in ("", "123", codes.at(int(NOW) - 3 * PERIOD)):
        with pytest.raises(CodeRequired):
            await sign_in.account("Ana", GOOD, code)
    with pytest.raises(Unauthorised, match="name or the password"):
        await sign_in.account("Ana", "seven grey geese", now)
    twice = await asyncio.gather(
        *(sign_in.account("Ana", GOOD, now) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(one, CodeRequired) for one in twice) == [False, True]
    with pytest.raises(CodeRequired, match="used already"):
        await sign_in.account("Ana", GOOD, codes.at(int(NOW) - PERIOD))  # older than that one


async def test_attempts_for_one_name_are_bounded_and_leave_others_alone(sign_in: SignIn) -> None:
    for _ in range(int(TRIES.burst)):
        with pytest.raises(Unauthorised):
            await sign_in.account("Ana", "seven grey geese")
    for name in ("Ana", "ANA "):
        with pytest.raises(TooMany):
            await sign_in.account(name, GOOD)
    with pytest.raises(Unauthorised):
        await sign_in.account("Ben", GOOD)
