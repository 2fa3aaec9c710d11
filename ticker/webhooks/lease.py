"""The lease of a webhook endpoint, and the writes that are made under it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ticker.domain.cursor import ZERO, StreamId
from ticker.storage import leases
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from ticker.webhooks.endpoints import FAILED_KEEP, NEWEST_SCAN, Step

NO_FIELDS: Mapping[str, str] = {}
NO_COUNTS: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one request, for the receipts of the event's item."""

    item: str
    event: StreamId
    outcome: str
    """delivered, retried or failed, as in ``totals``."""
    at_ms: int
    keep_ms: int


class Lease:
    """A lease held by one worker until ``ms`` after its last step. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, id: str, ms: int) -> None:
        self.token = secrets.token_hex(8)
        self._redis = redis
        self._keys = keys
        self._id = id
        self._ms = ms

    async def take(self) -> int:
        """Take the lease and return 0, or return the ms for which another worker holds it."""
        return await leases.take(
            self._redis, self._keys.webhook_lease(self._id), self.token, self._ms
        )

    async def holder(self) -> str:
        """Return the holder's token, empty if the lease is free."""
        with translate():
            found = await command(self._redis, "GET", self._keys.webhook_lease(self._id))
        return found.decode() if found else ""

    async def release(self) -> None:
        """Release the lease if this worker holds it."""
        key = self._keys.webhook_lease(self._id)
        with translate():
            if await command(self._redis, "GET", key) == self.token.encode():
                await command(self._redis, "DEL", key)

    async def step(
        self,
        generation: int,
        *,
        set: Mapping[str, str] = NO_FIELDS,
        add: Mapping[str, int] = NO_COUNTS,
        totals: Mapping[str, int] = NO_COUNTS,
        failed: Mapping[str, object] | None = None,
        item: str | None = None,
        receipt: Receipt | None = None,
    ) -> tuple[Step, str]:
        """Renew the lease and write, all or nothing.

        ``set`` and ``add`` change fields of the endpoint's state (an empty text deletes one).
        ``failed`` is added to the failed events. ``totals`` and ``receipt`` are counted even if the
        lease is lost. Return whether to go on, and the state of ``item``, empty if it is unknown.
        """
        keys = self._keys
        names = [
            keys.webhooks,
            keys.webhook(self._id),
            keys.webhook_lease(self._id),
            keys.webhook_failed(self._id),
            keys.webhook_totals,
        ]
        step: dict[str, Any] = {
            "id": self._id,
            "token": self.token,
            "generation": str(generation),
            "lease": self._ms,
            "set": set,
            "add": add,
            "totals": totals,
            "failed_kept": FAILED_KEEP,
        }
        if receipt is not None:
            item = receipt.item
            step["receipt"] = {
                "outcome": receipt.outcome,
                "event": str(receipt.event),
                "at": str(receipt.at_ms),
                "keep": str(receipt.keep_ms),
            }
        if item is not None:
            names += [keys.item(item), keys.receipts(item)]
        event = b"" if failed is None else orjson.dumps(failed)
        arguments = [orjson.dumps(step), event]
        outcome, state = await script("webhooks", "step")(self._redis, names, arguments)
        return outcome.decode(), state.decode()


async def newest(redis: Redis, keys: Keys) -> StreamId:
    """Return the id of the lane's newest event, ``ZERO`` if there is none."""
    with translate():
        found = await command(redis, "XREVRANGE", keys.live, "+", "-", "COUNT", NEWEST_SCAN)
    return next((StreamId.parse(id) for id, record in found if b"h" not in record), ZERO)


async def wire_floor(redis: Redis, keys: Keys) -> StreamId:
    """Return the id of the newest entry that was trimmed off the wire."""
    with translate():
        found = await command(redis, "HGET", keys.heartbeat, "wire_floor")
    return StreamId.parse(found or b"0-0")
