"""Bearer keys. A key is looked up by its SHA-256, so no comparison leaks how much of it was right.

The answer is kept for ``TTL`` seconds, right keys and wrong ones apart: a publish costs no second
round trip, a client that repeats a wrong key costs nothing, and a flood of wrong ones cannot push
the right ones out. **A revoked key stops working within ``TTL`` seconds.**
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from starlette.requests import Request

from ticker.domain.errors import Unauthorised

TTL = 5.0
KNOWN_MAX = 1_024
WRONG_MAX = 4_096

_KEY = re.compile(r"tk_[A-Za-z0-9_-]{32}")


class EditorKeys(Protocol):
    """The store of editor keys."""

    async def verify(self, secret: str) -> str | None:
        """Return the name of the editor whose key is ``secret``, or None. Raises Unavailable."""


class _Recent:
    """Values by digest for ``TTL`` seconds, at most ``size``; the oldest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, tuple[str | None, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: bytes, now: float) -> tuple[str | None, float] | None:
        entry = self._entries.get(digest)
        if entry is not None and now >= entry[1]:
            del self._entries[digest]
            return None
        return entry

    def put(self, digest: bytes, name: str | None, now: float) -> None:
        self._entries[digest] = (name, now + TTL)
        self._entries.move_to_end(digest)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


class Auth:
    """Turns a request into the name of its editor."""

    def __init__(
        self, editor_keys: EditorKeys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._editor_keys = editor_keys
        self._clock = clock
        self._known = _Recent(KNOWN_MAX)
        self._wrong = _Recent(WRONG_MAX)

    def __len__(self) -> int:
        """Return how many answers are kept."""
        return len(self._known) + len(self._wrong)

    async def editor(self, request: Request) -> str:
        """Return the editor's name. Raises Unauthorised, or Unavailable if it cannot be known."""
        header = request.headers.get("authorization")
        if header is None:
            raise Unauthorised("send an editor key as Authorization: Bearer tk_…")
        scheme, _, secret = header.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or _KEY.fullmatch(secret) is None:
            raise Unauthorised("not an editor key; it looks like Bearer tk_ and 32 characters")
        name = await self._verify(secret)
        if name is None:
            raise Unauthorised("this key is not known here, or no longer")
        return name

    async def _verify(self, secret: str) -> str | None:
        digest = sha256(secret.encode()).digest()
        now = self._clock()
        for recent in (self._known, self._wrong):
            entry = recent.get(digest, now)
            if entry is not None:
                return entry[0]
        # A TTL from before the question: revoked during the answer is still revoked in time.
        name = await self._editor_keys.verify(secret)
        (self._wrong if name is None else self._known).put(digest, name, now)
        return name
