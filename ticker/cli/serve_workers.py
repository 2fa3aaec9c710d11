"""``ticker serve --workers N``: several server processes on one port, kept running."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from ticker.runtime.supervise import GaveUp, Spec, Supervisor, python
from ticker.server import listen

if TYPE_CHECKING:
    from ticker.config import Settings

GRACE = 5.0
"""Seconds beyond the drain before a server that does not stop is killed."""


async def serve(settings: Settings, host: str, port: int, workers: int) -> int:
    """Serve with ``workers`` processes until SIGTERM or SIGINT; return the exit code.

    They share one bound socket, so the kernel spreads new connections, and a server that crashes
    loses nobody's connection attempts. Raises OSError when the address is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with listen(host, port, settings.send_buffer) as sock:
        supervisor = Supervisor(_say)
        for place in range(1, workers + 1):
            supervisor.start(
                Spec(
                    f"serve{place}",
                    python("ticker", "serve", "--fd", str(sock.fileno())),
                    pass_fds=(sock.fileno(),),
                    grace=settings.drain_time + GRACE,
                )
            )
        try:
            await supervisor.until(stop.wait())
        except GaveUp as error:
            _say(str(error))
            return 1
        finally:
            # Together: each drains for some seconds, and readers come back to another server.
            await asyncio.gather(*(child.stop(supervisor.hurry) for child in supervisor.children))
            await supervisor.stop()
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
