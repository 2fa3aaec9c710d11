"""Sessions: what a browser holds after its user has signed in, for one shift.

A session refers to an account or to an editor key, and gives what that one gives at the moment: a
key that is revoked, a role that changes, or a new password counts in every session at once (within
the seconds for which a process remembers a result). Redis keeps SHA-256 digests only.

The sessions of one holder are indexed by when they end, so that the holder can see and end them.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from ticker.domain.clock import rfc3339
from ticker.domain.editor import Editor
from ticker.domain.errors import NotFound, Unavailable
from ticker.domain.messages import said
from ticker.people.account import Account, account_id, read_account
from ticker.storage.connection import Redis, translate
from ticker.storage.editor_keys import ID_DIGITS as KEY_DIGITS
from ticker.storage.editor_keys import Editors, digest_of
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

LIFETIME = 12 * 3_600
"""Seconds of a session: the longest shift. After that, its user signs in again."""
ID_DIGITS = 12
SESSIONS_MAX = 500
"""Sessions of one holder, as many people may share a key. One more ends the oldest."""
USED_EVERY = 60_000
"""Milliseconds between two notes that a session is in use."""
BROWSER_MAX = 200
"""Characters that are kept of a browser's ``User-Agent``."""

SECRET = re.compile(r"ts_[A-Za-z0-9_-]{32}", re.ASCII)
"""A session's secret, which the browser sends as a cookie."""


class Origin(NamedTuple):
    """The client that began a session: its address, and what its browser calls itself."""

    address: str = ""
    browser: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session without its secret. ``id`` is what the audit names it. Times are RFC 3339.

    ``used_at`` is when it was last used, to the minute.
    """

    id: str
    began_at: str
    used_at: str
    origin: Origin
    digest: str


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Sessions:
    """The newsroom's sessions. Methods raise Unavailable."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        editor_keys: Editors,
        clock: Callable[[], int] = _now_ms,
    ) -> None:
        """``clock`` returns milliseconds since 1970."""
        self._redis = redis
        self._keys = keys
        self._editor_keys = editor_keys
        self._clock = clock

    async def open_for_account(self, account: Account, origin: Origin = NOWHERE) -> str:
        """Begin a session of ``account``; return its secret."""
        return await self._open({"account": account.id, "generation": account.generation}, origin)

    async def open_for_key(self, key: str, origin: Origin = NOWHERE) -> str:
        """Begin a session of the holder of the editor key ``key``; return its secret.

        The caller has checked the key. The session keeps its digest, as Redis keeps the key's.
        """
        return await self._open({"key": digest_of(key)}, origin)

    async def verify(self, secret: str) -> Editor | None:
        """Return who is signed in with ``secret``, or None. Notes that the session is in use."""
        if SECRET.fullmatch(secret) is None:
            return None
        digest = session_digest(secret)
        kept = await self._kept(digest)
        if kept is None:
            return None
        if "key" in kept:
            holder = await self._editor_keys.verify_digest(kept["key"])
        else:
            account = await self._account(kept["account"])
            valid = account is not None and _lasts(kept, account)
            holder = account.editor(session_id(secret)) if account and valid else None
        if holder is not None:
            await self._note_use(digest, kept)
        return holder

    async def account_of(self, digest: str) -> Account | None:
        """Return the account that has signed in with the session of this digest, or None."""
        kept = await self._kept(digest)
        if kept is None or "key" in kept:
            return None
        account = await self._account(kept["account"])
        return account if account and _lasts(kept, account) else None

    async def prove(self, digest: str, until: float) -> bool:
        """Note that the session's person has proved who it is; tell whether there is a session.

        ``until`` is in seconds since 1970.
        """
        kept = await self._kept(digest)
        if kept is None:
            return False
        record = orjson.dumps(kept | {"proved": int(until * 1_000)})
        with translate():
            done = await command(
                *(self._redis, "SET", self._keys.session(digest), record, "XX", "KEEPTTL")
            )
        return done is not None

    async def proved_until(self, secret: str) -> int:
        """Return until when the session's person needs no other proof: milliseconds, or 0."""
        kept = await self._kept(session_digest(secret))
        until: int = 0 if kept is None else kept.get("proved", 0)
        return until if until > self._clock() else 0

    async def _kept(self, digest: str) -> dict[str, Any] | None:
        with translate():
            record = await command(self._redis, "GET", self._keys.session(digest))
        return None if record is None else orjson.loads(record)

    async def close(self, secret: str) -> None:
        """End the session; one that has ended already stays so."""
        if SECRET.fullmatch(secret) is not None:
            await self._end(session_digest(secret))

    async def listing(self, holder: Editor) -> list[OpenSession]:
        """Return the sessions of an account, or of a key: the newest first."""
        index = self._index(holder.name if holder.account else holder.key_id, holder.account)
        with translate():
            digests = await command(self._redis, "ZRANGE", index, 0, -1)
            if not digests:
                return []
            names = [self._keys.session(digest.decode()) for digest in digests]
            records = await command(self._redis, "MGET", *names)
        account = await self._account(account_id(holder.name)) if holder.account else None
        found = []
        for digest, record in zip(digests, records, strict=True):
            kept = None if record is None else orjson.loads(record)
            if kept is not None and (not holder.account or (account and _lasts(kept, account))):
                found.append(_shown(digest.decode(), kept))
        return sorted(found, key=lambda one: (one.began_at, one.id), reverse=True)

    async def end(self, holder: Editor, id: str) -> OpenSession:
        """End the session ``id`` of ``holder``; return it. Raises NotFound."""
        for one in await self.listing(holder):
            if one.id == id:
                await self._end(one.digest)
                return one
        raise NotFound(said("no-such-session"))

    async def end_others(self, holder: Editor, secret: str) -> list[OpenSession]:
        """End all sessions of ``holder`` but that of ``secret``; return them."""
        own = session_digest(secret)
        others = [one for one in await self.listing(holder) if one.digest != own]
        for one in others:
            await self._end(one.digest)
        return others

    async def _account(self, id: str) -> Account | None:
        with translate():
            found = await command(self._redis, "HGET", self._keys.accounts, id)
        return None if found is None else read_account(found)

    async def _open(self, holder: dict[str, Any], origin: Origin) -> str:
        secret = "ts_" + secrets.token_urlsafe(24)
        digest = session_digest(secret)
        now = self._clock()
        browser = "".join(filter(str.isprintable, origin.browser))[:BROWSER_MAX]
        record = holder | {"began": now, "used": now, "from": [origin.address, browser]}
        index = self._index_of(holder)
        with translate():
            # The index first: a session that is not in it could not be seen.
            await command(self._redis, "ZADD", index, now + LIFETIME * 1_000, digest)
            await command(self._redis, "PEXPIRE", index, LIFETIME * 1000)
            await command(
                *(self._redis, "SET", self._keys.session(digest), orjson.dumps(record)),
                *("EX", LIFETIME),
            )
            await command(self._redis, "ZREMRANGEBYSCORE", index, "-inf", now)
            oldest = await command(self._redis, "ZRANGE", index, 0, -SESSIONS_MAX - 1)
        for one in oldest:
            await self._end(one.decode(), index)
        return secret

    async def _end(self, digest: str, index: str = "") -> None:
        """End a session. Its place in ``index`` goes too, whether or not there is a record."""
        with translate():
            record = await command(self._redis, "GETDEL", self._keys.session(digest))
            if record is not None:
                index = self._index_of(orjson.loads(record))
            if index:
                await command(self._redis, "ZREM", index, digest)

    async def _note_use(self, digest: str, kept: dict[str, Any]) -> None:
        now = self._clock()
        if now - kept.get("used", 0) < USED_EVERY:
            return
        record = orjson.dumps(kept | {"used": now})
        with contextlib.suppress(Unavailable), translate():  # the session is valid all the same
            # XX: one that has been ended meanwhile stays so.
            await command(self._redis, "SET", self._keys.session(digest), record, "XX", "KEEPTTL")

    def _index_of(self, kept: dict[str, Any]) -> str:
        if "key" in kept:
            return self._index(kept["key"][:KEY_DIGITS], account=False)
        return self._index(kept["account"], account=True)

    def _index(self, holder: str, account: bool) -> str:
        return self._keys.sessions_of(f"account {account_id(holder)}" if account else holder)


def session_id(secret: str) -> str:
    """Return what names the session in the audit. It cannot be used as the session."""
    return session_digest(secret)[:ID_DIGITS]


def _lasts(kept: dict[str, Any], account: Account) -> bool:
    return not account.disabled and account.generation == kept["generation"]


def _shown(digest: str, kept: dict[str, Any]) -> OpenSession:
    began, used = rfc3339(kept["began"]), rfc3339(kept["used"])
    return OpenSession(digest[:ID_DIGITS], began, used, Origin(*kept["from"]), digest)


def session_digest(secret: str) -> str:
    """Return by what the session is kept. It cannot be used as the session."""
    return hashlib.sha256(secret.encode()).hexdigest()
