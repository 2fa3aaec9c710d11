"""Passwords: which are accepted, and their hashing by turns in a process of its own.

What is accepted follows NIST SP 800-63B-4, section 3.1.1: length counts, and no rules about kinds
of characters.
"""

from __future__ import annotations

from typing import Protocol

from ticker.domain.messages import Message, said
from ticker.people.password_hashing import PasswordHashing
from ticker.people.password_turns import PasswordTurns

PASSWORD_MIN = 12
PASSWORD_MAX = 256
"""Characters of a password. A longer one is refused before it is hashed."""
DISTINCT_MIN = 5
"""Different characters that a password has at least."""


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


class Hashing(Protocol):
    """Makes and compares hashes; ``PasswordHashing`` does it in a process of its own."""

    async def hash(self, password: str) -> str:
        """Return the hash of ``password`` with its parameters. Raises Unavailable."""

    async def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one whose hash is ``kept``. Raises Unavailable."""

    async def close(self) -> None:
        """Stop what hashes."""


class Passwords:
    """Hashes passwords one by one, so that signing in holds nobody else up."""

    def __init__(self, hashing: Hashing | None = None) -> None:
        """``hashing`` is cheaper, for tests."""
        self._hashing = hashing or PasswordHashing()
        self._turns = PasswordTurns()

    @property
    def waiting(self) -> int:
        """The passwords that wait for their turn."""
        return len(self._turns)

    async def hash(self, password: str) -> str:
        """Return the hash of ``password``, which somebody with a session has chosen.

        It has its parameters. Raises Unavailable.
        """
        async with self._turns.turn("", known=True):
            return await self._hashing.hash(password)

    async def verify(self, kept: str | None, password: str, client: str, *, known: bool) -> bool:
        """Tell whether ``password``, sent from ``client``, is the one whose hash is ``kept``.

        ``known`` people do not wait for others. Without ``kept`` (there is no such account) it
        takes as long, and is False. Raises Unavailable.
        """
        if len(password) > PASSWORD_MAX:
            return False
        async with self._turns.turn(client, known=known):
            return await self._hashing.verify(kept, password)

    async def close(self) -> None:
        """Stop what hashes."""
        await self._hashing.close()
