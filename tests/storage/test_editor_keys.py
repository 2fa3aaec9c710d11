"""Editor keys: shown once, kept as digests, gone when revoked."""

from __future__ import annotations

import re

import pytest

from ticker.domain.errors import NotFound
from ticker.storage import editor_keys
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_a_key_is_known_by_its_secret_alone(redis: Redis, keys: Keys) -> None:
    secret, made = await editor_keys.create(redis, keys, " Night desk ")
    assert re.fullmatch(r"tk_[A-Za-z0-9_-]{32}", secret)
    assert await editor_keys.verify(redis, keys, secret) == "Night desk"
    assert await editor_keys.Editors(redis, keys).verify(secret) == "Night desk"
    for wrong in (
        "",
        made.id,
        secret[:-1],
        secret + "x",
        editor_keys.new_secret(),
        "tk_" + "é" * 32,
    ):
        assert await editor_keys.verify(redis, keys, wrong) is None
    kept = await redis.hgetall(keys.editors)  # type: ignore[misc]
    assert secret.encode() not in b"".join([*kept, *kept.values()])


async def test_ensure_key_is_idempotent(redis: Redis, keys: Keys) -> None:
    secret = editor_keys.new_secret()
    first = await editor_keys.ensure_key(redis, keys, secret, "desk")
    assert await editor_keys.ensure_key(redis, keys, secret, "other name") == first
    assert await editor_keys.listing(redis, keys) == [first]
    for bad_secret, name in (("tk_short", "desk"), (secret, " "), (secret, "n" * 65)):
        with pytest.raises(ValueError, match="editor"):
            await editor_keys.ensure_key(redis, keys, bad_secret, name)


async def test_a_revoked_key_is_refused_at_once(redis: Redis, keys: Keys) -> None:
    secrets = [await editor_keys.create(redis, keys, f"desk {n}") for n in range(3)]
    listed = await editor_keys.listing(redis, keys)
    assert sorted(key.name for key in listed) == ["desk 0", "desk 1", "desk 2"]
    secret, made = secrets[1]
    assert await editor_keys.revoke(redis, keys, made.id) == made
    assert await editor_keys.verify(redis, keys, secret) is None
    assert await editor_keys.verify(redis, keys, secrets[0][0]) == "desk 0"
    for id in (made.id, "", "*"):
        with pytest.raises(NotFound):
            await editor_keys.revoke(redis, keys, id)
    assert len(await editor_keys.listing(redis, keys)) == 2
