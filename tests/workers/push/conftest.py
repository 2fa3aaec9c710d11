from __future__ import annotations

import pytest

from tests.support.push_newsroom import PushNewsroom
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore


@pytest.fixture
def newsroom(redis: Redis, keys: Keys, items: ItemService, live: LaneStore) -> PushNewsroom:
    return PushNewsroom(redis, keys, items, live)
