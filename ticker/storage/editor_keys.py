"""Editor keys. Redis keeps SHA-256 digests only; a key is shown once, when it is made.

A key has a role, and may be limited to editions and to a time. A key from before there were roles
is a chief's. When a key was last used is noted once a minute.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.editor import ROLES, Editor, Role
from ticker.domain.errors import NotFound, Unavailable
from ticker.domain.messages import said
from ticker.domain.text import optional
from ticker.domain.wire_author import check_name
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

_SECRET = re.compile(r"tk_[A-Za-z0-9_-]{32}", re.ASCII)
NAME_MAX = 64
ID_DIGITS = 12
USED_EVERY = 60_000
"""Milliseconds between two notes that a key is in use."""
KEYS_MAX = 1_000
"""Keys of a newsroom, those that have expired too. The next one is refused: revoke some first."""


@dataclass(frozen=True, slots=True)
class EditorKey:
    """A key without its secret. ``id`` names it in listings; it cannot be used as the key.

    Times are RFC 3339. ``editions`` is empty if the key is for all of them. ``used_at`` is when it
    was last used, to the minute; None is never.
    """

    id: str
    name: str
    created_at: str
    role: Role = "chief"
    editions: tuple[str, ...] = ()
    expires_at: str | None = None
    created_by: str | None = None
    used_at: str | None = None

    @property
    def editor(self) -> Editor:
        """The holder and what the key permits."""
        editions = frozenset(self.editions) or None
        return Editor(
            *(self.name, self.role, editions, self.id),
            given_at=self.created_at,
            given_by=() if self.created_by is None else (self.created_by,),
            made_by=self.created_by,
        )

    def expired(self, now_ms: int) -> bool:
        """Tell whether its time has ended."""
        return self.expires_at is not None and parse_ms(self.expires_at) <= now_ms


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Editors:
    """Verifies keys for the API, and manages them."""

    def __init__(self, redis: Redis, keys: Keys, clock: Callable[[], int] = _now_ms) -> None:
        """``clock`` returns milliseconds since 1970."""
        self._redis = redis
        self._keys = keys
        self._clock = clock
        self._used: dict[str, int] = {}

    async def verify(self, secret: str) -> Editor | None:
        """Return the editor with the key ``secret``, or None. Raises Unavailable.

        An expired key is unknown. Notes that the key is in use.
        """
        return await self.verify_digest(digest_of(secret)) if is_secret(secret) else None

    async def verify_digest(self, digest: str) -> Editor | None:
        """Return the editor with the key of this digest, as ``verify`` does."""
        found = await self._valid(digest)
        if found is None:
            return None
        now = self._clock()
        if now - self._used.get(found.id, 0) >= USED_EVERY:
            if len(self._used) >= KEYS_MAX:
                self._used.clear()
            self._used[found.id] = now
            with contextlib.suppress(Unavailable), translate():  # the key is valid all the same
                await command(self._redis, "HSET", self._keys.editors_used, found.id, now)
        return found.editor

    async def known(self, secret: str) -> bool:
        """Tell whether ``secret`` is a valid key, and change nothing. Raises Unavailable."""
        return await self.find(secret) is not None

    async def find(self, secret: str) -> EditorKey | None:
        """Return the key ``secret`` as it is listed; None if it is unknown or has expired."""
        return await self._valid(digest_of(secret)) if is_secret(secret) else None

    async def _valid(self, digest: str) -> EditorKey | None:
        found = await _find(self._redis, self._keys, digest)
        return None if found is None or found.expired(self._clock()) else found

    async def create(
        self,
        name: str,
        *,
        role: Role,
        editions: Sequence[str],
        expires_ms: int | None,
        by: str,
    ) -> tuple[str, EditorKey]:
        """Make a key as ``create`` does, with the name of the editor who makes it."""
        return await create(
            self._redis,
            self._keys,
            name,
            role=role,
            editions=editions,
            expires_ms=expires_ms,
            by=by,
        )

    async def listing(self) -> list[EditorKey]:
        """Return all keys, oldest first."""
        return await listing(self._redis, self._keys)

    async def revoke(self, id: str) -> EditorKey:
        """Make the key ``id`` invalid at once; return it. Raises NotFound."""
        return await revoke(self._redis, self._keys, id)


def new_secret() -> str:
    """Return a fresh key: ``tk_`` and 32 URL-safe characters, 192 bits."""
    return "tk_" + secrets.token_urlsafe(24)


async def create(
    redis: Redis,
    keys: Keys,
    name: str,
    *,
    role: Role = "chief",
    editions: Sequence[str] = (),
    expires_ms: int | None = None,
    by: str | None = None,
) -> tuple[str, EditorKey]:
    """Make a key for editor ``name``; return it, for the only time, and what is listed of it.

    Raises ValueError for a name, role or time of the wrong shape, and when there are ``KEYS_MAX``.
    """
    secret = new_secret()
    made = _new(secret, name, role, editions, expires_ms, by)
    with translate():
        if await command(redis, "HLEN", keys.editors) >= KEYS_MAX:
            raise ValueError(said("keys-full", most=KEYS_MAX))
        await command(redis, "HSET", keys.editors, digest_of(secret), _kept(made))
    return secret, made


async def ensure_key(redis: Redis, keys: Keys, secret: str, name: str) -> EditorKey:
    """Make ``secret`` valid for chief ``name`` unless it is valid; return what is listed of it.

    Raises ValueError for a secret or a name of the wrong shape.
    """
    if not is_secret(secret):
        raise ValueError("an editor key is tk_ and 32 of A-Z a-z 0-9 _ -")
    made = _new(secret, name, "chief", (), None, None)
    digest = digest_of(secret)
    with translate():
        await command(redis, "HSETNX", keys.editors, digest, _kept(made))
        kept = await command(redis, "HGET", keys.editors, digest)
    return made if kept is None else _read(digest, kept)


async def verify(redis: Redis, keys: Keys, secret: str) -> Editor | None:
    """Return the editor with the key ``secret``, or None. Raises Unavailable."""
    found = await _find(redis, keys, digest_of(secret)) if is_secret(secret) else None
    return None if found is None or found.expired(_now_ms()) else found.editor


async def listing(redis: Redis, keys: Keys) -> list[EditorKey]:
    """Return all keys, oldest first, those that have expired too."""
    with translate():
        reply = await command(redis, "HGETALL", keys.editors)
        used = await command(redis, "HGETALL", keys.editors_used)
    found = [
        _read(digest.decode(), value, used.get(digest[:ID_DIGITS]))
        for digest, value in reply.items()
    ]
    return sorted(found, key=lambda key: (key.created_at, key.id))


async def revoke(redis: Redis, keys: Keys, id: str) -> EditorKey:
    """Make the key ``id`` (as listed) invalid at once; return it. Raises NotFound."""
    for key in await listing(redis, keys):
        if key.id == id:
            with translate():
                reply = await command(redis, "HKEYS", keys.editors)
                for digest in reply:
                    if digest.decode().startswith(id):
                        await command(redis, "HDEL", keys.editors, digest)
                await command(redis, "HDEL", keys.editors_used, id)
            return key
    raise NotFound(said("no-such-key", id=id))


async def _find(redis: Redis, keys: Keys, digest: str) -> EditorKey | None:
    with translate():
        value = await command(redis, "HGET", keys.editors, digest)
    return None if value is None else _read(digest, value)


def _new(
    secret: str,
    name: str,
    role: Role,
    editions: Sequence[str],
    expires_ms: int | None,
    by: str | None,
) -> EditorKey:
    try:
        name = optional(name, NAME_MAX).strip()
    except ValueError as error:
        raise ValueError(f"an editor's name {error}") from None
    if not name:
        raise ValueError(said("editor-name", most=NAME_MAX))
    check_name(name)
    now = _now_ms()
    if expires_ms is not None and expires_ms <= now:
        raise ValueError(said("key-expired"))
    return EditorKey(
        digest_of(secret)[:ID_DIGITS],
        name,
        rfc3339(now),
        role,
        tuple(sorted(set(editions))),
        None if expires_ms is None else rfc3339(expires_ms),
        by,
    )


def target_of(key: EditorKey) -> str:
    """Return what the audit names a key."""
    return f"/v1/keys/{key.id}"


def changes(before: EditorKey | None, after: EditorKey | None) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a key that was made or revoked, before and after, for the audit."""
    old, new = _listed(before), _listed(after)
    return {name: (old[name], new[name]) for name in new if old[name] != new[name]}


def _listed(key: EditorKey | None) -> dict[str, Any]:
    if key is None:
        return dict.fromkeys(("name", "role", "editions", "expires_at"))
    return {
        "name": key.name,
        "role": key.role,
        "editions": list(key.editions),
        "expires_at": key.expires_at,
    }


def is_secret(text: str) -> bool:
    """Tell whether ``text`` has the shape of a key."""
    return _SECRET.fullmatch(text) is not None


def digest_of(secret: str) -> str:
    """Return the digest under which Redis keeps the key ``secret``."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _kept(key: EditorKey) -> bytes:
    return orjson.dumps(
        {
            "name": key.name,
            "created_at": key.created_at,
            "role": key.role,
            "editions": key.editions,
            "expires_at": key.expires_at,
            "created_by": key.created_by,
        }
    )


def _read(digest: str, value: bytes, used: bytes | None = None) -> EditorKey:
    data = orjson.loads(value)
    role = data.get("role", "chief")
    return EditorKey(
        digest[:ID_DIGITS],
        data["name"],
        data["created_at"],
        # A role that only a newer version knows permits the least here.
        cast("Role", role) if role in ROLES else "reporter",
        tuple(data.get("editions") or ()),
        data.get("expires_at"),
        data.get("created_by"),
        None if used is None else rfc3339(int(used)),
    )
