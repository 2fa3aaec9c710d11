"""Live receipts in Redis: each gateway process writes its own, and the web process adds them up."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from ticker.domain.live_receipt import LiveReceipt, total
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, script


class LiveReceiptStore:
    """Receipts of gateway processes, by item. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, ttl: int) -> None:
        """``ttl``: seconds for which the receipts of an item are kept after the last one."""
        self._redis = redis
        self._keys = keys
        self._ttl_ms = ttl * 1000

    async def put(self, process: str, receipts: Sequence[tuple[str, str, LiveReceipt]]) -> None:
        """Keep the receipts (item, action, receipt) of ``process`` in place of its earlier ones.

        An item has one field for each process and action. Storing the same again changes nothing.
        """
        keys: list[str] = []
        args: list[Arg] = [self._ttl_ms]
        for item, action, receipt in receipts:
            keys.append(self._keys.live_receipts(item))
            args += (f"{process} {action}", orjson.dumps(receipt.stored))
        await script("readership", "put_live_receipts")(self._redis, keys, args)

    async def of_action(self, item: str, action: str) -> dict[str, LiveReceipt]:
        """Return the receipts of the item's newest events of one action, by process."""
        return {
            process: receipt
            for (process, name), receipt in (await self._all(item)).items()
            if name == action
        }

    async def get(self, item: str) -> dict[str, LiveReceipt]:
        """Return the receipts of the item by action, each of all processes together."""
        by_action: dict[str, list[LiveReceipt]] = {}
        for (_, action), receipt in (await self._all(item)).items():
            by_action.setdefault(action, []).append(receipt)
        sums = {action: total(receipts) for action, receipts in sorted(by_action.items())}
        return {action: one for action, one in sums.items() if one is not None}

    async def _all(self, item: str) -> dict[tuple[str, str], LiveReceipt]:
        with translate():
            found = await command(self._redis, "HGETALL", self._keys.live_receipts(item))
        receipts = {}
        for name, value in found.items():
            process, _, action = name.decode().partition(" ")
            receipts[process, action] = LiveReceipt.read(orjson.loads(value))
        return receipts
