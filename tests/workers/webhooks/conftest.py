"""A desk on each kind of server."""

from __future__ import annotations

import pytest

from tests.workers.webhooks.newsroom import Carry, Desk
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import LaneStore


@pytest.fixture
def desk(items: ItemService, carry: Carry, live: LaneStore, redis: Redis, keys: Keys) -> Desk:
    return Desk(items, carry, live, redis, keys)
