"""An office on each kind of server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.office import Office, opened
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


@pytest.fixture
async def office(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> AsyncIterator[Office]:
    async with opened(redis, keys, items, settings) as office:
        yield office
