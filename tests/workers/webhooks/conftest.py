"""A newsroom with webhooks on each kind of server."""

from __future__ import annotations

import pytest

from tests.support.webhook_newsroom import Carry, WebhookNewsroom
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore


@pytest.fixture
def newsroom(
    items: ItemService, carry: Carry, live: LaneStore, redis: Redis, keys: Keys
) -> WebhookNewsroom:
    return WebhookNewsroom(items, carry, live, redis, keys)
