"""Makes and compares the hashes of passwords, in the process that calls it.

They are Argon2id hashes (RFC 9106, section 4, the second recommended set of parameters).
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY


class PasswordHashes:
    """A hash takes 64 MiB and a fifth of a second of the cores."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """``hasher`` has parameters of its own, for tests."""
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """Return the hash of ``password`` with its parameters."""
        return self._hasher.hash(_normal(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one whose hash is ``kept``.

        Without ``kept`` (there is no such account) it takes as long, and is False.
        """
        if kept is None:
            self._nobody = self._nobody or self._hasher.hash("an account that does not exist")
        try:
            self._hasher.verify(kept or self._nobody or "", _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


def _normal(password: str) -> str:
    """Return the form in which keyboards of all systems agree (NFKC)."""
    return unicodedata.normalize("NFKC", password)
