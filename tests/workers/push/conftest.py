from __future__ import annotations

import pytest

from tests.workers.push.office import Office
from ticker.publishing.service import Items
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import LiveLane


@pytest.fixture
def office(redis: Redis, keys: Keys, items: Items, live: LiveLane) -> Office:
    return Office(redis, keys, items, live)
