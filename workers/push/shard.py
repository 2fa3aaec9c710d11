"""One event in one shard: who is told, in which words, how far it has come, and what it came to.

``Work.run`` may be interrupted at any moment, by a crash, a stop, a flash that goes first or a
provider that is away, and is run again: it goes on where the last page ended. Before a page's first
request it is written down that the page is under way. What was under way when a process was killed
is sent again, a page at most; the collapse key makes one of two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ticker.domain.errors import NotFound, Unavailable
from ticker.domain.item import Item, Level
from ticker.push.model.note import note_of
from ticker.push.model.plan import AlertRecord, Order
from ticker.push.model.progress import Progress
from ticker.push.model.verdicts import Outcome, suspicious
from ticker.push.store.progress import ENDED, TOO_LATE, Fenced, Overtaken, Tally
from ticker.push.store.provider_state import ProviderStop
from ticker.push.store.subscriptions import Shard
from workers.push.batch import Batch
from workers.push.context import PushContext
from workers.push.fanout import job_name
from workers.push.recipients import Members

log = logging.getLogger(__name__)

SLICE = 5.0
"""Seconds after which a run begins no further requests and lets its job be run again: arq takes up
a dead worker's job only when the job's own time-out is over, so that has to be short."""
STOPPED_WAIT = 30.0
"""Seconds between two looks whether a stopped lane runs again."""
FLASH_WAIT = 1.0
"""Seconds for which anything else gives way to a flash, again and again until that is out."""
UNFIT_MIN = 20
"""Tokens that do not fit, at least, before they mean that our set-up is wrong."""
GATHER = 1.0
"""Seconds at least between two runs that only try devices again, so that many are due in each."""
LEFT_MAX = 2_000
"""Devices waiting for another try from which on those that are due go before the next page. More
than a shard has there never are."""
KEEP_TRIES = 8
"""Times that outcomes are kept before a run gives up on Redis: losing them tells a page twice."""
KEEP_PAUSE = 1.0
"""Seconds at most between two of them."""


class Work:
    """One run of one order in one shard."""

    def __init__(self, bridges: PushContext, order: Order, shard: Shard) -> None:
        self._b = bridges
        self._order = order
        self._shard = shard
        self._provider = shard.provider
        self._sender = bridges.senders[shard.provider]
        self._progress = Progress()
        self._members = Members(bridges, order, shard)
        self._item: Item | None = None
        self._message: Any = None
        self._ends = bridges.monotonic() + SLICE

    async def run(self) -> float | None:
        """Send on. Return None when all is done, or the seconds until this is to be run again.

        Raises Unavailable when Redis is away: run again then.
        """
        self._progress = await self._b.progress.begin(self._order.event, str(self._shard))
        try:
            wait = None if self._progress.done else await self._run()
        except Overtaken:
            log.info("%s in %s goes on in another run", self._order.event, self._shard)
            return None
        except Fenced:
            return 0.0  # the item says something else by now: begin with that
        if wait != 0.0 and self._order.origin.level == Level.flash:
            # All that can be sent is: what waits for a server holds nobody else up.
            await self._b.lanes.flash_ends(job_name(self._order, self._shard))
        return wait

    async def _run(self) -> float | None:
        wait = await self._members.fence()
        if wait is not None:
            return wait
        while True:
            if await self._late():
                return None
            wait = await self._hold()
            if wait is not None:
                return wait
            if not await self._refresh():
                return None
            batch = await self._next()
            if batch is None:
                if not self._progress.left:
                    await self._finish()
                    return None
                due = min(one.due_ms for one in self._progress.left) - self._b.clock_ms()
                return max(GATHER, due / 1000)
            await self._send(batch)
            if batch.stop is not None:
                return STOPPED_WAIT
            if self._b.monotonic() >= self._ends:
                # Behind the others in the queue, once only those are left who did not answer.
                return GATHER if batch.last is None else 0.0

    async def _late(self) -> bool:
        """Give up what is left once it is worth nothing any more; return whether it was."""
        if self._b.clock_ms() < self._order.deadline_ms:
            return False
        await self._end(TOO_LATE)
        return True

    async def _end(self, why: str) -> None:
        """Finish, and count those who are not told any more."""
        tally = Tally()
        rest = await self._members.remaining(self._progress.position)
        if missed := rest + len(self._progress.left):
            tally.add(why, missed)
        self._progress.end_here()
        await self._finish(tally)

    async def _hold(self) -> float | None:
        """Return the seconds to stand back, None if it is this one's turn."""
        if await self._b.lanes.stopped(self._provider) is not None:
            return STOPPED_WAIT
        if self._order.origin.level == Level.flash:
            return None
        return FLASH_WAIT if await self._b.lanes.flash_pending(self._b.clock_ms()) else None

    async def _refresh(self) -> bool:
        """Take up what the item says by now; return False, and finish, if it says nothing more."""
        order = self._order
        try:
            item = await self._b.archive.get(order.origin.item)
        except NotFound:
            await self._end(ENDED)
            return False
        if self._item is not None and item.version == self._item.version:
            return True
        origin, _ = await self._b.lanes.origin(order.origin.item)
        if not _goes_on(order, item) or (origin is not None and _taken_over(order, origin)):
            await self._end(ENDED)
            return False
        self._progress.mark(item.version)
        self._item = item
        self._message = self._sender.prepare(
            note_of(
                order.kind,
                item,
                speech=self._b.speech(item.edition),
                base=self._b.base,
                collapse=order.origin.collapse,
                ttl=max(1, (order.deadline_ms - self._b.clock_ms()) // 1000),
                changed=item.version != order.version,
            )
        )
        return True

    async def _next(self) -> Batch | None:
        """Return the shard's next page, or the devices that are due again, or None for neither."""
        members, progress = self._members, self._progress
        first = await members.due(progress) if len(progress.left) >= LEFT_MAX else None
        return first or await members.page(progress) or await members.due(progress)

    async def _send(self, batch: Batch) -> None:
        progress = self._progress
        rest = progress.left
        # Whoever is asked from here on may be told, whatever becomes of this process.
        progress.ahead = max(progress.ahead, batch.last or "")
        progress.left = [*rest, *batch.members] if batch.last is None else rest
        await self._keep(Tally(), busy=True)
        progress.left = rest
        try:
            await batch.send(self._b, self._provider, self._message, self._ends)
        except asyncio.CancelledError:
            # The process stops. What was sent is sent; the rest is not lost and not sent twice.
            await _to_its_end(self._settle(batch))
            raise
        await _to_its_end(self._settle(batch))

    async def _settle(self, batch: Batch) -> None:
        """Act on the batch's outcomes, and keep how far it has come."""
        if batch.unfit:
            await self._set_aside(batch)
        else:
            self._b.fits(self._provider, batch.asked, 0)
        if batch.prune:
            await self._b.subscriptions.prune(self._provider, _read(batch, batch.prune))
        if batch.stop is not None:
            stop = ProviderStop(batch.stop, self._b.clock_ms(), self._sender.setup)
            if await self._b.lanes.stop(self._provider, stop):
                log.error("%s is stopped, nobody is told by it: %s", self._provider, batch.stop)
        self._progress.left += batch.left
        self._progress.position = max(self._progress.position, batch.last or "")
        await self._keep(batch.tally)

    async def _set_aside(self, batch: Batch) -> None:
        """Set tokens that do not fit aside, but never many: then the fault is not theirs.

        Where most of what this process sends fails like this we talk to the wrong environment, and
        stop. Less is not enough to stop for: anybody can register tokens that never were any good.
        """
        asked, unfit = self._b.fits(self._provider, batch.asked, len(batch.unfit))
        if not suspicious(unfit, asked):
            batch.tally.add(Outcome.QUARANTINE, len(batch.unfit))
            await self._b.subscriptions.quarantine(self._provider, _read(batch, batch.unfit))
            return
        share = f"{unfit} of {asked} tokens do not fit"
        if unfit >= UNFIT_MIN and unfit * 2 > asked:
            batch.stop = f"{share}: is this the right environment, app and key?"
            batch.again(batch.unfit, self._b.clock_ms())
            self._b.forget_fits(self._provider)
        else:
            batch.tally.add(Outcome.DROP, len(batch.unfit))
            log.error("%s: %s, and none is set aside: wrong environment?", self._provider, share)

    async def _finish(self, tally: Tally | None = None) -> None:
        self._progress.done = True
        await self._keep(Tally() if tally is None else tally)

    async def _keep(self, tally: Tally, busy: bool = False) -> None:
        for attempt in range(KEEP_TRIES):
            try:
                await self._b.progress.advance(
                    self._order.event,
                    str(self._shard),
                    self._progress,
                    tally,
                    item=self._order.origin.item,
                    provider=self._provider,
                    kind=self._order.kind,
                    busy=busy,
                )
                return
            except Unavailable:
                if busy or attempt == KEEP_TRIES - 1:
                    raise  # before a page there is nothing to lose
                await asyncio.sleep(min(KEEP_PAUSE, 0.1 * 2.0**attempt))


def _goes_on(order: Order, item: Item) -> bool:
    """Tell whether the item still has something to say. A withdrawal says nothing of its text."""
    if order.kind == "withdraw":
        return True
    return item.state == "live" or (order.kind == "replace" and item.state == "expired")


def _taken_over(order: Order, origin: AlertRecord) -> bool:
    """Tell whether a newer order reaches everybody whom this one would."""
    if order.kind == "alert":
        return origin.alerts[-1] > order.event
    return order.kind == "replace" and origin.latest > order.version


def _read(batch: Batch, ids: list[str]) -> list[tuple[str, bytes]]:
    return [(id, batch.records[id]) for id in ids if id in batch.records]


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await ``work`` even if this task is cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
