"""Editor keys. Redis keeps SHA-256 digests only; a key is shown once, when it is made."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass

import orjson

from ticker.domain.clock import rfc3339
from ticker.domain.errors import NotFound
from ticker.domain.text import optional
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

_SECRET = re.compile(r"tk_[A-Za-z0-9_-]{32}", re.ASCII)
NAME_MAX = 64


@dataclass(frozen=True, slots=True)
class EditorKey:
    """The holder of a key. ``id`` names the key in listings; it cannot be used as the key."""

    id: str
    name: str
    created_at: str


class Editors:
    """Verifies keys for the API."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def verify(self, secret: str) -> str | None:
        """Return the name of the editor with the key ``secret``, or None. Raises Unavailable."""
        return await verify(self._redis, self._keys, secret)


def new_secret() -> str:
    """Return a fresh key: ``tk_`` and 32 URL-safe characters, 192 bits."""
    return "tk_" + secrets.token_urlsafe(24)


async def create(redis: Redis, keys: Keys, name: str) -> tuple[str, EditorKey]:
    """Make a key for editor ``name``; return it, for the only time, and what is listed of it."""
    secret = new_secret()
    return secret, await ensure_key(redis, keys, secret, name)


async def ensure_key(redis: Redis, keys: Keys, secret: str, name: str) -> EditorKey:
    """Make ``secret`` valid for ``name`` unless it is valid already; return what is listed of it.

    Raises ValueError for a secret or a name of the wrong shape.
    """
    if _SECRET.fullmatch(secret) is None:
        raise ValueError("an editor key is tk_ and 32 of A-Z a-z 0-9 _ -")
    try:
        name = optional(name, NAME_MAX).strip()
    except ValueError as error:
        raise ValueError(f"an editor's name {error}") from None
    if not name:
        raise ValueError(f"an editor's name has 1 to {NAME_MAX} characters")
    digest = _digest(secret)
    value = orjson.dumps({"name": name, "created_at": rfc3339(time.time_ns() // 1_000_000)})
    with translate():
        await command(redis, "HSETNX", keys.editors, digest, value)
        kept = await command(redis, "HGET", keys.editors, digest)
    return _read(digest, kept or value)


async def verify(redis: Redis, keys: Keys, secret: str) -> str | None:
    """Return the name of the editor with the key ``secret``, or None. Raises Unavailable."""
    if _SECRET.fullmatch(secret) is None:
        return None
    digest = _digest(secret)
    with translate():
        value = await command(redis, "HGET", keys.editors, digest)
    return None if value is None else _read(digest, value).name


async def listing(redis: Redis, keys: Keys) -> list[EditorKey]:
    """Return all keys, oldest first."""
    with translate():
        reply = await command(redis, "HGETALL", keys.editors)
    found = [_read(digest.decode(), value) for digest, value in reply.items()]
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
            return key
    raise NotFound(f"there is no key {id}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(digest: str, value: bytes) -> EditorKey:
    data = orjson.loads(value)
    return EditorKey(digest[:12], data["name"], data["created_at"])
