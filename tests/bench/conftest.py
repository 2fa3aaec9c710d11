"""A newsroom of real processes, one for the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.newsroom import Newsroom, running
from tests.servers import Server


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def newsroom(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Newsroom]:
    """Return a newsroom in which nothing is out; a test that publishes takes it back."""
    server = Server("valkey")
    server.start()
    try:
        async with running(server.url, tmp_path_factory.mktemp("newsroom")) as room:
            yield room
    finally:
        server.stop()
