"""After a restore nobody signs in whose access has ended since the backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.backup.access import Access
from ticker.backup.backup import backup
from ticker.backup.restore import restore
from ticker.config import Settings
from ticker.domain.errors import NotFound
from ticker.people.accounts import Accounts
from ticker.people.sessions import Sessions
from ticker.storage import editor_keys
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import Editors
from ticker.storage.keys import Keys
from ticker.storage.schema import check_schema
from ticker.stream.lane_store import LaneStore


@pytest.fixture
def accounts(redis: Redis, keys: Keys) -> Accounts:
    times = iter(range(1_764_000_000_000, 1_764_100_000_000, 1_000))
    return Accounts(redis, keys, lambda: next(times))


async def test_what_was_revoked_or_changed_since_stays_so(
    redis: Redis,
    keys: Keys,
    accounts: Accounts,
    live: LaneStore,
    settings: Settings,
    tmp_path: Path,
) -> None:
    await live.open()
    await check_schema(redis, keys)
    kept, _ = await editor_keys.create(redis, keys, "Desk")
    leaked, key = await editor_keys.create(redis, keys, "Laptop")
    for name in ("Ana", "Ben", "Cleo", "Dan", "Eva"):
        await accounts.create(name, "editor", ("en",), by="chief", password=f"old of {name}")
    sessions = Sessions(redis, keys, Editors(redis, keys))
    secret = await sessions.open_for_account(await accounts.get("Eva"))
    path = tmp_path / "newsroom.backup"
    await backup(redis, keys, path)

    await editor_keys.revoke(redis, keys, key.id)
    new, _ = await editor_keys.create(redis, keys, "Intruder")
    await accounts.change("Ana", lambda now: now.with_password("new of Ana"))
    await accounts.change("Eva", lambda now: now.with_rights("reporter", ("en",), False, ""))
    await accounts.change("Dan", lambda now: now.with_rights("chief", (), True, ""))
    for name in ("Ben", "Cleo"):
        await accounts.remove(name)
    await accounts.create("Cleo", "chief", (), by="intruder", password="of another one")
    await accounts.create("Fay", "chief", (), by="intruder", password="new")
    await sessions.close(secret)

    done = await restore(redis, settings, path, force=True)
    assert done.access == Access(keys=1, accounts=2, changed=3, known=True)
    for one, valid in ((kept, True), (leaked, False), (new, False)):
        assert (await editor_keys.verify(redis, keys, one) is not None) is valid
    assert [one.name for one in await accounts.listing()] == ["Ana", "Dan", "Eva"]
    ana, dan, eva = await accounts.listing()
    assert (ana.password, ana.role) == ("new of Ana", "editor")
    assert (dan.role, dan.editions, dan.disabled) == ("editor", ("en",), True)
    assert (eva.password, eva.role) == ("old of Eva", "reporter")
    assert await sessions.verify(secret) is None

    again = await restore(redis, settings, path, force=True, old_access=True)
    assert again.access == Access()
    assert await editor_keys.verify(redis, keys, leaked) is not None
    assert [one.name for one in await accounts.listing()] == ["Ana", "Ben", "Cleo", "Dan", "Eva"]
    assert await sessions.verify(secret) is None, "who has signed out stays so"


async def test_an_empty_store_gets_the_access_of_the_backup(
    redis: Redis,
    keys: Keys,
    accounts: Accounts,
    live: LaneStore,
    settings: Settings,
    tmp_path: Path,
) -> None:
    await live.open()
    await check_schema(redis, keys)
    key, _ = await editor_keys.create(redis, keys, "Desk")
    await accounts.create("Ana", "editor", (), by="chief", password="x")
    path = tmp_path / "newsroom.backup"
    await backup(redis, keys, path)
    await redis.flushall()
    with pytest.raises(NotFound):
        await accounts.get("Ana")
    done = await restore(redis, settings, path, force=False)
    assert done.access == Access()
    assert await editor_keys.verify(redis, keys, key) is not None
    assert (await accounts.get("Ana")).password == "x"
