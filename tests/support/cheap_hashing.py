"""Hashes passwords at once, with parameters that cost nothing."""

from __future__ import annotations

from argon2 import PasswordHasher

from ticker.people.password_hashes import PasswordHashes

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CheapHashing:
    """As ``PasswordHashing``, without a process."""

    def __init__(self) -> None:
        self._hashes = PasswordHashes(CHEAP)

    async def hash(self, password: str) -> str:
        return self._hashes.hash(password)

    async def verify(self, kept: str | None, password: str) -> bool:
        return self._hashes.verify(kept, password)

    async def close(self) -> None:
        pass
