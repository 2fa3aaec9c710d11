"""A feed that can be waited for, looked at and left at any moment without losing an event."""

from __future__ import annotations

import asyncio

from ticker.client.events import Event
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
        event = await self.peek(timeout)
        if event is not None:
            self.drop()
        return event

    async def peek(self, timeout: float | None) -> Event | None:
        """Return the next event, None after ``timeout`` seconds. Raises what the feed does."""
        if self._coming is None:
            self._coming = asyncio.create_task(anext(self._feed))
        await asyncio.wait(
            (self._coming, self._stopped), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if self._stopping.is_set():
            raise Stopping
        return self._coming.result() if self._coming.done() else None

    def drop(self) -> None:
        self._coming = None

    async def aclose(self) -> None:
        ours = [task for task in (self._coming, self._stopped) if task is not None]
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        await self._feed.aclose()
