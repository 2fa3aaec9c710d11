"""Whom an order is for, of one shard: the next page, who is due again, and how many are left.

An alert is for everybody who wanted it when it went out. A replacement or a withdrawal is for those
whom the alerts reached, and may not overtake them: ``fence`` sees to both.
"""

from __future__ import annotations

from ticker.push.model.fcm import conditions
from ticker.push.model.plan import Order
from ticker.push.model.progress import (
    NEVER,
    PendingRecipient,
    Progress,
    RecipientSet,
    reached_before,
)
from ticker.push.model.subscription import Subscription
from ticker.push.model.topics import told_through
from ticker.push.store.progress import SKIPPED
from ticker.push.store.subscriptions import PAGE_MAX, Page, Shard
from workers.push.batch import Batch
from workers.push.context import PushContext
from workers.push.fanout import CONDITIONS

FENCE_WAIT = 1.0
"""Seconds between two looks whether what is to be replaced is no longer under way."""


class Members:
    """The members of ``shard`` whom ``order`` concerns."""

    def __init__(self, bridges: PushContext, order: Order, shard: Shard) -> None:
        self._b = bridges
        self._order = order
        self._shard = shard
        self._sender = bridges.senders[shard.provider]
        self._reached = RecipientSet()
        self._covered = RecipientSet()

    async def fence(self) -> float | None:
        """Find out whom the item's alerts reached, and keep older versions from going out.

        Return the seconds to wait while one of them may still be under way: what arrives last is
        what a phone shows.
        """
        order, shard, now = self._order, str(self._shard), self._b.clock_ms()
        if order.kind == "alert":
            return None
        for event in (*order.origin.alerts, *order.origin.changes):
            if event >= order.event:
                continue
            fence = await self._b.progress.fence(event, shard, order.version, now)
            if fence is None:
                continue
            if fence.busy and now < fence.at_ms + self._b.longest * 1000:
                return FENCE_WAIT
            if event in order.origin.alerts:
                self._reached |= reached_before(fence.progress, order.version)
        holder = await self._b.lanes.holder(order.origin.collapse)
        alerts = order.origin.alerts
        if holder and holder.item != order.origin.item and holder.alerts[-1] > alerts[-1]:
            # Where a newer alert took this one's place there is nothing left to replace.
            newer = await self._b.progress.look(holder.alerts[-1], shard)
            self._covered = reached_before(newer, NEVER)
        return None

    async def page(self, progress: Progress) -> Batch | None:
        """Return the page after ``progress.position``, None at the end.

        Those at strangers' servers are left for later.
        """
        after = progress.position
        if self._order.kind != "alert" and after >= self._reached.last:
            return None
        if self._shard.topic.section == CONDITIONS:
            page = self._conditions(after)
        else:
            page = await self._b.subscriptions.page(self._shard, after)
        if page.last is None:
            return None
        wanted = [one for one in page.subscriptions if self._wants(one)]
        skipped = len(page.subscriptions) - len(wanted)
        # Strangers' servers come last: whoever answers at once does not wait for them.
        theirs = {one.id for one in wanted if self._sender.foreign(self._sender.origin(one))}
        progress.left += [PendingRecipient(id, 0, 0, False) for id in sorted(theirs)]
        members = [one for one in wanted if one.id not in theirs]
        batch = Batch(members, page.records, last=page.last)
        if skipped:
            batch.tally.add(SKIPPED, skipped)
        return batch

    async def due(self, progress: Progress) -> Batch | None:
        """Take those who are due again out of ``progress.left``; None if nobody is."""
        now = self._b.clock_ms()
        due = [one for one in progress.left if one.due_ms <= now][:PAGE_MAX]
        if not due:
            return None
        chosen = {one.id for one in due}
        progress.left = [one for one in progress.left if one.id not in chosen]
        if self._shard.topic.section == CONDITIONS:
            page = self._conditions("")
        else:
            page = await self._b.subscriptions.some(self._shard.provider, sorted(chosen))
        members = [one for one in page.subscriptions if one.id in chosen]
        batch = Batch(members, page.records, again=due)
        if gone := len(due) - len(members):
            batch.tally.add(SKIPPED, gone)
        return batch

    async def remaining(self, after: str) -> int:
        """Return how many members come after the id ``after``."""
        if self._shard.topic.section == CONDITIONS:
            return len(self._conditions(after).subscriptions)
        if self._order.kind == "alert":
            return await self._b.subscriptions.remaining(self._shard, after)
        last = self._reached.last
        if after >= last:
            return 0
        return await self._b.subscriptions.remaining(self._shard, after, last)

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
        if self._order.kind != "alert" and (one.id not in self._reached or one.id in self._covered):
            return False
        topic = self._shard.topic
        if topic.section == CONDITIONS:
            return True
        # As it was when the alert went out: what it was not told of cannot be corrected, and who
        # changes its mind meanwhile is told where it was, once.
        wanted = one.interests_at(self._order.origin.alerts[-1].ms)
        return (
            wanted is not None
            and wanted.edition == topic.edition
            and wanted.level == topic.level
            and told_through(self._order.origin.sections, wanted.sections) == topic.section
        )
