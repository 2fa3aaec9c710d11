"""A feed with one event of lookahead, which can be abandoned without losing an event."""

from __future__ import annotations

import asyncio

from ticker.client.events import Event, ItemEvent, Snapshot
from ticker.client.feed import Ticker


class StopRequested(Exception):
    """``Bridge.stop`` was called while no batch was being handled."""


class LookaheadFeed:
    """Reads one event ahead of ``feed``; every wait raises StopRequested once ``stop`` is set."""

    def __init__(self, feed: Ticker, stop: asyncio.Event) -> None:
        self._feed = feed
        self._stop = stop
        self._stopped = asyncio.ensure_future(stop.wait())
        # This task outlives a wait that times out: a slow connection attempt is not aborted, and
        # the connection is kept alive, or restored, while the handler works.
        self._pending: asyncio.Task[Event] | None = None

    @property
    def idle_cursor(self) -> str | None:
        """The feed's cursor, or None while an event that is not handled waits."""
        waiting = self._pending is not None and self._pending.done()
        return None if waiting else self._feed.cursor

    async def take(self, timeout: float | None) -> Event | None:
        """Return the next event, None after ``timeout`` seconds. Raises the feed's exceptions."""
        pending = await self._wait(timeout)
        if not pending.done():
            return None
        event = pending.result()
        self._pending = None
        return event

    async def take_item(self, timeout: float | None) -> ItemEvent | None:
        """Return the next event if it comes within ``timeout`` seconds and is an ItemEvent.

        A snapshot or an exception of the feed stays for the next ``take``.
        """
        pending = await self._wait(timeout)
        if not pending.done() or pending.exception() is not None:
            return None
        event = pending.result()
        if isinstance(event, Snapshot):
            return None
        self._pending = None
        return event

    async def _wait(self, timeout: float | None) -> asyncio.Task[Event]:
        if self._pending is None:
            self._pending = asyncio.create_task(anext(self._feed))
        await asyncio.wait(
            (self._pending, self._stopped), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if self._stop.is_set():
            raise StopRequested
        return self._pending

    async def aclose(self) -> None:
        """Cancel the read in progress and close the feed."""
        tasks = [task for task in (self._pending, self._stopped) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._feed.aclose()
