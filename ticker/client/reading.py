"""A feed that can be waited for, looked at and left at any moment without losing an event."""

from __future__ import annotations

import asyncio

from ticker.client.events import Event, ItemEvent, Snapshot
from ticker.client.feed import Ticker


class Stopping(Exception):
    """``stop`` was called, and nothing is in hand."""


class Reading:
    """A feed of which one event can be looked at before it is taken."""

    def __init__(self, feed: Ticker, stopping: asyncio.Event) -> None:
        self._feed = feed
        self._stopping = stopping
        self._stopped = asyncio.ensure_future(stopping.wait())
        # It outlives the waits for it: a connection that takes longer than they do is not broken
        # off, and the link is kept alive, or made anew, while the handler works.
        self._coming: asyncio.Task[Event] | None = None

    @property
    def quiet_cursor(self) -> str | None:
        """Up to where nothing matched; None while an event waits that is not handled."""
        waits = self._coming is not None and self._coming.done()
        return None if waits else self._feed.cursor

    async def take(self, timeout: float | None) -> Event | None:
        """Return the next event, None after ``timeout`` seconds. Raises what the feed does."""
        coming = await self._wait(timeout)
        if not coming.done():
            return None
        event = coming.result()
        self._coming = None
        return event

    async def take_item(self, timeout: float | None) -> ItemEvent | None:
        """Return the next event if it comes in time and is of an item.

        A snapshot, and what the feed raises, are left for ``take``.
        """
        coming = await self._wait(timeout)
        if not coming.done() or coming.exception() is not None:
            return None
        event = coming.result()
        if isinstance(event, Snapshot):
            return None
        self._coming = None
        return event

    async def _wait(self, timeout: float | None) -> asyncio.Task[Event]:
        if self._coming is None:
            self._coming = asyncio.create_task(anext(self._feed))
        await asyncio.wait(
            (self._coming, self._stopped), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if self._stopping.is_set():
            raise Stopping
        return self._coming

    async def aclose(self) -> None:
        ours = [task for task in (self._coming, self._stopped) if task is not None]
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        await self._feed.aclose()
