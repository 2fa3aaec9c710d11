"""Live receipts in Redis: bounded, expiring, and the same when they are stored again."""

from __future__ import annotations

from tests.support.in_memory import at
from ticker.domain.live_receipt import LiveReceipt
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


def receipt(event: int, count: int) -> LiveReceipt:
    return LiveReceipt(at(event), {"websocket": {"en": count}}, first_ms=1, last_ms=2)


async def test_each_process_and_action_has_one_receipt(redis: Redis, keys: Keys) -> None:
    store = LiveReceiptStore(redis, keys, 60)
    assert await store.get("a") == {}
    for _ in range(2):
        await store.put("one", [("a", "publish", receipt(1, 5)), ("b", "publish", receipt(2, 1))])
    await store.put("two", [("a", "publish", receipt(1, 7)), ("a", "correct", receipt(3, 6))])
    await store.put("one", [("a", "correct", receipt(4, 8))])
    found = await store.get("a")
    assert {action: (one.screens, one.gateways) for action, one in found.items()} == {
        "publish": (12, 2),
        "correct": (8, 1),
    }
    assert await command(redis, "HLEN", keys.live_receipts("a")) == 4
    assert 0 < await command(redis, "PTTL", keys.live_receipts("a")) <= 60_000
