"""Signals between a server process and its supervisor while another process takes its place."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from ticker.runtime.ready_signal import announce

SUCCEEDED = signal.SIGHUP
"""Tells a gateway that a successor serves its port: take no new connections, drain and exit.

Tells a web process that its port is about to close: answer with ``Connection: close``.
"""
LOOK = 0.02
"""Seconds between two looks."""


async def announce_when(serves: Callable[[], bool]) -> None:
    """Tell the supervisor as soon as ``serves`` returns true. Only the supervisor has a bound."""
    while not serves():  # noqa: ASYNC110 - what it asks has no event
        await asyncio.sleep(LOOK)
    announce()
