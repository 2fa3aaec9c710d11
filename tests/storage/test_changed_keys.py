"""The names of changed keys, told by Redis itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.redis_servers import RedisServer
from ticker.backup.backup import backup
from ticker.domain.store_errors import StoreAccess
from ticker.storage.changed_keys import ChangedKeys
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = pytest.mark.redis_server

KEYS = Keys("ticker")
PAGE = Path(__file__).parents[2] / "docs" / "operations" / "backup.md"


def documented() -> list[str]:
    """The rights that the page on backups gives to the user of a backup."""
    found = re.search(r"The user needs `([^`]+)`", PAGE.read_text())
    assert found is not None
    return found[1].split()


@pytest.fixture
async def other(own: RedisServer) -> AsyncIterator[Redis]:
    """A connection of a user `other`, with the rights of the page."""
    default = connect(own.url)
    await command(default, "ACL", "SETUSER", "other", "on", ">secret", *documented())
    await command(default, "SET", KEYS.prefix + "a", "1")
    other = connect(own.url.replace("unix://", "unix://other:secret@"))
    yield other
    await other.aclose()
    await default.aclose()


async def test_the_names_of_what_changed(own: RedisServer) -> None:
    redis = connect(own.url)
    changes = ChangedKeys(redis, KEYS.prefix)
    await changes.start()
    assert await changes.since_last() == set()
    await command(redis, "SET", KEYS.prefix + "a", "2")
    await command(redis, "SET", "other", "2")
    assert await changes.since_last() == {(KEYS.prefix + "a").encode()}
    assert await changes.since_last() == set()
    await changes.aclose()
    await redis.aclose()


async def test_the_rights_on_the_page_are_enough_for_a_backup(other: Redis, tmp_path: Path) -> None:
    made = await backup(other, KEYS, tmp_path / "newsroom.backup")
    assert made.keys == 1


@pytest.mark.parametrize("right", ["ping", "subscribe", "multi", "exec", "client"])
async def test_a_right_that_is_missing_is_an_error_of_access(
    own: RedisServer, other: Redis, tmp_path: Path, right: str
) -> None:
    """The answer to a PING was taken for a message, and the command ended with a TypeError."""
    default = connect(own.url)
    await command(default, "ACL", "SETUSER", "other", f"-{right}")
    await default.aclose()
    with pytest.raises(StoreAccess, match=right):
        await backup(other, KEYS, tmp_path / "newsroom.backup")
