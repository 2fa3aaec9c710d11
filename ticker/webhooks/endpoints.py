"""Webhook endpoints in Redis: their configuration and delivery state.

Editors alone write an endpoint's record (address, filter, secrets). Editors and workers write its
state (cursor, failures). Two rules keep them apart: one worker at a time holds the lease, and every
change by an editor begins a new generation, after which deliveries of the old one may not move the
cursor any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import orjson

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Conflict, IdempotencyMismatch, NotFound, Unavailable
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from ticker.webhooks.endpoint import Endpoint, State
from ticker.webhooks.signature import Secret
from ticker.webhooks.wake_queue import WAKE_MAX

ENDPOINTS_MAX = 100
FAILED_KEEP = 100
"""Failed events that are kept for each endpoint, the newest."""
SECRETS_MAX = 4
"""Secrets of an endpoint that are valid at the same time."""
IDEM_MS = 86_400_000
EDITS = 5
"""Attempts of a change while other changes keep overtaking it."""
NEWEST_SCAN = 10
"""Lane entries that are searched for the newest event; at most one of them is a heartbeat."""

Step: TypeAlias = Literal["go", "gone", "lost", "moved", "disabled"]


CLEARED: Mapping[str, str] = dict.fromkeys(
    ("failures", "refusals", "failing_ms", "retry_ms", "last_error"), ""
)
"""The fields that clear an endpoint's failures."""


class Webhooks:
    """The endpoints of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def add(self, endpoint: Endpoint, request: tuple[str, str, bytes] | None) -> Endpoint:
        """Add ``endpoint``; it gets the events that enter the lane from now on.

        ``request`` is editor, idempotency key and body: the same request again returns the endpoint
        of the first. Raises Conflict beyond ``ENDPOINTS_MAX``, and IdempotencyMismatch if the key
        was used with another body.
        """
        keys = self._keys
        by, key, body = request or ("", "", b"")
        idem = keys.idem(by, f"webhook {key}")
        names = (keys.webhooks, keys.webhook(endpoint.id), idem, keys.webhook_wake, keys.live)
        digest = hashlib.sha256(body).hexdigest()[:32] if request else ""
        args = (endpoint.id, endpoint.record(), ENDPOINTS_MAX, digest, IDEM_MS, WAKE_MAX)
        outcome, id = await script("webhooks", "add")(self._redis, names, args)
        match outcome:
            case b"full":
                raise Conflict(f"there are already {ENDPOINTS_MAX} endpoints; remove one first")
            case b"mismatch":
                raise IdempotencyMismatch("this Idempotency-Key was used for another endpoint")
            case b"repeated":
                return (await self.get(id.decode()))[0]
            case _:
                return endpoint

    async def all(self) -> list[tuple[Endpoint, State]]:
        """Return all endpoints with their states, oldest first."""
        endpoints = await self.endpoints()
        return list(zip(endpoints, await self.states(e.id for e in endpoints), strict=True))

    async def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, oldest first."""
        with translate():
            records = await command(self._redis, "HVALS", self._keys.webhooks)
        return sorted(map(Endpoint.read, records), key=lambda one: (one.created_at, one.id))

    async def states(self, ids: Iterable[str]) -> list[State]:
        """Return the states of the endpoints ``ids``, in one round trip."""
        with translate():
            async with self._redis.pipeline(transaction=False) as pipe:
                for id in ids:
                    pipe.execute_command("HGETALL", self._keys.webhook(id))
                return [State.read(fields) for fields in await pipe.execute()]

    async def get(self, id: str) -> tuple[Endpoint, State]:
        """Return one endpoint and its state. Raises NotFound."""
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HGET", self._keys.webhooks, id)
                pipe.execute_command("HGETALL", self._keys.webhook(id))
                record, fields = await pipe.execute()
        if record is None:
            raise NotFound(f"there is no webhook endpoint {id}")
        return Endpoint.read(record), State.read(fields)

    async def failed(self, id: str) -> list[dict[str, Any]]:
        """Return the failed events, newest first: event, item, action, at, status, why."""
        with translate():
            found = await command(self._redis, "LRANGE", self._keys.webhook_failed(id), 0, -1)
        return [orjson.loads(one) for one in found]

    async def totals(self) -> dict[str, int]:
        """Return the counts over all endpoints: delivered, retried, failed, skipped."""
        with translate():
            found = await command(self._redis, "HGETALL", self._keys.webhook_totals)
        return {name.decode(): int(value) for name, value in found.items()}

    async def remove(self, id: str) -> None:
        """Delete an endpoint. Raises NotFound."""
        keys = self._keys
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HDEL", keys.webhooks, id)
                pipe.execute_command("DEL", keys.webhook(id), keys.webhook_failed(id))
                pipe.execute_command("HDEL", keys.webhooks_waiting, id)
                removed, *_ = await pipe.execute()
        if not removed:
            raise NotFound(f"there is no webhook endpoint {id}")

    async def change(self, id: str, **fields: Any) -> None:
        """Set fields of the endpoint's record. Raises NotFound."""
        for _ in range(EDITS):
            old = await self._record(id)
            new = replace(Endpoint.read(old), **fields).record()
            if await self._edit(id, {}, old, new):
                return
        raise Unavailable("other requests keep changing this endpoint")

    async def rotate(self, id: str, secret: Secret, now_ms: int, overlap_ms: int) -> Endpoint:
        """Make ``secret`` the current one; earlier ones stay valid for at most ``overlap_ms``.

        Raises NotFound, and Conflict if more than ``SECRETS_MAX`` would be valid.
        """
        for _ in range(EDITS):
            old = await self._record(id)
            known = Endpoint.read(old)
            until = now_ms + overlap_ms
            kept = [
                s if s.until_ms is not None and s.until_ms <= until else replace(s, until_ms=until)
                for s in known.valid(now_ms)
                if overlap_ms
            ]
            if len(kept) >= SECRETS_MAX:
                raise Conflict(
                    f"{SECRETS_MAX} secrets are valid already; wait until one expires, or rotate "
                    "without an overlap"
                )
            changed = replace(known, secrets=(secret, *kept))
            if await self._edit(id, {}, old, changed.record()):
                return changed
        raise Unavailable("other requests keep changing this endpoint")

    async def enable(self, id: str, from_now: bool) -> None:
        """Enable an endpoint, from its cursor or ``from_now`` on. Raises NotFound."""
        fields = {"disabled": "", "disabled_ms": "", **CLEARED}
        if from_now:
            fields["cursor"] = "top"
        await self._edit(id, fields)

    async def disable(self, id: str, reason: str, now_ms: int) -> None:
        """Disable an endpoint until ``enable``. Raises NotFound."""
        await self._edit(id, {"disabled": reason, "disabled_ms": str(now_ms)})

    async def replay(self, id: str, after: StreamId) -> None:
        """Deliver everything after the id ``after`` again. Raises NotFound."""
        await self._edit(id, {"cursor": str(after), "gap_ms": "", **CLEARED})

    async def _record(self, id: str) -> bytes:
        with translate():
            record = await command(self._redis, "HGET", self._keys.webhooks, id)
        if record is None:
            raise NotFound(f"there is no webhook endpoint {id}")
        assert isinstance(record, bytes)
        return record

    async def _edit(
        self, id: str, fields: Mapping[str, str], old: bytes = b"", new: bytes = b""
    ) -> bool:
        """Write the fields; return False if the record is no longer ``old``."""
        keys = self._keys
        names = (keys.webhooks, keys.webhook(id), keys.webhook_wake, keys.live)
        pairs = [text for pair in fields.items() for text in pair]
        outcome = await script("webhooks", "edit")(
            self._redis, names, [id, old, new, WAKE_MAX, *pairs]
        )
        if outcome == b"gone":
            raise NotFound(f"there is no webhook endpoint {id}")
        return bool(outcome == b"done")
