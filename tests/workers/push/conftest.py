from __future__ import annotations

import pytest

from tests.workers.push.office import Office
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import LaneStore


@pytest.fixture
def office(redis: Redis, keys: Keys, items: ItemService, live: LaneStore) -> Office:
    return Office(redis, keys, items, live)
