"""The first write that the default user is denied, by the rules that a server has for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.redis_servers import RedisServer
from ticker.storage.connection import Redis, connect
from ticker.storage.default_user import denied_write
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = pytest.mark.redis_server

KEYS = Keys("ticker")


@pytest.fixture
async def admin(own: RedisServer) -> AsyncIterator[Redis]:
    """An administrator's connection: the default user may lose its rights meanwhile."""
    default = connect(own.url)
    await command(default, "ACL", "SETUSER", "admin", "on", ">secret", "~*", "&*", "+@all")
    await default.aclose()
    admin = connect(own.url.replace("unix://", "unix://admin:secret@"))
    yield admin
    await admin.aclose()


async def test_the_first_command_that_it_may_not_run(admin: Redis) -> None:
    async def denied(*rules: str) -> str | None:
        await command(admin, "ACL", "SETUSER", "default", *rules)
        return await denied_write(admin, KEYS)

    assert await denied() is None, "as a server has it"
    assert await denied("off", "resetpass", "~*", "&*", "+@all") is None, "nobody can log in as it"
    assert await denied("-zadd") == "ZADD"
    assert await denied("+@all", "-multi") == "MULTI"
    assert await denied("+@all", "resetkeys", "~other:*") == "XADD"
    assert await denied("reset") == "XADD", "`user default off` and nothing more"


async def test_a_user_that_may_not_ask(admin: Redis, own: RedisServer) -> None:
    await command(admin, "ACL", "SETUSER", "reader", "on", ">secret", "~*", "+ping")
    await command(admin, "ACL", "SETUSER", "default", "reset")
    reader = connect(own.url.replace("unix://", "unix://reader:secret@"))
    assert await denied_write(reader, KEYS) is None
    await reader.aclose()
