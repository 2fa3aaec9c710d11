"""The recipients of one order in one shard: next page, due retries, number remaining.

An alert is for every device that wanted it when it was published. A replacement or a withdrawal is
for the devices that the alerts reached, and must not overtake them: ``fence`` takes care of both.
"""

from __future__ import annotations

from ticker.domain.item import Item, Level
from ticker.push.model.alert_decision import Order
from ticker.push.model.fcm import conditions
from ticker.push.model.progress import (
    NEVER,
    PendingRecipient,
    Progress,
    RecipientSet,
    recipients_before,
)
from ticker.push.model.subscription import Subscription
from ticker.push.model.topics import matching_section
from ticker.push.store.progress import SKIPPED, Hold
from ticker.push.store.subscriptions import PAGE_MAX, Page, Shard
from workers.push.batch import Batch
from workers.push.context import PushContext
from workers.push.fanout import CONDITIONS

FENCE_WAIT = 1.0
"""Seconds between two checks whether an older version is still in flight."""


class ShardRecipients:
    """The members of ``shard`` that ``order`` is for."""

    def __init__(self, context: PushContext, order: Order, shard: Shard) -> None:
        self._context = context
        self._order = order
        self._shard = shard
        self._sender = context.senders[shard.provider]
        self._reached = RecipientSet()
        self._superseded = RecipientSet()

    @property
    def are_conditions(self) -> bool:
        """Tell whether the recipients are FCM topic conditions instead of devices."""
        return self._shard.topic.section == CONDITIONS

    async def fence(self) -> float | None:
        """Find the devices that the item's alerts reached, and stop older versions.

        Return the seconds to wait while an older version may still be in flight: a device shows
        whatever arrives last.
        """
        order, shard, now = self._order, str(self._shard), self._context.clock_ms()
        if order.kind == "alert":
            return None
        for event in (*order.alert.alerts, *order.alert.changes):
            if event >= order.event:
                continue
            fence = await self._context.progress.fence(event, shard, order.version, now)
            if fence is None:
                continue
            if fence.busy and now < fence.at_ms + self._context.run_limit * 1000:
                return FENCE_WAIT
            if event in order.alert.alerts:
                self._reached |= recipients_before(fence.progress, order.version)
        newest = await self._context.alerts.newest(order.alert.collapse)
        alerts = order.alert.alerts
        if newest and newest.item != order.alert.item and newest.alerts[-1] > alerts[-1]:
            # Where a newer alert has replaced this one there is nothing left to replace.
            newer = await self._context.progress.look(newest.alerts[-1], shard)
            self._superseded = recipients_before(newer, NEVER)
        return None

    async def next_page(self, progress: Progress, item: Item) -> Batch | Hold | None:
        """Begin the page after ``progress.position``; return None at the shard's end.

        Devices at untrusted servers are added to ``progress.pending`` instead, for later. Raises
        Overtaken and Fenced.
        """
        order = self._order
        if order.kind != "alert" and progress.position >= self._reached.last:
            return None
        if self.are_conditions:
            page: Page | Hold = self._conditions(progress.position)
        else:
            page = await self._context.progress.begin_page(
                order.event,
                self._shard,
                progress,
                item=item,
                now_ms=self._context.clock_ms(),
                after_flashes=order.alert.level != Level.flash,
            )
        if not isinstance(page, Page):
            return page
        if page.last is None:
            return None
        wanted = [one for one in page.subscriptions if self._includes(one)]
        skipped = len(page.subscriptions) - len(wanted)
        # Untrusted servers come last: devices whose server answers at once do not wait for them.
        later = {one.id for one in wanted if self._sender.untrusted(self._sender.origin(one))}
        progress.pending += [PendingRecipient(id, 0, 0, False) for id in sorted(later)]
        members = [one for one in wanted if one.id not in later]
        batch = Batch(members, page.records, last=page.last)
        if skipped:
            batch.tally.add(SKIPPED, skipped)
        return batch

    async def due(self, progress: Progress) -> Batch | None:
        """Take the devices that are due out of ``progress.pending``; None if there are none."""
        now = self._context.clock_ms()
        due = [one for one in progress.pending if one.due_ms <= now][:PAGE_MAX]
        if not due:
            return None
        chosen = {one.id for one in due}
        progress.pending = [one for one in progress.pending if one.id not in chosen]
        if self.are_conditions:
            page = self._conditions("")
        else:
            page = await self._context.subscriptions.some(self._shard.provider, sorted(chosen))
        members = [one for one in page.subscriptions if one.id in chosen]
        batch = Batch(members, page.records, retried=due)
        if gone := len(due) - len(members):
            batch.tally.add(SKIPPED, gone)
        return batch

    async def remaining(self, after: str) -> int:
        """Return how many members have ids after ``after``."""
        if self.are_conditions:
            return len(self._conditions(after).subscriptions)
        if self._order.kind == "alert":
            return await self._context.subscriptions.remaining(self._shard, after)
        last = self._reached.last
        if after >= last:
            return 0
        return await self._context.subscriptions.remaining(self._shard, after, last)

    def _conditions(self, after: str) -> Page:
        """Return FCM's topic conditions as a page in which each stands for a device."""
        alert = self._order.alert
        found = conditions(alert.edition, alert.sections, alert.level)
        members = [
            Subscription(f"{n:02}", "fcm", text, alert.edition, (), alert.level, 0)
            for n, text in enumerate(found)
        ]
        rest = [one for one in members if one.id > after]
        return Page(rest, rest[-1].id if rest else None, {})

    def _includes(self, one: Subscription) -> bool:
        if self._order.kind != "alert" and (
            one.id not in self._reached or one.id in self._superseded
        ):
            return False
        if self.are_conditions:
            return True
        # Its interests when the alert was published: what it did not get cannot be corrected, and a
        # device that changes its interests meanwhile gets the alert once, where it was filed.
        wanted = one.interests_at(self._order.alert.alerts[-1].ms)
        topic = self._shard.topic
        return (
            wanted is not None
            and wanted.edition == topic.edition
            and wanted.level == topic.level
            and matching_section(self._order.alert.sections, wanted.sections) == topic.section
        )
