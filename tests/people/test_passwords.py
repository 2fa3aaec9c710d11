"""Passwords: what is accepted, and that one is checked at a time."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.cheap_hashing import CheapHashing
from ticker.people.passwords import PASSWORD_MAX, Passwords, password_problem

GOOD = "seven grey herons"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        (GOOD, None),
        ("كلمة مرور طويلة", None),
        ("x" * 8 + "abcde"[:3], "at least 12"),
        ("ab" * 8, "too easy"),
        ("a1b2c3d4" * 33, "at most 256"),
        ("my name is Ana K", "name of the account"),
    ],
)
def test_which_passwords_are_accepted(password: str, problem: str | None) -> None:
    found = password_problem(password, "ana k")
    assert found is problem is None or (found is not None and problem is not None)
    assert problem is None or problem in (found or "")


async def test_a_password_beyond_the_bound_is_not_hashed() -> None:
    passwords = Passwords(_Refusing())
    assert not await passwords.verify(None, "x" * (PASSWORD_MAX + 1), "192.0.2.1", known=True)
    with pytest.raises(AssertionError, match="asked"):
        await passwords.verify(None, "x" * PASSWORD_MAX, "192.0.2.1", known=True)


class _Refusing(CheapHashing):
    async def verify(self, kept: str | None, password: str) -> bool:
        raise AssertionError("asked")


class _Counting(CheapHashing):
    """Counts how many hash at once."""

    now = most = 0

    async def verify(self, kept: str | None, password: str) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            return await super().verify(kept, password)
        finally:
            self.now -= 1


async def test_passwords_are_checked_one_by_one() -> None:
    hashing = _Counting()
    passwords = Passwords(hashing)
    kept = await passwords.hash(GOOD)
    tries = (passwords.verify(kept, GOOD, f"192.0.2.{n}", known=n % 2 == 0) for n in range(8))
    assert await asyncio.gather(*tries) == [True] * 8
    assert hashing.most == 1
    assert passwords.waiting == 0
