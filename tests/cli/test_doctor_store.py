"""The checks of Redis: its clock, which decides when an embargo ends, and its default user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.redis_servers import RedisServer
from ticker.cli.doctor_store import check_store, store_clock
from ticker.config import Settings
from ticker.storage.connection import connect
from ticker.storage.scripts import command


@pytest.mark.parametrize(
    ("micros", "told"),
    [
        (1_000_004_000_000, ["in sync with the local one"]),
        (1_003_600_000_000, ["the local clock is 60 min 0 s behind that of Redis"]),
        (996_400_000_000, ["the local clock is 60 min 0 s ahead of that of Redis"]),
        (None, []),
    ],
)
def test_the_clock_of_redis_is_compared(micros: int | None, told: list[str]) -> None:
    info = {} if micros is None else {"server_time_usec": micros}
    assert [check.detail for check in store_clock(info, 1_000_000.0)] == told


@pytest.mark.redis_server
async def test_a_default_user_that_may_not_write_is_told(own: RedisServer) -> None:
    redis = connect(own.url)
    await command(redis, "ACL", "SETUSER", "admin", "on", ">secret", "~*", "&*", "+@all")
    found = Settings(redis_url=own.url.replace("unix://", "unix://admin:secret@"))
    assert [check.name for check in await check_store(found) if check.warning] == []
    await command(redis, "ACL", "SETUSER", "default", "reset")  # `user default off` does the same
    await redis.aclose()
    (warning,) = [check for check in await check_store(found) if check.warning]
    assert (warning.name, warning.ok) == ("acl", True)
    assert "the default user may not run XADD" in warning.detail
    assert "off resetpass ~* &* +@all" in warning.advice


async def test_without_an_address_no_redis_library_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the client alone, doctor ended after its checks with "needs the server packages"."""
    monkeypatch.setenv("TICKER_DATA", str(tmp_path))
    for name in ("redis", "ticker.storage.address", "ticker.storage.connection"):
        monkeypatch.setitem(sys.modules, name, None)
    assert await check_store(Settings()) == []
