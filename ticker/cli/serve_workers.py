"""``ticker serve --workers N``: run several server processes on one port, with restarts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from ticker.runtime.supervisor import ChildFailed, ChildSpec, Supervisor, python
from ticker.server import listen
from ticker.telemetry.logs import FORMAT_VARIABLE, default_format
from ticker.telemetry.supervised import child_metrics
from ticker.telemetry.supervisor_lines import SupervisorLines

if TYPE_CHECKING:
    from ticker.config import Settings

GRACE = 5.0
"""Seconds after the drain time until a server that does not stop is killed."""


async def serve(settings: Settings, host: str, port: int, workers: int) -> int:
    """Serve with ``workers`` processes until SIGTERM or SIGINT; return the exit code.

    They share one listening socket, so the kernel distributes new connections and no connection
    attempt is lost when a server crashes. Raises OSError when the address is in use.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    format = settings.log_format or default_format(sys.stderr)
    lines = SupervisorLines(format)
    environment = os.environ | {FORMAT_VARIABLE: format}
    async with child_metrics(settings.metrics_address) as (metrics, _):
        with listen(host, port, settings.send_buffer) as sock:
            supervisor = Supervisor(lines.say, metrics=metrics, forward=lines.forward)
            for number in range(1, workers + 1):
                supervisor.start(
                    ChildSpec(
                        f"serve{number}",
                        python("ticker", "serve", "--fd", str(sock.fileno())),
                        environment,
                        pass_fds=(sock.fileno(),),
                        grace=settings.drain_time + GRACE,
                        metrics=True,
                    )
                )
            try:
                await supervisor.until(stop.wait())
            except ChildFailed as error:
                lines.say(str(error))
                return 1
            finally:
                # All at once: each drains for some seconds before it stops.
                force = supervisor.force
                await asyncio.gather(*(child.stop(force) for child in supervisor.children))
                await supervisor.stop()
    return 0
