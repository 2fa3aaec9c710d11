"""Helpers for tests of the lane: what it holds, as text that asserts compare."""

from __future__ import annotations

from typing import Any

import orjson

from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def entries(redis: Redis, key: str) -> list[tuple[StreamId, dict[bytes, bytes]]]:
    return [(StreamId.parse(id), record) for id, record in await redis.xrange(key)]


async def ids(redis: Redis, key: str) -> list[StreamId]:
    return [id for id, _ in await entries(redis, key)]


async def kinds(redis: Redis, keys: Keys) -> list[str]:
    """Return each lane entry as its action, ``noop`` or ``beat``."""
    found = []
    for _, record in await entries(redis, keys.live):
        if b"h" in record:
            found.append("beat")
        elif b"n" in record:
            found.append("noop")
        else:
            found.append(orjson.loads(record[b"e"])["action"])
    return found


async def current_items(redis: Redis, keys: Keys) -> dict[str, tuple[StreamId, dict[str, Any]]]:
    """Return item id → (lane id, event) of the current items."""
    found = {}
    for id, value in (await redis.hgetall(keys.current)).items():  # type: ignore[misc]
        lane_id, _, body = value.partition(b" ")
        found[id.decode()] = (StreamId.parse(lane_id), orjson.loads(body))
    return found


async def whole_lane(redis: Redis, keys: Keys) -> bytes:
    """Return all that readers could ever be sent from Redis, for searching text in it."""
    lane = b"".join(b"".join(record.values()) for _, record in await entries(redis, keys.live))
    return lane + b"".join((await redis.hgetall(keys.current)).values())  # type: ignore[misc]


def relayed(redis: Redis, settings: Settings, taxonomy: Taxonomy | None = None) -> ItemService:
    """Return a service whose commits find no lane, so that a relay has to carry their events."""
    keys = Keys(settings.namespace)
    keys.live += ":none"
    return ItemService(redis, keys, taxonomy or settings.taxonomy, settings)
