"""One event in one shard: who is told, in which words, how far it has come, and what it came to.

``Work.run`` may be interrupted at any moment, by a crash, a stop, a flash that goes first or a
provider that is away, and is run again: it goes on where the last page ended. What was under way
when a process was killed is sent again, a page at most; the collapse key makes one of two.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from ticker.core.errors import NotFound
from ticker.core.item import Item, Level
from ticker.core.push.fcm import conditions
from ticker.core.push.note import note_of
from ticker.core.push.plan import Order
from ticker.core.push.progress import (
    Everybody,
    Left,
    Nobody,
    NotYet,
    Progress,
    Reached,
    UpTo,
    combined,
    reached_before,
)
from ticker.core.push.subscription import Subscription
from ticker.core.push.topics import told_through
from ticker.core.push.verdicts import Outcome, suspicious
from ticker.store.push.lanes import Stop
from ticker.store.push.progress import SKIPPED, TOO_LATE, Overtaken, Tally
from ticker.store.push.subscriptions import PAGE_MAX, Page, Shard
from workers.push.batch import Batch
from workers.push.bridges import Bridges
from workers.push.fanout import CONDITIONS, job_name

log = logging.getLogger(__name__)

SLICE = 5.0
"""Seconds after which a run begins no further requests and lets its job be run again: arq takes up
a dead worker's job only when the job's own time-out is over, so that has to be short."""
STOPPED_WAIT = 30.0
"""Seconds between two looks whether a stopped lane runs again."""
FLASH_WAIT = 1.0
"""Seconds for which anything else gives way to a flash, again and again until that is out."""
NOT_YET_WAIT = 1.0
"""Seconds between two looks whether the alert has taken up what is to be replaced."""
UNFIT_MIN = 20
"""Tokens that do not fit, at least, before they mean that our set-up is wrong."""
GATHER = 1.0
"""Seconds at least between two runs that only try devices again, so that many are due in each."""
LEFT_MAX = 2_000
"""Devices waiting for another try at which a run turns to them before it reads on."""


class Work:
    """One run of one order in one shard."""

    def __init__(self, bridges: Bridges, order: Order, shard: Shard) -> None:
        self._b = bridges
        self._order = order
        self._shard = shard
        self._provider = shard.provider
        self._sender = bridges.senders[shard.provider]
        self._progress = Progress()
        self._reached: Reached = Everybody()
        self._records: dict[str, bytes] = {}
        self._item: Item | None = None
        self._message: Any = None
        self._asked = 0
        self._unfit = 0
        self._ends = bridges.monotonic() + SLICE

    async def run(self) -> float | None:
        """Send on. Return None when all is done, or the seconds until this is to be run again.

        Raises Unavailable when Redis is away: run again then.
        """
        self._progress = await self._b.progress.begin(self._order.event, str(self._shard))
        if self._progress.done:
            return None
        try:
            wait = await self._run()
        except Overtaken:
            log.info("%s in %s goes on in another run", self._order.event, self._shard)
            return None
        if wait != 0.0 and self._order.origin.level == Level.flash:
            # All that can be sent is: what waits for a server holds nobody else up.
            await self._b.lanes.flash_ends(job_name(self._order, self._shard))
        return wait

    async def _run(self) -> float | None:
        while not await self._late():
            wait = await self._hold()
            if wait is not None:
                return wait
            if self._order.kind != "alert" and self._item is None:
                self._reached = await self._who()
                if isinstance(self._reached, NotYet):
                    return NOT_YET_WAIT
                if isinstance(self._reached, Nobody):
                    break
            if not await self._refresh():
                return None
            batch = await self._next()
            if batch is not None:
                await self._send(batch)
                if batch.stop is not None:
                    return STOPPED_WAIT
            elif self._progress.left:
                due = min(one.due_ms for one in self._progress.left) - self._b.clock_ms()
                return max(GATHER, due / 1000)
            else:
                break
            if self._b.monotonic() >= self._ends:
                # Behind the others in the queue, once only those are left who did not answer.
                return 0.0 if batch.fresh else GATHER
        else:
            return None
        await self._finish()
        return None

    async def _late(self) -> bool:
        """Give up what is left once it is worth nothing any more; return whether it was."""
        if self._b.clock_ms() < self._order.deadline_ms:
            return False
        rest = await self._b.subscriptions.remaining(self._shard, self._progress.position)
        tally = Tally()
        if missed := rest + len(self._progress.left):
            tally.add(TOO_LATE, missed)
        self._progress.end_here()
        await self._finish(tally)
        return True

    async def _hold(self) -> float | None:
        """Return the seconds to stand back, None if it is this one's turn."""
        if await self._b.lanes.stopped(self._provider) is not None:
            return STOPPED_WAIT
        if self._order.origin.level == Level.flash:
            return None
        return FLASH_WAIT if await self._b.lanes.flash_pending(self._b.clock_ms()) else None

    async def _who(self) -> Reached:
        """Return whom the item's alerts reached in this shard with an older version."""
        if self._shard.topic.section == CONDITIONS:
            return Everybody()
        return combined(
            [
                reached_before(
                    await self._b.progress.look(event, str(self._shard)), self._order.version
                )
                for event in self._order.origin.alerts
            ]
        )

    async def _refresh(self) -> bool:
        """Take up what the item says by now; return False, and finish, if it says nothing more."""
        order, progress = self._order, self._progress
        try:
            item = await self._b.archive.get(order.origin.item)
        except NotFound:
            await self._finish()
            return False
        if self._item is not None and item.version == self._item.version:
            return True
        if order.kind != "withdraw" and item.state != "live":
            # The mark tells a withdrawal up to where it has to go.
            progress.end_here()
            await self._finish()
            return False
        progress.mark(item.version)
        if order.kind == "replace":
            origin, _ = await self._b.lanes.origin(order.origin.item)
            if origin is not None and origin.latest > order.version:
                await self._finish()  # a newer order reaches all that this one would
                return False
        self._item = item
        self._message = self._sender.prepare(
            note_of(
                order.kind,
                item,
                speech=self._b.speech(item.edition),
                base=self._b.base,
                collapse=order.origin.collapse,
                ttl=max(1, (order.deadline_ms - self._b.clock_ms()) // 1000),
            )
        )
        return True

    async def _next(self) -> Batch | None:
        """Return the shard's next page, or the devices that are due again, or None for neither."""
        progress = self._progress
        if len(progress.left) < LEFT_MAX:
            page = await self._page(progress.position)
            if page.last is not None:
                progress.position = page.last
                wanted = [one for one in page.subscriptions if self._wants(one)]
                skipped = len(page.subscriptions) - len(wanted)
                # Strangers' servers come last: whoever answers at once does not wait for them.
                theirs = {
                    one.id for one in wanted if self._sender.foreign(self._sender.origin(one))
                }
                progress.left += [Left(id, 0, 0) for id in theirs]
                wanted = [one for one in wanted if one.id not in theirs]
                self._records = page.records
                batch = Batch(wanted, dict.fromkeys((one.id for one in wanted), 0), fresh=True)
                if skipped:
                    batch.tally.add(SKIPPED, skipped)
                return batch
        now = self._b.clock_ms()
        due = [one for one in progress.left if one.due_ms <= now][:PAGE_MAX]
        if not due:
            return None
        tries = {one.id: one.tries for one in due}
        progress.left = [one for one in progress.left if one.id not in tries]
        if self._shard.topic.section == CONDITIONS:
            page = self._conditions("")
        else:
            page = await self._b.subscriptions.some(self._provider, list(tries))
        self._records = page.records
        return Batch([one for one in page.subscriptions if one.id in tries], tries)

    async def _page(self, after: str) -> Page:
        if self._shard.topic.section == CONDITIONS:
            return self._conditions(after)
        if isinstance(self._reached, UpTo) and after >= self._reached.position:
            return Page([], None, {})
        return await self._b.subscriptions.page(self._shard, after)

    def _conditions(self, after: str) -> Page:
        """Return FCM's topics as if each condition were a device."""
        origin = self._order.origin
        found = conditions(origin.edition, origin.sections, origin.level)
        members = [
            Subscription(f"{n:02}", "fcm", text, origin.edition, (), origin.level, 0)
            for n, text in enumerate(found)
        ]
        rest = [one for one in members if one.id > after]
        return Page(rest, rest[-1].id if rest else None, {})

    def _wants(self, one: Subscription) -> bool:
        topic, reached = self._shard.topic, self._reached
        if topic.section == CONDITIONS:
            return True
        if isinstance(reached, UpTo) and one.id > reached.position:
            return False
        if isinstance(reached, Everybody | UpTo) and one.id in reached.but:
            return False
        if one.since_ms > self._order.origin.alerts[-1].ms:
            return False  # it was not there yet, and what it was not told of cannot be corrected
        # It may have changed its mind since it was filed here, or be told in another shard.
        return (
            one.edition == topic.edition
            and one.level == topic.level
            and told_through(self._order.origin.sections, one.sections) == topic.section
        )

    async def _send(self, batch: Batch) -> None:
        try:
            await batch.send(self._b, self._provider, self._message, self._ends)
        except asyncio.CancelledError:
            # The process stops. What was sent is sent; the rest is not lost and not sent twice.
            with contextlib.suppress(Overtaken):
                await self._settle(batch)
            raise
        await self._settle(batch)

    async def _settle(self, batch: Batch) -> None:
        """Act on the batch's outcomes, and keep how far it has come."""
        self._asked += batch.asked
        self._unfit += len(batch.unfit)
        if batch.unfit:
            await self._set_aside(batch)
        if batch.prune:
            await self._b.subscriptions.prune(self._provider, self._read(batch.prune))
        if batch.stop is not None:
            stop = Stop(batch.stop, self._b.clock_ms(), self._sender.setup)
            if await self._b.lanes.stop(self._provider, stop):
                log.error("%s is stopped, nobody is told by it: %s", self._provider, batch.stop)
        self._progress.left += batch.left
        await self._keep(batch.tally)

    async def _set_aside(self, batch: Batch) -> None:
        """Set tokens that do not fit aside, but never many: then the fault is not theirs.

        Where most of a send fails like this we talk to the wrong environment, and stop. Less is
        not enough to stop for: anybody can register tokens that were never any good.
        """
        if not suspicious(self._unfit, self._asked):
            batch.tally.add(Outcome.QUARANTINE, len(batch.unfit))
            await self._b.subscriptions.quarantine(self._provider, self._read(batch.unfit))
            return
        share = f"{self._unfit} of {self._asked} tokens do not fit"
        if self._unfit >= UNFIT_MIN and self._unfit * 2 > self._asked:
            batch.stop = f"{share}: is this the right environment, app and key?"
            batch.again(batch.unfit, self._b.clock_ms())
        else:
            batch.tally.add(Outcome.DROP, len(batch.unfit))
            log.error("%s: %s, and none is set aside: wrong environment?", self._provider, share)

    def _read(self, ids: list[str]) -> list[tuple[str, bytes]]:
        return [(id, self._records[id]) for id in ids if id in self._records]

    async def _finish(self, tally: Tally | None = None) -> None:
        self._progress.done = True
        await self._keep(Tally() if tally is None else tally)

    async def _keep(self, tally: Tally) -> None:
        await self._b.progress.advance(
            self._order.event,
            str(self._shard),
            self._progress,
            tally,
            item=self._order.origin.item,
            provider=self._provider,
            kind=self._order.kind,
        )
