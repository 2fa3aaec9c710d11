"""The queue of endpoints that an editor has changed."""

from __future__ import annotations

import secrets

from ticker.domain.filter import Filter
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.webhooks.endpoint import new_endpoint
from ticker.webhooks.endpoints import Webhooks
from ticker.webhooks.signature import new_secret
from ticker.webhooks.wake_queue import WAKE_MAX, WakeQueue


async def test_the_wake_queue_is_read_once_and_bounded(redis: Redis, keys: Keys) -> None:
    webhooks = Webhooks(redis, keys)
    secret = new_secret(secrets.token_bytes(64))
    endpoint = new_endpoint("https://hooks.example/", Filter(), "x", secret, "ana", 1)
    made = await webhooks.add(endpoint, None)
    for _ in range(3):
        await webhooks.enable(made.id, from_now=False)
    wake = WakeQueue(redis, keys)
    assert await wake.take(0.01) == [made.id]
    assert await wake.take(0.01) == []
    await command(redis, "RPUSH", keys.webhook_wake, *["we_x"] * (WAKE_MAX + 50))
    await webhooks.enable(made.id, from_now=False)
    assert await redis.llen(keys.webhook_wake) == WAKE_MAX  # type: ignore[misc]
