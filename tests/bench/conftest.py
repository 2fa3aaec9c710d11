"""A newsroom of real processes, one for the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def newsroom(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NewsroomProcess]:
    """Return a newsroom in which nothing is out; a test that publishes takes it back."""
    server = RedisServer("valkey")
    server.start()
    try:
        async with running(server.url, tmp_path_factory.mktemp("newsroom")) as room:
            yield room
    finally:
        server.stop()
