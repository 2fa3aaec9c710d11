"""Editor keys: shown once, kept as digests, gone when revoked."""

from __future__ import annotations

import hashlib
import re
import time

import pytest

from ticker.domain.clock import rfc3339
from ticker.domain.editor import Editor
from ticker.domain.errors import NotFound
from ticker.storage import editor_keys
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_a_key_is_known_by_its_secret_alone(redis: Redis, keys: Keys) -> None:
    secret, made = await editor_keys.create(redis, keys, " Night desk ")
    assert re.fullmatch(r"tk_[A-Za-z0-9_-]{32}", secret)
    expected = Editor("Night desk", "chief", None, made.id, given_at=made.created_at)
    assert await editor_keys.verify(redis, keys, secret) == expected
    assert await editor_keys.Editors(redis, keys).verify(secret) == expected
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


async def test_a_key_has_a_role_editions_an_end_and_a_last_use(redis: Redis, keys: Keys) -> None:
    now = time.time_ns() // 1_000_000
    secret, made = await editor_keys.create(
        redis, keys, "Ana", role="editor", editions=["es", "ar", "es"], expires_ms=now + 60_000
    )
    clock = [now]
    editors = editor_keys.Editors(redis, keys, lambda: clock[0])
    limits = frozenset({"ar", "es"})
    expected = Editor("Ana", "editor", limits, made.id, given_at=made.created_at)
    for clock[0] in (now, now + 1_000, now + 59_999):
        assert await editors.verify(secret) == expected
    [listed] = await editor_keys.listing(redis, keys)
    assert listed.used_at == rfc3339(now), "noted once a minute"
    clock[0] = now + 60_000
    assert await editors.verify(secret) is None
    await editor_keys.revoke(redis, keys, made.id)
    assert await redis.exists(keys.editors, keys.editors_used) == 0


async def test_keys_from_before_and_after_this_version(redis: Redis, keys: Keys) -> None:
    old, new = editor_keys.new_secret(), editor_keys.new_secret()
    value = '{"name": "desk", "created_at": "2026-01-01T00:00:00.000Z"%s}'
    for secret, more in ((old, ""), (new, ', "role": "owner", "more": 1')):
        digest = hashlib.sha256(secret.encode()).hexdigest()
        await redis.hset(keys.editors, digest, value % more)  # type: ignore[misc]
    roles = [await editor_keys.verify(redis, keys, secret) for secret in (old, new)]
    assert [found and found.role for found in roles] == ["chief", "reporter"]


async def test_the_number_of_keys_is_bounded(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editor_keys, "KEYS_MAX", 1)
    await editor_keys.create(redis, keys, "first")
    with pytest.raises(ValueError, match="revoke some first"):
        await editor_keys.create(redis, keys, "second")


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
    assert await editor_keys.verify(redis, keys, secrets[0][0]) is not None
    for id in (made.id, "", "*"):
        with pytest.raises(NotFound):
            await editor_keys.revoke(redis, keys, id)
    assert len(await editor_keys.listing(redis, keys)) == 2
