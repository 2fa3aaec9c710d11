"""The application on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.newsroom import TestNewsroom, running_newsroom
from ticker.config import Settings
from ticker.storage.connection import Redis


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings) -> AsyncIterator[TestNewsroom]:
    async with running_newsroom(redis, settings) as newsroom:
        yield newsroom
