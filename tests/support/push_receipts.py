"""Receipts as the workers of push write them."""

from __future__ import annotations

from ticker.domain.cursor import StreamId
from ticker.push.store.progress import ProgressStore, Tally
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def sent(redis: Redis, keys: Keys, item: str, event: StreamId) -> None:
    """Write the receipts of workers that sent to two devices in one shard of two."""
    store = ProgressStore(redis, keys, 3_600)
    await store.expect(event, item, "alert", {"fcm": 2})
    progress = await store.begin(event, "fcm/en/*/urgent/0")
    progress.done = True
    tally = Tally()
    for after in (800, 3_100):
        tally.accepted(event.ms + after)
    await store.advance(
        event, "fcm/en/*/urgent/0", progress, tally, item=item, provider="fcm", kind="alert"
    )
