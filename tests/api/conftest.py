"""The application on each kind of Redis server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.newsroom import TestNewsroom, opened
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


@pytest.fixture
async def newsroom(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> AsyncIterator[TestNewsroom]:
    async with opened(redis, keys, items, settings) as newsroom:
        yield newsroom
