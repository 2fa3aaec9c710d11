"""Sessions: what a browser holds after its user has signed in, for one shift.

A session refers to an account or to an editor key, and gives what that one gives at the moment: a
key that is revoked, a role that changes, or a new password counts in every session at once (within
the seconds for which a process remembers a result). Redis keeps SHA-256 digests only.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import orjson

from ticker.domain.editor import Editor
from ticker.people.account import Account, read_account
from ticker.storage.connection import Redis, translate
from ticker.storage.editor_keys import Editors, digest_of
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

LIFETIME = 12 * 3_600
"""Seconds of a session: the longest shift. After that, its user signs in again."""
ID_DIGITS = 12

SECRET = re.compile(r"ts_[A-Za-z0-9_-]{32}", re.ASCII)
"""A session's secret, which the browser sends as a cookie."""


class Sessions:
    """The newsroom's sessions. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, editor_keys: Editors) -> None:
        self._redis = redis
        self._keys = keys
        self._editor_keys = editor_keys

    async def open_for_account(self, account: Account) -> str:
        """Begin a session of ``account``; return its secret."""
        return await self._open({"account": account.id, "generation": account.generation})

    async def open_for_key(self, key: str) -> str:
        """Begin a session of the holder of the editor key ``key``; return its secret.

        The caller has checked the key. The session keeps its digest, as Redis keeps the key's.
        """
        return await self._open({"key": digest_of(key)})

    async def verify(self, secret: str) -> Editor | None:
        """Return who is signed in with ``secret``, or None."""
        if SECRET.fullmatch(secret) is None:
            return None
        digest = _digest(secret)
        with translate():
            record = await command(self._redis, "GET", self._keys.session(digest))
        if record is None:
            return None
        kept = orjson.loads(record)
        if "key" in kept:
            return await self._editor_keys.verify_digest(kept["key"])
        with translate():
            found = await command(self._redis, "HGET", self._keys.accounts, kept["account"])
        if found is None:
            return None
        account = read_account(found)
        if account.disabled or account.generation != kept["generation"]:
            return None
        return account.editor(session_id(secret))

    async def close(self, secret: str) -> None:
        """End the session; one that has ended already stays so."""
        if SECRET.fullmatch(secret) is not None:
            with translate():
                await command(self._redis, "DEL", self._keys.session(_digest(secret)))

    async def _open(self, record: dict[str, object]) -> str:
        secret = "ts_" + secrets.token_urlsafe(24)
        key = self._keys.session(_digest(secret))
        with translate():
            await command(self._redis, "SET", key, orjson.dumps(record), "EX", LIFETIME)
        return secret


def session_id(secret: str) -> str:
    """Return what names the session in the audit. It cannot be used as the session."""
    return _digest(secret)[:ID_DIGITS]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
