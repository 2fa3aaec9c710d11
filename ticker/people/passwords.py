"""Passwords: which are accepted, and how they are kept.

They are kept as Argon2id hashes (RFC 9106, section 4, the second recommended set of parameters).
What is accepted follows NIST SP 800-63B-4, section 3.1.1: length counts, and no rules about kinds
of characters.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from ticker.domain.errors import Unavailable
from ticker.domain.messages import Message, said

P = ParamSpec("P")
T = TypeVar("T")

PASSWORD_MIN = 12
PASSWORD_MAX = 256
"""Characters of a password. A longer one is refused before it is hashed."""
DISTINCT_MIN = 5
"""Different characters that a password has at least."""
NICE = 5
"""Niceness of what hashes: a sign-in may wait, readers and editors may not."""
WAITING_MAX = 16
"""Sign-ins under way and waiting. Those beyond it get 503 and may try again."""


def password_problem(password: str, name: str) -> Message | None:
    """Return why ``password`` is not accepted for the account ``name``, or None."""
    if len(password) < PASSWORD_MIN:
        return said("too-short", least=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        return said("too-long", most=PASSWORD_MAX)
    if len(set(password)) < DISTINCT_MIN:
        return said("password-simple")
    if name.casefold() in password.casefold():
        return said("password-name")
    return None


class Passwords:
    """Hashes passwords one by one in a thread, so that signing in holds nobody else up.

    A hash takes 64 MiB and the time of up to four cores, a fifth of a second in all.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """``hasher`` has parameters of its own, for tests."""
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._thread = ThreadPoolExecutor(1, "passwords", initializer=_come_last)
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of ``password`` with its parameters. Raises Unavailable."""
        return await self._in_turn(self._hasher.hash, _normal(password))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one whose hash is ``kept``. Raises Unavailable.

        Without ``kept`` (there is no such account) it takes as long, and is False.
        """
        if len(password) > PASSWORD_MAX:
            return False
        return await self._in_turn(self._verify, kept, _normal(password))

    def _verify(self, kept: str | None, password: str) -> bool:
        if kept is None:
            self._nobody = self._nobody or self._hasher.hash("an account that does not exist")
        try:
            self._hasher.verify(kept or self._nobody or "", password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    async def _in_turn(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        if self._waiting >= WAITING_MAX:
            raise Unavailable(said("sign-ins-at-once"), 2)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, partial(work, *arguments, **named))
        finally:
            self._waiting -= 1


def _come_last() -> None:
    """Let this thread, and those that a hash starts, have the cores after all others.

    On other systems than Linux, niceness is of whole processes. A sandbox may not permit the call.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(now, NICE))


def _normal(password: str) -> str:
    """Return the form in which keyboards of all systems agree (NFKC)."""
    return unicodedata.normalize("NFKC", password)
