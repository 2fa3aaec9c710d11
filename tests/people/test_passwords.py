"""Passwords: what is accepted, and how many are hashed at once."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest
from argon2 import PasswordHasher

from ticker.domain.errors import Unavailable
from ticker.people.passwords import NICE, WAITING_MAX, Passwords, password_problem

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
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


async def test_a_hash_fits_its_password_in_whatever_form_it_is_typed() -> None:
    passwords = Passwords(CHEAP)
    kept = await passwords.hash("contraseña segura")
    assert kept.startswith("$argon2id$")
    assert "segura" not in kept
    assert await passwords.verify(kept, "contrasen\N{COMBINING TILDE}a segura")
    assert not await passwords.verify(kept, "contrasena segura")


async def test_what_a_newsroom_keeps_has_the_parameters_of_the_standard() -> None:
    kept = await Passwords().hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await Passwords().verify(kept, GOOD)


async def test_an_account_that_does_not_exist_costs_a_hash_too() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(None, GOOD)
    assert not await passwords.verify(None, "an account that does not exist")
    assert not await passwords.verify("no hash at all", GOOD)


async def test_sign_ins_beyond_the_bound_are_told_to_wait() -> None:
    passwords = Passwords(CHEAP)
    tries = [passwords.verify(None, GOOD) for _ in range(WAITING_MAX + 3)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in found) == 3
    assert found.count(False) == WAITING_MAX
    assert await passwords.verify(None, GOOD) is False


class _Watched(PasswordHasher):
    """Notes how many hash at once, and with which niceness."""

    now = most = 0
    niceness: set[int]

    def verify(self, *arguments: object) -> bool:  # type: ignore[override]
        self.now += 1
        self.most = max(self.most, self.now)
        self.niceness.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        try:
            return super().verify(*arguments)  # type: ignore[arg-type]
        finally:
            self.now -= 1


async def test_passwords_are_checked_one_by_one_and_after_everything_else() -> None:
    """Each takes 64 MiB and all cores: a flood of them delayed readers five times."""
    hasher = _Watched(time_cost=1, memory_cost=8, parallelism=1)
    hasher.niceness = set()
    passwords, before = Passwords(hasher), os.getpriority(os.PRIO_PROCESS, 0)
    kept = await passwords.hash(GOOD)
    assert await asyncio.gather(*(passwords.verify(kept, GOOD) for _ in range(8))) == [True] * 8
    assert hasher.most == 1
    assert hasher.niceness == {max(before, NICE) if sys.platform == "linux" else before}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
