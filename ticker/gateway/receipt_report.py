"""Reports of this process's live receipts: written together, outside of the fan-out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from ticker.domain.errors import TickerError
from ticker.domain.live_receipt import LiveReceipt
from ticker.gateway.fanout_receipts import FanoutReceipts

GATHER = 0.05
"""Seconds from a fan-out to its report: what is fanned out meanwhile goes with it."""
EVERY = 0.5
"""Seconds between two reports at least: they cost the readers next to nothing."""
GATHER_MAX = 0.5
"""Seconds until a report is made although readers of crowded addresses are still to be served."""
LATER_EVERY = 5.0
"""Seconds between two reports of what readers have got later, and until a failed one is repeated.
A storm of returning readers costs one report."""
LAST_WITHIN = 1.0
"""Seconds that the last report of a process may take."""
AT_ONCE = 200
"""Receipts in one report. Further ones wait for the next; ``FanoutReceipts`` has the bound."""

Taken: TypeAlias = tuple[str, str, LiveReceipt]
"""Item, action and receipt."""

log = logging.getLogger(__name__)


class ReceiptReport:
    """Stores receipts while it runs. Without Redis they wait in ``receipts``, the oldest go."""

    def __init__(
        self,
        receipts: FanoutReceipts,
        store: Callable[[Sequence[Taken]], Awaitable[None]],
        is_clean: Callable[[str], bool] = lambda item: True,
        is_trailing: Callable[[], bool] = lambda: False,
    ) -> None:
        """``is_clean`` tells whether this process has no text of a retracted item in its memory.

        ``is_trailing`` tells whether readers are still to get an event that others have.
        """
        self._receipts = receipts
        self._store = store
        self._is_clean = is_clean
        self._is_trailing = is_trailing
        self._added = asyncio.Event()
        self._failing = False

    async def run(self) -> None:
        """Report until cancelled."""
        self._receipts.added = self._added.set
        later_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(LATER_EVERY):
                    await self._added.wait()
            except TimeoutError:
                pass
            await self._gather()
            later = loop.time() >= later_at
            if later:
                later_at = loop.time() + LATER_EVERY
            stored = await self.step(later=later)
            await asyncio.sleep(EVERY if stored else LATER_EVERY)

    async def _gather(self) -> None:
        for _ in range(int(GATHER_MAX / GATHER)):
            await asyncio.sleep(GATHER)
            if not self._is_trailing():
                break

    async def step(self, *, later: bool) -> bool:
        """Store what has changed, with ``later`` also what readers have got later.

        Return False if it could not be stored.
        """
        self._added.clear()
        taken = [
            (item, action, replace(receipt, clean=action != "retract" or self._is_clean(item)))
            for item, action, receipt in self._receipts.take(AT_ONCE, later=later)
        ]
        if not taken:
            return True
        if len(taken) == AT_ONCE:
            self._added.set()
        stored = False
        try:
            await self._store(taken)
            stored = True
        except TickerError as error:
            if not self._failing:
                log.warning("live receipts cannot be stored: %s", error)
        finally:
            if not stored:
                self._receipts.put_back(taken)
        self._failing = not stored
        return stored

    async def last(self) -> None:
        """Store all that ``run`` has not, before the process stops; without Redis it is lost."""
        self._added.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WITHIN):
                while self._added.is_set() and await self.step(later=True):
                    pass
