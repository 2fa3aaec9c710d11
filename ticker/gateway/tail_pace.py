"""When a tail reads: a gateway's waits in Redis for each entry, a web process's looks now and then.

Readers wait for a gateway. Nobody waits for a web process: each of its pages names the cursor that
it is good for, and readers follow from there. So it takes in together what came since its last
look, and leaves the cores to those who deliver. Its own commits it looks at soon, for the editor.
"""

from __future__ import annotations

import asyncio
import contextlib

LOOK_EVERY = 0.1
"""Seconds by which a web process may be behind the lane."""
SOON = 0.004
"""Seconds from a commit of this process to its look: by then readers have the event."""

LOOK_WAIT = 0.25
"""Seconds that a request waits for a look."""


class Looks:
    """The times at which a web process looks at the lane. For one tail; ``soon`` is for others."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None
        self._asked = False
        self._look = asyncio.Event()
        """Set when the look that begins next is over."""
        self._under_way = self._look

    async def next(self) -> None:
        """Wait ``LOOK_EVERY`` seconds, or only until a look that was asked for."""
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = loop.call_later(SOON if self._asked else LOOK_EVERY, self._begin)
        try:
            await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    def begun(self) -> None:
        """Note that a look begins; the tail calls it, and ``done`` after it."""
        self._under_way, self._look = self._look, asyncio.Event()

    def done(self) -> None:
        """Note that the look is over."""
        self._under_way.set()

    async def look(self) -> None:
        """Ask for a look and wait for it, ``LOOK_WAIT`` seconds at most: Redis may be away."""
        self.soon()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_WAIT):
                await self._look.wait()

    def soon(self) -> None:
        """Ask for a look in ``SOON`` seconds. Asked for again before that, it is the same look."""
        if self._asked:
            return
        self._asked = True
        if self._waiting is not None:
            asyncio.get_running_loop().call_later(SOON, self._begin)

    def _begin(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._asked = False
            self._waiting.set_result(None)
