"""Delivery to one endpoint under a lease: which events are sent, skipped and tried again.

Events are read from the wire, whose history is longer, but never past the lane's top: what is not
public yet must not be delivered. The cursor moves after the answer, so a crash repeats the one
event in flight and loses none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId
from ticker.domain.errors import NotFound
from ticker.domain.event import REMOVALS, LaneEvent, Record, WireEvent, read_lane
from ticker.domain.request_context import context_of
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.heartbeat import heartbeat_state
from ticker.stream.lane_store import LaneStore
from ticker.telemetry import traces
from ticker.telemetry.context import request_context
from ticker.telemetry.logs import fields as log_fields
from ticker.webhooks.endpoint import Endpoint, State
from ticker.webhooks.endpoints import Step, Webhooks
from ticker.webhooks.event_body import content, event_id
from ticker.webhooks.lease import NO_FIELDS, Lease, Receipt, wire_floor
from ticker.webhooks.retry_policy import (
    Delivered,
    Disable,
    EndpointGone,
    FailureState,
    GiveUp,
    Later,
    Refused,
    TryAgain,
    decide,
    server_is_away,
)
from ticker.webhooks.signature import headers
from ticker.webhooks.waiting import Waiting, origin
from workers.webhooks.sender import Sender

log = logging.getLogger(__name__)

BATCH = 100
"""Wire entries read at once."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do: all was delivered, or the endpoint is disabled or removed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be sent before ``at_ms``."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class More:
    """The time slice is over, and there are events after ``cursor``."""

    cursor: StreamId


@dataclass(frozen=True, slots=True)
class Superseded:
    """An editor changed the endpoint: read it again."""


Ended: TypeAlias = Idle | Wait | Superseded
"""Why a round ended."""


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """The stores and the sender of deliveries.

    ``clock`` is seconds since 1970, ``jitter`` a random number from 0 to 1.
    """

    redis: Redis
    keys: Keys
    lane: LaneStore
    webhooks: Webhooks
    sender: Sender
    clock: Callable[[], float]
    jitter: Callable[[], float]
    waiting: Waiting
    receipts_ms: int
    """How long the receipts of an item are kept."""

    def now_ms(self) -> int:
        """Return the time in ms since 1970."""
        return int(self.clock() * 1000)


async def drain(context: DeliveryContext, lease: Lease, id: str, until: float) -> Ended | More:
    """Deliver under ``lease`` until nothing is left, the endpoint has to wait, or it is ``until``.

    ``until`` is monotonic seconds; one request may end after it. Raises Unavailable.
    """
    try:
        endpoint, state = await context.webhooks.get(id)
    except NotFound:
        return Idle()
    if state.disabled is not None:
        return Idle()
    if state.retry_ms is not None and state.retry_ms > context.now_ms():
        return Wait(state.retry_ms)
    return await _Drain(context, lease, endpoint, state).run(until)


class _Drain:
    def __init__(
        self, context: DeliveryContext, lease: Lease, endpoint: Endpoint, state: State
    ) -> None:
        self._context = context
        self._lease = lease
        self._endpoint = endpoint
        self._generation = state.generation
        self._cursor = self._written = state.cursor
        self._failure = state.failure
        self._skipped = 0
        """Skipped events that are not written yet."""
        self._answered = False
        """The server accepted an event in this run, and its other endpoints were woken."""

    async def run(self, until: float) -> Ended | More:
        lane = self._context.lane
        epoch, _, top = await lane.open()
        if (lost := await self._check_history(top)) is not None:
            return lost
        while True:
            batch = await lane.read_wire(self._cursor, 0, BATCH)
            public = [entry for entry in batch if entry[0] <= top]
            for id, record in public:
                with request_context(context_of(record)):
                    ended = await self._entry(id, record, epoch)
                if ended is not None:
                    return ended
                if time.monotonic() > until:
                    return (await self._write())[0] or More(self._cursor)
            if not public:
                known = top
                epoch, _, top = await lane.open()
                if top == known or not batch:
                    return await self._end(known)

    async def _check_history(self, top: StreamId) -> Idle | Superseded | None:
        """Move the cursor if the history around it was lost; return None to go on."""
        if self._cursor > top:
            written = (await heartbeat_state(self._context.redis, self._context.keys)).wire_top
            if self._cursor <= written:
                return Idle()  # the lane is being rebuilt from the wire, under the same ids
            log.warning("webhook %s: the wire has lost events it had delivered", self._name)
            self._cursor = written
            return (await self._write())[0] or Idle()
        floor = await wire_floor(self._context.redis, self._context.keys)
        if self._cursor < floor:
            log.warning("webhook %s: missed the events trimmed up to %s", self._name, floor)
            self._cursor = floor
            return (await self._write({"gap_ms": str(floor.ms)}))[0]
        return None

    async def _end(self, top: StreamId) -> Idle | Superseded:
        """Record that everything up to ``top`` is done."""
        self._cursor = max(self._cursor, top)
        if self._cursor != self._written:
            return (await self._write())[0] or Idle()
        return Idle()

    async def _entry(self, id: StreamId, record: Record, epoch: int) -> Ended | None:
        """Process the next entry; return None to go on."""
        event = _public(id, record, epoch)
        body = None if event is None else content(event, self._endpoint.filter)
        if event is None or body is None:
            self._skipped += event is None and b"h" not in record
            self._cursor = id
            return None
        # Writes the skipped events, renews the lease, and checks that sending is still allowed.
        ended, state = await self._write(item=event.item_id)
        if ended is not None:
            return ended
        if event.action not in REMOVALS and state in ("", "retracted"):
            # A retracted text must not be delivered; the retraction itself comes later.
            self._skipped += 1
            self._cursor = id
            return None
        return await self._send(event, body)

    async def _send(self, event: LaneEvent, body: bytes) -> Ended | None:
        now = self._context.clock()
        secrets = self._endpoint.valid(int(now * 1000))
        signed = headers(secrets, event_id(event), int(now), body)
        facts = {"ticker.event": str(event.id), "ticker.endpoint": self._endpoint.id}
        with traces.span("webhook delivery", **facts):
            verdict = await self._context.sender.send(self._endpoint.url, signed, body)
        now_ms = self._context.now_ms()
        fields = {
            "last_ms": str(now_ms),
            "last_status": "" if verdict.status is None else str(verdict.status),
        }
        if isinstance(verdict, Delivered):
            if not self._answered:
                self._answered = True
                server = origin(self._endpoint.url)
                await self._context.waiting.answered(self._endpoint.id, server, now_ms)
            self._cursor, self._failure = event.id, FailureState()
            fields |= {"delivered_ms": str(now_ms), "last_error": ""} | self._failure_fields()
            found = log_fields(endpoint=self._endpoint.id, event=event.id, item=event.item_id)
            log.info("webhook: delivered", extra=found)
            return (await self._write(fields, add="delivered", total="delivered", event=event))[0]
        fields["last_error"] = verdict.why
        return await self._failed(event, verdict, fields)

    async def _failed(
        self, event: LaneEvent, verdict: Later | Refused | EndpointGone, fields: dict[str, str]
    ) -> Ended | None:
        now_ms = self._context.now_ms()
        first = self._failure.since_ms is None
        self._failure, decision = decide(self._failure, verdict, now_ms, self._context.jitter())
        match decision:
            case TryAgain(at_ms):
                if first:
                    log.warning("webhook %s: failed, retrying: %s", self._name, verdict.why)
                fields |= self._failure_fields(at_ms)
                if isinstance(verdict, Later) and server_is_away(verdict):
                    server = origin(self._endpoint.url)
                    await self._context.waiting.failed(self._endpoint.id, server, now_ms)
                return (await self._write(fields, total="retried", event=event))[0] or Wait(at_ms)
            case GiveUp():
                self._cursor = event.id
                note = {
                    "event": event_id(event),
                    "item": event.item_id,
                    "action": event.action,
                    "at": rfc3339(now_ms),
                    "status": verdict.status,
                    "why": verdict.why,
                }
                fields |= self._failure_fields()
                ended, _ = await self._write(
                    fields, add="given_up", total="failed", note=note, event=event
                )
                return ended
            case Disable(reason):
                log.error("webhook %s: disabled: %s", self._name, reason)
                fields |= {"disabled": reason, "disabled_ms": str(now_ms), **self._failure_fields()}
                return (await self._write(fields, total="failed", event=event))[0] or Idle()

    @property
    def _name(self) -> str:
        return f"{self._endpoint.id} ({self._endpoint.url})"

    def _failure_fields(self, retry_ms: int | None = None) -> dict[str, str]:
        """Return the failure state as fields; an empty text deletes a field."""
        failure = self._failure
        return {
            "failures": str(failure.failures or ""),
            "refusals": str(failure.refusals or ""),
            "failing_ms": str(failure.since_ms or ""),
            "retry_ms": str(retry_ms or ""),
        }

    async def _write(
        self,
        fields: Mapping[str, str] = NO_FIELDS,
        *,
        add: str | None = None,
        total: str | None = None,
        note: Mapping[str, object] | None = None,
        item: str | None = None,
        event: LaneEvent | None = None,
    ) -> tuple[Idle | Superseded | None, str]:
        """Write cursor, ``fields`` and counts; return None to go on, and the state of ``item``.

        ``total`` also counts in the receipts of the item of ``event``.
        """
        receipt = None
        if event is not None and total is not None:
            now_ms, keep_ms = self._context.now_ms(), self._context.receipts_ms
            receipt = Receipt(event.item_id, event.id, total, now_ms, keep_ms)
        skipped = {"skipped": self._skipped} if self._skipped else {}
        self._skipped, self._written = 0, self._cursor
        step, state = await self._lease.step(
            self._generation,
            set={"cursor": str(self._cursor), **fields},
            add=skipped if add is None else skipped | {add: 1},
            totals=skipped if total is None else skipped | {total: 1},
            failed=note,
            item=item,
            receipt=receipt,
        )
        return _ended(step), state


def _ended(step: Step) -> Idle | Superseded | None:
    match step:
        case "go":
            return None
        case "moved":
            return Superseded()
        case "gone" | "lost" | "disabled":
            return Idle()


def _public(id: StreamId, record: Record, epoch: int) -> LaneEvent | None:
    """Return the event as the lane shows it; None for a heartbeat or an unreadable entry."""
    try:
        entry = read_lane(id, WireEvent.read(record).lane_record(), epoch)
    except ValueError:
        return None  # the relay has made it a dead letter; a noop stands in the lane
    return entry if isinstance(entry, LaneEvent) else None
