"""uvicorn's server without its clock: it stops at an event, and an idle process sleeps.

uvicorn looks ten times a second whether it should stop. In a process that waits for the next item
each look costs a tenth of a millisecond, because its caches are cold by then, and the item may come
at that moment.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import uvicorn

DATE_EVERY = 1.0
"""Seconds between two values of the header ``Date`` (RFC 9110 §6.6.1), which has whole seconds."""


class EventServer(uvicorn.Server):
    """Serves until ``should_exit`` is set to true, by a signal or by the caller."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._stops = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        """Tell whether the server stops."""
        return self._stops

    @should_exit.setter
    def should_exit(self, stops: bool) -> None:
        self._stops = stops
        if stops and self._loop is not None:
            # uvicorn sets it in its signal handler too, which may interrupt whatever runs.
            self._loop.call_soon_threadsafe(self._wake.set)

    async def main_loop(self) -> None:
        """Keep the header ``Date`` until the server stops."""
        self._loop = asyncio.get_running_loop()
        try:
            while not await self.on_tick(0):
                with suppress(TimeoutError):
                    async with asyncio.timeout(DATE_EVERY):
                        await self._wake.wait()
        finally:
            self._loop = None
