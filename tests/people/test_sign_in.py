"""Signing in: one answer for all wrong names and passwords, each code once, few attempts."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from tests.support.cheap_hashing import CHEAP, CheapHashing
from tests.support.waiting import wait_until
from ticker.domain.errors import CodeRequired, TooMany, Unauthorised
from ticker.people.account import Account
from ticker.people.accounts import Accounts
from ticker.people.attempts import CODES, FROM_ADDRESS
from ticker.people.one_time_codes import PERIOD
from ticker.people.passwords import Passwords
from ticker.people.sign_in import WRONG, SignIn
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

GOOD = "seven grey herons"
NOW = 1_790_000_000.0


@pytest.fixture
async def accounts(redis: Redis, keys: Keys) -> Accounts:
    accounts = Accounts(redis, keys, lambda: 0)
    hashed = CHEAP.hash(GOOD)
    await accounts.create("Ana", "editor", (), by="chief", password=hashed)
    await accounts.create("Ben", "editor", (), by="chief", password=None)
    return accounts


@pytest.fixture
def sign_in(accounts: Accounts) -> SignIn:
    return SignIn(accounts, Passwords(CheapHashing()), lambda: NOW)


async def enter(
    sign_in: SignIn, name: str, password: str, code: str = "", client: str = "192.0.2.1"
) -> Account:
    return await sign_in.account(name, password, code, client)


async def test_name_and_password(sign_in: SignIn) -> None:
    assert (await enter(sign_in, "ANA", GOOD)).name == "Ana"


async def test_all_wrong_entries_get_the_same_answer(sign_in: SignIn, accounts: Accounts) -> None:
    answers = []
    await accounts.create("Dia", "editor", (), by="x", password=CHEAP.hash(GOOD))
    await accounts.change("Dia", lambda now: now.with_rights("editor", (), True, ""))
    for name in ("Ana", "Ben", "Cem", "n" * 65, "Dia"):
        with pytest.raises(Unauthorised) as refused:
            await enter(sign_in, name, GOOD if name == "Dia" else "seven grey geese")
        answers.append(refused.value.detail)
    assert answers == [WRONG] * 5


async def test_a_code_counts_once(sign_in: SignIn, accounts: Accounts) -> None:
    secret = pyotp.random_base32()
    await accounts.change("Ana", lambda now: now.with_secret(secret).confirming())
    codes = pyotp.TOTP(secret)
    now = codes.at(int(NOW))
    for code in ("", "123", codes.at(int(NOW) - 3 * PERIOD)):
        with pytest.raises(CodeRequired):
            await enter(sign_in, "Ana", GOOD, code)
    with pytest.raises(Unauthorised, match="name or the password"):
        await enter(sign_in, "Ana", "seven grey geese", now)
    twice = await asyncio.gather(
        *(enter(sign_in, "Ana", GOOD, now) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(one, CodeRequired) for one in twice) == [False, True]
    with pytest.raises(CodeRequired, match="used already"):
        await enter(sign_in, "Ana", GOOD, codes.at(int(NOW) - PERIOD))  # older than that one


async def test_attempts_from_one_address_are_bounded_and_leave_others_alone(
    sign_in: SignIn, accounts: Accounts
) -> None:
    for _ in range(int(FROM_ADDRESS.burst)):
        with pytest.raises(Unauthorised):
            await enter(sign_in, "Ana", "seven grey geese")
    for name in ("Ana", "ANA "):
        with pytest.raises(TooMany):
            await enter(sign_in, name, GOOD)
    with pytest.raises(TooMany):  # a session is no way around it
        await sign_in.proves(await accounts.get("Ana"), GOOD, "192.0.2.1")
    assert (await enter(sign_in, "Ana", GOOD, client="192.0.2.2")).name == "Ana"
    with pytest.raises(Unauthorised):
        await enter(sign_in, "Ben", GOOD)


class _Slow(CheapHashing):
    """Answers when it is let; notes the passwords in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.let = asyncio.Event()

    async def verify(self, kept: str | None, password: str) -> bool:
        self.asked.append(password)
        await self.let.wait()
        return await super().verify(kept, password)


async def test_an_editor_at_a_known_address_does_not_wait_for_those_who_guess(
    accounts: Accounts,
) -> None:
    hashing = _Slow()
    passwords = Passwords(hashing)
    sign_in = SignIn(accounts, passwords, lambda: NOW)
    hashing.let.set()
    ana = await enter(sign_in, "Ana", GOOD)
    hashing.let.clear()
    guesses = [
        asyncio.create_task(enter(sign_in, "Ben", f"guess {number}", client=f"192.0.2.{number}"))
        for number in range(20, 28)
    ]
    await wait_until(lambda: len(hashing.asked), (2).__eq__)
    known = [
        asyncio.create_task(enter(sign_in, "Ana", GOOD)),
        asyncio.create_task(sign_in.proves(ana, f"{GOOD}?", "192.0.2.9")),
    ]
    await wait_until(lambda: passwords.waiting, (9).__eq__)
    hashing.let.set()
    await asyncio.gather(*guesses, *known, return_exceptions=True)
    assert set(hashing.asked[2:4]) == {GOOD, f"{GOOD}?"}
    assert len(hashing.asked) == 11


async def test_guessing_the_password_of_a_session_uses_up_the_same_attempts(
    sign_in: SignIn, accounts: Accounts
) -> None:
    ana = await accounts.get("Ana")
    assert await sign_in.proves(ana, GOOD, "192.0.2.1")
    for _ in range(int(FROM_ADDRESS.burst) - 1):
        assert not await sign_in.proves(ana, "seven grey geese", "192.0.2.1")
    with pytest.raises(TooMany):
        await sign_in.proves(ana, GOOD, "192.0.2.1")


async def test_wrong_codes_are_bounded_wherever_they_come_from(
    sign_in: SignIn, accounts: Accounts
) -> None:
    secret = pyotp.random_base32()
    ana = await accounts.change("Ana", lambda now: now.with_secret(secret).confirming())
    for _ in range(int(CODES.burst)):
        with pytest.raises(CodeRequired):
            await sign_in.with_code(ana, "no code")
    with pytest.raises(TooMany):
        await enter(sign_in, "Ana", GOOD, pyotp.TOTP(secret).at(int(NOW)), "192.0.2.9")
