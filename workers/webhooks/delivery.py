"""One lease's work on one endpoint: what is told, what is passed over, what is tried again.

Events are read from the wire, whose history is longer, but never past the lane's top: what is not
public yet must not go out. The cursor moves after the answer, so a crash repeats the one event
under way and loses none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId
from ticker.domain.errors import NotFound
from ticker.domain.event import REMOVALS, LaneEvent, Record, WireEvent, read_lane
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.heartbeat import heartbeat_state
from ticker.stream.store import LaneStore
from ticker.webhooks.endpoints import Endpoint, State, Step, Webhooks
from ticker.webhooks.lease import NOTHING, Lease, Receipt, wire_floor
from ticker.webhooks.retry_policy import (
    Delivered,
    Disable,
    EndpointGone,
    FailureState,
    GiveUp,
    Later,
    Refused,
    TryAgain,
    content,
    decide,
    event_id,
)
from ticker.webhooks.signature import headers
from workers.webhooks.sender import Sender

log = logging.getLogger(__name__)

BATCH = 100
"""Wire entries read at once."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is left to do: all was told, or the endpoint is disabled or gone."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be tried before ``at_ms``."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class More:
    """The time is out, and there is more after ``cursor``."""

    cursor: StreamId


@dataclass(frozen=True, slots=True)
class Moved:
    """The desk began another generation: read everything again."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a round works with. ``clock`` is in seconds since 1970, ``luck`` from 0 up to 1."""

    redis: Redis
    keys: Keys
    lane: LaneStore
    webhooks: Webhooks
    sender: Sender
    clock: Callable[[], float]
    luck: Callable[[], float]
    receipts_ms: int
    """How long the receipts of an item are kept."""

    def now_ms(self) -> int:
        """Return the time in ms since 1970."""
        return int(self.clock() * 1000)


async def drain(tools: Tools, lease: Lease, id: str, until: float) -> Idle | Wait | More | Moved:
    """Deliver under ``lease`` until nothing is left, something forbids it, or it is ``until``.

    ``until`` is by the monotonic clock; one request may end after it. Raises Unavailable.
    """
    try:
        endpoint, state = await tools.webhooks.get(id)
    except NotFound:
        return Idle()
    if state.disabled is not None:
        return Idle()
    if state.retry_ms is not None and state.retry_ms > tools.now_ms():
        return Wait(state.retry_ms)
    return await _Round(tools, lease, endpoint, state).run(until)


class _Round:
    def __init__(self, tools: Tools, lease: Lease, endpoint: Endpoint, state: State) -> None:
        self._tools = tools
        self._lease = lease
        self._endpoint = endpoint
        self._generation = state.generation
        self._cursor = self._written = state.cursor
        self._trouble = state.trouble
        self._skipped = 0
        """Events passed over that are not written yet."""

    async def run(self, until: float) -> Idle | Wait | More | Moved:
        lane = self._tools.lane
        epoch, _, top = await lane.open()
        if (lost := await self._begin(top)) is not None:
            return lost
        while True:
            batch = await lane.read_wire(self._cursor, 0, BATCH)
            public = [entry for entry in batch if entry[0] <= top]
            for id, record in public:
                if (ended := await self._entry(id, record, epoch)) is not None:
                    return ended
                if time.monotonic() > until:
                    return (await self._write())[0] or More(self._cursor)
            if not public:
                known = top
                epoch, _, top = await lane.open()
                if top == known or not batch:
                    return await self._end(known)

    async def _begin(self, top: StreamId) -> Idle | Moved | None:
        """Notice what history has lost since the cursor was there; return None to go on."""
        if self._cursor > top:
            written = (await heartbeat_state(self._tools.redis, self._tools.keys)).wire_top
            if self._cursor <= written:
                return Idle()  # the lane is being rebuilt from the wire, under the same ids
            log.warning("webhook %s was ahead of the wire, which has lost its end", self._name)
            self._cursor = written
            return (await self._write())[0] or Idle()
        floor = await wire_floor(self._tools.redis, self._tools.keys)
        if self._cursor < floor:
            log.warning("webhook %s missed what was trimmed up to %s", self._name, floor)
            self._cursor = floor
            return (await self._write({"gap_ms": str(floor.ms)}))[0]
        return None

    async def _end(self, top: StreamId) -> Idle | Moved:
        """Remember that nothing up to ``top`` is left."""
        self._cursor = max(self._cursor, top)
        if self._cursor != self._written:
            return (await self._write())[0] or Idle()
        return Idle()

    async def _entry(self, id: StreamId, record: Record, epoch: int) -> Idle | Wait | Moved | None:
        """Deal with the next entry; return None to go on."""
        event = _public(id, record, epoch)
        body = None if event is None else content(event, self._endpoint.filter)
        if event is None or body is None:
            self._skipped += event is None and b"h" not in record
            self._cursor = id
            return None
        # Writes what was passed over, renews the lease, and asks for leave to send.
        ended, known = await self._write(item=event.item_id)
        if ended is not None:
            return ended
        if event.action not in REMOVALS and known in ("", "retracted"):
            # Its text is gone for good (DESIGN invariant 5); the retraction itself comes later.
            self._skipped += 1
            self._cursor = id
            return None
        return await self._tell(event, body)

    async def _tell(self, event: LaneEvent, body: bytes) -> Idle | Wait | Moved | None:
        now = self._tools.clock()
        secrets = self._endpoint.valid(int(now * 1000))
        signed = headers(secrets, event_id(event), int(now), body)
        verdict = await self._tools.sender.send(self._endpoint.url, signed, body)
        now_ms = self._tools.now_ms()
        fields = {
            "last_ms": str(now_ms),
            "last_status": "" if verdict.status is None else str(verdict.status),
        }
        if isinstance(verdict, Delivered):
            self._cursor, self._trouble = event.id, FailureState()
            fields |= {"delivered_ms": str(now_ms), "last_error": ""} | self._troubled()
            return (await self._write(fields, add="delivered", total="delivered", told=event))[0]
        fields["last_error"] = verdict.why
        return await self._failed(event, verdict, fields)

    async def _failed(
        self, event: LaneEvent, verdict: Later | Refused | EndpointGone, fields: dict[str, str]
    ) -> Idle | Wait | Moved | None:
        now_ms = self._tools.now_ms()
        first = self._trouble.since_ms is None
        self._trouble, decision = decide(self._trouble, verdict, now_ms, self._tools.luck())
        match decision:
            case TryAgain(at_ms):
                if first:
                    log.warning("webhook %s is tried again: %s", self._name, verdict.why)
                fields |= self._troubled(at_ms)
                return (await self._write(fields, total="retried", told=event))[0] or Wait(at_ms)
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
                fields |= self._troubled()
                return (
                    await self._write(fields, add="given_up", total="failed", note=note, told=event)
                )[0]
            case Disable(reason):
                log.error("webhook %s is disabled: %s", self._name, reason)
                fields |= {"disabled": reason, "disabled_ms": str(now_ms), **self._troubled()}
                return (await self._write(fields, total="failed", told=event))[0] or Idle()

    @property
    def _name(self) -> str:
        return f"{self._endpoint.id} ({self._endpoint.url})"

    def _troubled(self, retry_ms: int | None = None) -> dict[str, str]:
        """Return the trouble as fields; an empty text deletes."""
        trouble = self._trouble
        return {
            "failures": str(trouble.failures or ""),
            "refusals": str(trouble.refusals or ""),
            "failing_ms": str(trouble.since_ms or ""),
            "retry_ms": str(retry_ms or ""),
        }

    async def _write(
        self,
        fields: Mapping[str, str] = NOTHING,
        *,
        add: str | None = None,
        total: str | None = None,
        note: Mapping[str, object] | None = None,
        item: str | None = None,
        told: LaneEvent | None = None,
    ) -> tuple[Idle | Moved | None, str]:
        """Write cursor, ``fields`` and counts; return None to go on, and the state of ``item``.

        ``total`` goes into the receipts of the item that ``told`` is about.
        """
        receipt = None
        if told is not None and total is not None:
            now_ms, keep_ms = self._tools.now_ms(), self._tools.receipts_ms
            receipt = Receipt(told.item_id, told.id, total, now_ms, keep_ms)
        skipped = {"skipped": self._skipped} if self._skipped else {}
        self._skipped, self._written = 0, self._cursor
        step, known = await self._lease.step(
            self._generation,
            set={"cursor": str(self._cursor), **fields},
            add=skipped if add is None else skipped | {add: 1},
            totals=skipped if total is None else skipped | {total: 1},
            failed=note,
            item=item,
            receipt=receipt,
        )
        return _ended(step), known


def _ended(step: Step) -> Idle | Moved | None:
    match step:
        case "go":
            return None
        case "moved":
            return Moved()
        case "gone" | "lost" | "disabled":
            return Idle()


def _public(id: StreamId, record: Record, epoch: int) -> LaneEvent | None:
    """Return the event as the lane shows it; None for a heartbeat, and for what cannot be read."""
    try:
        entry = read_lane(id, WireEvent.read(record).lane_record(), epoch)
    except (ValueError, KeyError, TypeError):
        return None  # the relay has buried it; a noop stands in the lane
    return entry if isinstance(entry, LaneEvent) else None
