"""Webhook endpoints: what the desk set, how far each was told, and who tells it now.

An endpoint's record (address, filter, secrets) is written by the desk alone, its state (cursor,
failures) by whoever delivers and by the desk. Two rules keep them apart: one worker at a time holds
the lease, and every act of the desk begins a new generation, under which what was under way before
may not move the cursor any more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import orjson

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.errors import Conflict, IdempotencyMismatch, NotFound, Unavailable
from ticker.domain.filter import Filter
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from ticker.webhooks.retry_policy import FailureState, filter_record, read_record
from ticker.webhooks.signature import Secret

ENDPOINTS_MAX = 100
FAILED_KEEP = 100
"""Events given up that an endpoint remembers, the newest."""
WAKE_MAX = 1_000
"""Wishes of the desk that wait for a worker; each of them is about an endpoint, of which there are
fewer."""
SECRETS_MAX = 4
"""Secrets of an endpoint that are valid at the same time."""
IDEM_MS = 86_400_000
EDITS = 5
"""Tries of an edit that somebody else's edit overtakes."""
NEWEST_SCAN = 10
"""Lane entries looked at for the newest that is no heartbeat; of those one is kept at most."""

Step: TypeAlias = Literal["go", "gone", "lost", "moved", "disabled"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What the desk set. The first of ``secrets`` is the current one."""

    id: str
    url: str
    filter: Filter
    description: str
    created_at: str
    created_by: str
    secrets: tuple[Secret, ...] = field(repr=False)

    def valid(self, now_ms: int) -> tuple[Secret, ...]:
        """Return the secrets that sign now."""
        return tuple(s for s in self.secrets if s.until_ms is None or s.until_ms > now_ms)

    def record(self) -> bytes:
        """Return what Redis keeps."""
        return orjson.dumps(
            {
                "id": self.id,
                "url": self.url,
                "filter": filter_record(self.filter),
                "description": self.description,
                "created_at": self.created_at,
                "created_by": self.created_by,
                "secrets": [[s.secret, s.private, s.until_ms] for s in self.secrets],
            }
        )

    @classmethod
    def read(cls, record: bytes) -> Endpoint:
        """Return the endpoint in a record."""
        data = orjson.loads(record)
        return cls(
            data["id"],
            data["url"],
            read_record(data["filter"]),
            data["description"],
            data["created_at"],
            data["created_by"],
            tuple(Secret(*one) for one in data["secrets"]),
        )


@dataclass(frozen=True, slots=True)
class State:
    """How it goes. Times are in ms since 1970."""

    cursor: StreamId = ZERO
    """Everything up to here was delivered, was not for this endpoint, or was given up."""
    generation: int = 0
    disabled: str | None = None
    """Why nothing is delivered any more; None while it is."""
    disabled_ms: int | None = None
    failure: FailureState = field(default_factory=FailureState)
    retry_ms: int | None = None
    """Before this nothing is tried."""
    last_ms: int | None = None
    """When something was last tried, and what came of it:"""
    last_status: int | None = None
    last_error: str | None = None
    delivered_ms: int | None = None
    delivered: int = 0
    given_up: int = 0
    skipped: int = 0
    """Events not sent: their item is retracted by now, or they cannot be read."""
    gap_ms: int | None = None
    """Up to here the wire was trimmed before it was read: what was missed cannot be counted."""

    @classmethod
    def read(cls, fields: Mapping[bytes, bytes]) -> State:
        """Return the state in a Redis hash."""

        def number(name: bytes) -> int | None:
            return None if (value := fields.get(name)) is None else int(value)

        def text(name: bytes) -> str | None:
            return None if (value := fields.get(name)) is None else value.decode()

        return cls(
            StreamId.parse(fields.get(b"cursor", b"0-0")),
            number(b"generation") or 0,
            text(b"disabled"),
            number(b"disabled_ms"),
            FailureState(number(b"failures") or 0, number(b"refusals") or 0, number(b"failing_ms")),
            number(b"retry_ms"),
            number(b"last_ms"),
            number(b"last_status"),
            text(b"last_error"),
            number(b"delivered_ms"),
            number(b"delivered") or 0,
            number(b"given_up") or 0,
            number(b"skipped") or 0,
            number(b"gap_ms"),
        )


CLEARED: Mapping[str, str] = dict.fromkeys(
    ("failures", "refusals", "failing_ms", "retry_ms", "last_error"), ""
)
"""What to set when an endpoint begins afresh."""


class Webhooks:
    """The endpoints of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def add(self, endpoint: Endpoint, request: tuple[str, str, bytes] | None) -> Endpoint:
        """Add ``endpoint``, which begins with what comes into the lane from now on.

        ``request`` is editor, idempotency key and body: the same again returns the first answer.
        Raises Conflict over ``ENDPOINTS_MAX``, IdempotencyMismatch for another body.
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
                raise Conflict(f"there are {ENDPOINTS_MAX} endpoints already; remove one first")
            case b"mismatch":
                raise IdempotencyMismatch("the key was used for another endpoint")
            case b"repeated":
                return (await self.get(id.decode()))[0]
            case _:
                return endpoint

    async def all(self) -> list[tuple[Endpoint, State]]:
        """Return all endpoints, oldest first, and how they go."""
        endpoints = await self.endpoints()
        return list(zip(endpoints, await self.states(e.id for e in endpoints), strict=True))

    async def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, oldest first."""
        with translate():
            records = await command(self._redis, "HVALS", self._keys.webhooks)
        return sorted(map(Endpoint.read, records), key=lambda one: (one.created_at, one.id))

    async def states(self, ids: Iterable[str]) -> list[State]:
        """Return how the endpoints ``ids`` go, in one round trip."""
        with translate():
            async with self._redis.pipeline(transaction=False) as pipe:
                for id in ids:
                    pipe.execute_command("HGETALL", self._keys.webhook(id))
                return [State.read(fields) for fields in await pipe.execute()]

    async def get(self, id: str) -> tuple[Endpoint, State]:
        """Return one endpoint. Raises NotFound."""
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HGET", self._keys.webhooks, id)
                pipe.execute_command("HGETALL", self._keys.webhook(id))
                record, fields = await pipe.execute()
        if record is None:
            raise NotFound(f"there is no webhook endpoint {id}")
        return Endpoint.read(record), State.read(fields)

    async def failed(self, id: str) -> list[dict[str, Any]]:
        """Return what was given up, newest first: event, item, action, at, status, why."""
        with translate():
            found = await command(self._redis, "LRANGE", self._keys.webhook_failed(id), 0, -1)
        return [orjson.loads(one) for one in found]

    async def totals(self) -> dict[str, int]:
        """Return deliveries counted over all endpoints: delivered, retried, failed, skipped."""
        with translate():
            found = await command(self._redis, "HGETALL", self._keys.webhook_totals)
        return {name.decode(): int(value) for name, value in found.items()}

    async def remove(self, id: str) -> None:
        """Forget an endpoint. Raises NotFound."""
        keys = self._keys
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HDEL", keys.webhooks, id)
                pipe.execute_command("DEL", keys.webhook(id), keys.webhook_failed(id))
                removed, _ = await pipe.execute()
        if not removed:
            raise NotFound(f"there is no webhook endpoint {id}")

    async def change(self, id: str, **fields: Any) -> None:
        """Set fields of the endpoint's record. Raises NotFound."""
        for _ in range(EDITS):
            old = await self._record(id)
            new = replace(Endpoint.read(old), **fields).record()
            if await self._edit(id, {}, old, new):
                return
        raise Unavailable("others change this endpoint all the time")

    async def rotate(self, id: str, secret: Secret, now_ms: int, overlap_ms: int) -> Endpoint:
        """Make ``secret`` the current one; those before it stay valid for ``overlap_ms``.

        Raises NotFound, and Conflict while ``SECRETS_MAX`` are valid.
        """
        for _ in range(EDITS):
            old = await self._record(id)
            known = Endpoint.read(old)
            valid = known.valid(now_ms)
            if len(valid) >= SECRETS_MAX:
                raise Conflict(
                    f"{SECRETS_MAX} secrets are valid at the moment; wait for one to end"
                )
            until = now_ms + overlap_ms
            kept = [s if s.until_ms is not None else replace(s, until_ms=until) for s in valid]
            changed = replace(known, secrets=(secret, *kept))
            if await self._edit(id, {}, old, changed.record()):
                return changed
        raise Unavailable("others change this endpoint all the time")

    async def enable(self, id: str, from_now: bool) -> None:
        """Deliver again, from where it stood or ``from_now``. Raises NotFound."""
        fields = {"disabled": "", "disabled_ms": "", **CLEARED}
        if from_now:
            fields["cursor"] = "top"
        await self._edit(id, fields)

    async def disable(self, id: str, reason: str, now_ms: int) -> None:
        """Deliver nothing any more until ``enable``. Raises NotFound."""
        await self._edit(id, {"disabled": reason, "disabled_ms": str(now_ms)})

    async def replay(self, id: str, after: StreamId) -> None:
        """Deliver everything after ``after`` (again). Raises NotFound."""
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
        """Return False if the record is not ``old`` any more."""
        keys = self._keys
        names = (keys.webhooks, keys.webhook(id), keys.webhook_wake, keys.live)
        pairs = [text for pair in fields.items() for text in pair]
        outcome = await script("webhooks", "edit")(
            self._redis, names, [id, old, new, WAKE_MAX, *pairs]
        )
        if outcome == b"gone":
            raise NotFound(f"there is no webhook endpoint {id}")
        return bool(outcome == b"done")


def new_endpoint(
    url: str, filter: Filter, description: str, secret: Secret, by: str, now_ms: int
) -> Endpoint:
    """Return an endpoint that is not added yet; its id says nothing."""
    id = "we_" + secrets.token_hex(8)
    return Endpoint(id, url, filter, description, rfc3339(now_ms), by, (secret,))


class WakeQueue:
    """Endpoints that the desk wants looked at now. What is taken and lost with a worker is found by
    the sweep.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """``redis`` must be made with ``connect(blocking=True)``."""
        self._redis = redis
        self._wake = keys.webhook_wake

    async def take(self, block_s: float) -> list[str]:
        """Take all there are; wait ``block_s`` for one. Raises Unavailable."""
        with translate():
            first = await command(self._redis, "BLPOP", self._wake, str(block_s))
            if first is None:
                return []
            more = await command(self._redis, "LPOP", self._wake, WAKE_MAX) or []
        return [id.decode() for id in dict.fromkeys([first[1], *more])]
