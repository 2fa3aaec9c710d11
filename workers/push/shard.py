"""One run of one event in one shard: read a page, send it, store the progress and the outcomes.

A run may be interrupted at any moment, by a crash, a stop, a flash or a provider that is away. The
next run goes on after the last complete page. Before a page's first request it is recorded that the
page is being sent. After a kill that page is sent again; the collapse key makes one notification of
the two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from ticker.domain.backoff import delay
from ticker.domain.errors import NotFound, Unavailable
from ticker.domain.item import Item, Level
from ticker.push.model.alert_decision import AlertRecord, Order
from ticker.push.model.note import make_note
from ticker.push.model.progress import Progress
from ticker.push.store.progress import ENDED, TOO_LATE, Fenced, Overtaken, Tally
from ticker.push.store.subscriptions import Shard
from ticker.telemetry import traces
from ticker.telemetry.logs import fields
from workers.push.batch import Batch, Transmission
from workers.push.context import PushContext
from workers.push.fanout import job_name
from workers.push.outcomes import Outcomes
from workers.push.recipients import ShardRecipients

log = logging.getLogger(__name__)

SLICE = 5.0
"""Seconds after which a run begins no further request and its job is run again. arq gives a dead
worker's job to another worker only after the job's own timeout, so that has to be short."""
STOPPED_WAIT = 30.0
"""Seconds between two checks whether a stopped provider runs again."""
FLASH_WAIT = 1.0
"""Seconds for which other alerts wait for a flash, repeated until the flash is sent."""
RETRY_GAP = 1.0
"""Seconds at least between two runs that only retry devices, so that many are due in each."""
PENDING_MAX = 2_000
"""Pending devices above which those that are due go before the next page. A shard never has more
pending devices than members."""
REFRESHES_MAX = 3
"""Times that an item is read again because it changed before a page began."""
SAVE_ATTEMPTS = 8
"""Attempts to store outcomes before a run fails: losing them sends a page twice."""
SAVE_PAUSE = 1.0
"""Seconds at most between two attempts."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The run ends here; the job is run again after ``wait`` seconds, or is done if None."""

    wait: float | None


class ShardRun:
    """One run of one order in one shard."""

    def __init__(self, context: PushContext, order: Order, shard: Shard) -> None:
        self._context = context
        self._order = order
        self._shard = shard
        self._provider = shard.provider
        self._sender = context.senders[shard.provider]
        self._progress = Progress()
        self._recipients = ShardRecipients(context, order, shard)
        self._item: Item | None = None
        self._message: Any = None
        self._ends = context.monotonic() + SLICE

    async def run(self) -> float | None:
        """Send until the time slice ends.

        Return None when all is done, or the seconds after which to run again. Raises Unavailable
        when Redis is away: run again then.
        """
        self._progress = await self._context.progress.begin(self._order.event, str(self._shard))
        try:
            wait = None if self._progress.done else await self._run()
        except Overtaken:
            log.info("event %s, shard %s: another run goes on", self._order.event, self._shard)
            return None
        except Fenced:
            return 0.0  # the item has changed: begin again with its new version
        if wait != 0.0 and self._order.alert.level == Level.flash:
            # Everything that can be sent is sent: devices that wait for a server hold nothing up.
            await self._context.providers.flash_ends(job_name(self._order, self._shard))
        return wait

    async def _run(self) -> float | None:
        wait = await self._recipients.fence()
        if wait is not None:
            return wait
        while True:
            if await self._end_if_late():
                return None
            batch = await self._next_batch()
            if isinstance(batch, Pause):
                return batch.wait
            await self._send(batch)
            if batch.stop is not None:
                return STOPPED_WAIT
            if self._context.monotonic() >= self._ends:
                # Queue behind the other jobs once only retries are left.
                return RETRY_GAP if batch.last is None else 0.0

    async def _end_if_late(self) -> bool:
        """Give up what is left after the deadline; return whether it has passed."""
        if self._context.clock_ms() < self._order.deadline_ms:
            return False
        await self._end(TOO_LATE)
        return True

    async def _end(self, reason: str) -> None:
        """Finish, and count the devices that are left over under ``reason``."""
        tally = Tally()
        rest = await self._recipients.remaining(self._progress.position)
        if missed := rest + len(self._progress.pending):
            tally.add(reason, missed)
        self._progress.end()
        await self._finish(tally)

    async def _next_batch(self, refreshes: int = REFRESHES_MAX) -> Batch | Pause:
        """Return the shard's next page or the due retries, recorded as being sent.

        An item that changes meanwhile is read again, at most ``refreshes`` times.
        """
        if self._item is None or self._recipients.are_conditions:
            # Later changes of the item, stops and flashes are noticed when a page begins.
            if not await self._refresh():
                return Pause(None)
            if self._recipients.are_conditions and (pause := await self._wait_for_turn()):
                return pause
        progress = self._progress
        if len(progress.pending) >= PENDING_MAX and (due := await self._due_batch()):
            return due
        assert self._item is not None
        page = await self._recipients.next_page(progress, self._item)
        match page:
            case "stopped":
                return Pause(STOPPED_WAIT)
            case "flash":
                return Pause(FLASH_WAIT)
            case "changed":
                if not await self._refresh():
                    return Pause(None)
                if not refreshes:
                    return Pause(RETRY_GAP)
                return await self._next_batch(refreshes - 1)
            case Batch() if self._recipients.are_conditions:
                await self._record_start(page)
                return page
            case Batch():
                return page
            case None:
                pass  # the shard's end
        if due := await self._due_batch():
            return due
        if not progress.pending:
            await self._finish()
            return Pause(None)
        wait_ms = min(one.due_ms for one in progress.pending) - self._context.clock_ms()
        return Pause(max(RETRY_GAP, wait_ms / 1000))

    async def _due_batch(self) -> Batch | Pause | None:
        """Return the devices whose retry is due, recorded as being sent; None for none."""
        now = self._context.clock_ms()
        if not any(one.due_ms <= now for one in self._progress.pending):
            return None
        if pause := await self._wait_for_turn():
            return pause
        if not await self._refresh():
            return Pause(None)
        batch = await self._recipients.due(self._progress)
        if batch is not None:
            await self._record_start(batch)
        return batch

    async def _wait_for_turn(self) -> Pause | None:
        """Return a pause while the provider is stopped or a flash goes first, else None."""
        providers = self._context.providers
        if await providers.stopped(self._provider) is not None:
            return Pause(STOPPED_WAIT)
        if self._order.alert.level == Level.flash:
            return None
        pending = await providers.flash_pending(self._context.clock_ms())
        return Pause(FLASH_WAIT) if pending else None

    async def _refresh(self) -> bool:
        """Prepare the message for the item's current version.

        Return False, and finish, if the item has nothing to send any more.
        """
        order = self._order
        try:
            item = await self._context.items.get(order.alert.item)
        except NotFound:
            await self._end(ENDED)
            return False
        known = self._item
        if known is not None and (item.version, item.state) == (known.version, known.state):
            return True
        alert, _ = await self._context.alerts.get(order.alert.item)
        if not _still_current(order, item) or (alert is not None and _superseded(order, alert)):
            await self._end(ENDED)
            return False
        self._progress.mark(item.version)
        self._item = item
        self._message = self._sender.prepare(
            make_note(
                order.kind,
                item,
                strings=self._context.strings(item.edition),
                base=self._context.public_url,
                collapse=order.alert.collapse,
                ttl=max(1, (order.deadline_ms - self._context.clock_ms()) // 1000),
                changed=item.version != order.version,
            )
        )
        return True

    async def _record_start(self, batch: Batch) -> None:
        """Record that the batch is being sent: from here on its members may get it."""
        progress = self._progress
        rest = progress.pending
        progress.ahead = max(progress.ahead, batch.last or "")
        progress.pending = [*rest, *batch.members] if batch.last is None else rest
        await self._save(Tally(), busy=True)
        progress.pending = rest

    async def _send(self, batch: Batch) -> None:
        sending = Transmission(self._context, self._sender, self._message, self._ends)
        facts: dict[str, traces.Value] = {
            "ticker.event": str(self._order.event),
            "ticker.shard": str(self._shard),
            "ticker.devices": len(batch.members),
        }
        try:
            with traces.span("push page", **facts):
                await batch.send(sending)
        except asyncio.CancelledError:
            # The process stops. What was sent is stored; the rest is neither lost nor sent twice.
            await _shielded(self._settle(batch))
            raise
        await _shielded(self._settle(batch))

    async def _settle(self, batch: Batch) -> None:
        """Act on the batch's outcomes and store the progress."""
        await Outcomes(self._context, self._provider, self._sender.setup).apply(batch)
        self._progress.pending += batch.pending
        self._progress.position = max(self._progress.position, batch.last or "")
        await self._save(batch.tally)

    async def _finish(self, tally: Tally | None = None) -> None:
        self._progress.done = True
        await self._save(Tally() if tally is None else tally)
        order = self._order
        found = fields(kind=order.kind, event=order.event, item=order.alert.item, shard=self._shard)
        log.info("push: shard done", extra=found)

    async def _save(self, tally: Tally, busy: bool = False) -> None:
        for attempt in range(SAVE_ATTEMPTS):
            try:
                await self._context.progress.advance(
                    self._order.event,
                    str(self._shard),
                    self._progress,
                    tally,
                    item=self._order.alert.item,
                    provider=self._provider,
                    kind=self._order.kind,
                    busy=busy,
                )
                return
            except Unavailable:
                if busy or attempt == SAVE_ATTEMPTS - 1:
                    raise  # before a batch is sent there is nothing to lose
                await asyncio.sleep(delay(attempt + 1, first=0.1, last=SAVE_PAUSE, jitter=1.0))


def _still_current(order: Order, item: Item) -> bool:
    """Tell whether the item's state still allows the order. A withdrawal is always allowed."""
    if order.kind == "withdraw":
        return True
    return item.state == "live" or (order.kind == "replace" and item.state == "expired")


def _superseded(order: Order, alert: AlertRecord) -> bool:
    """Tell whether a newer order reaches every device that this one would."""
    if order.kind == "alert":
        return alert.alerts[-1] > order.event
    return order.kind == "replace" and alert.latest > order.version


async def _shielded(work: Coroutine[Any, Any, None]) -> None:
    """Finish ``work`` even if this task is cancelled meanwhile; raise CancelledError then."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
