"""The processes behind one port: a web process and one or more gateways, with restarts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ticker.one_port.web_side import listening_socket
from ticker.runtime.supervisor import ChildFailed, ChildSpec, Supervisor, python
from ticker.server.sockets import listen
from ticker.telemetry.logs import FORMAT_VARIABLE, default_format
from ticker.telemetry.supervised import child_metrics
from ticker.telemetry.supervisor_lines import SupervisorLines

if TYPE_CHECKING:
    from ticker.config import Settings

GRACE = 5.0
"""Seconds after the drain time until a server that does not stop is killed."""
WEB_GRACE = 10.0
"""Seconds until a web process that does not stop is killed."""


@contextlib.contextmanager
def web_socket() -> Iterator[tuple[socket.socket, str]]:
    """Return the unix socket at which the web process takes connections, and its path.

    The supervisor holds it, so it outlives a restart of the web process.
    """
    with tempfile.TemporaryDirectory(prefix="ticker-", ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "web")
        with listening_socket(path) as sock:
            yield sock, path


def specs(
    settings: Settings,
    sock: socket.socket,
    web: tuple[socket.socket, str],
    gateways: int = 1,
    environment: Mapping[str, str] | None = None,
) -> list[ChildSpec]:
    """Return the web process, then the gateways that serve the port of ``sock``.

    ``web`` is what ``web_socket`` returned.
    """
    web_sock, path = web
    found = [
        ChildSpec(
            "web",
            python("ticker", "serve", "--role", "web", "--gateways-fd", str(web_sock.fileno())),
            environment,
            pass_fds=(web_sock.fileno(),),
            grace=WEB_GRACE,
            metrics=True,
        )
    ]
    for number in range(1, gateways + 1):
        fd = sock.fileno()
        found.append(
            ChildSpec(
                "gateway" if gateways == 1 else f"gateway{number}",
                python("ticker", "serve", "--role", "gateway", "--fd", str(fd), "--web", path),
                environment,
                pass_fds=(fd,),
                grace=settings.drain_time + GRACE,
                metrics=True,
            )
        )
    return found


async def serve(settings: Settings, host: str, port: int, gateways: int) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code.

    The gateways share one listening socket, so the kernel distributes new connections and no
    connection attempt is lost when one crashes. Raises OSError when the address is in use.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    format = settings.log_format or default_format(sys.stderr)
    lines = SupervisorLines(format)
    environment = os.environ | {FORMAT_VARIABLE: format}
    with listen(host, port, settings.send_buffer) as sock, web_socket() as web:
        async with child_metrics(settings.metrics_address) as (metrics, _):
            supervisor = Supervisor(lines.say, metrics=metrics, forward=lines.forward)
            for spec in specs(settings, sock, web, gateways, environment):
                supervisor.start(spec)
            try:
                await supervisor.until(stop.wait())
            except ChildFailed as error:
                lines.say(str(error))
                return 1
            finally:
                # The gateways at once: each drains for seconds, and needs the web process.
                force = supervisor.force
                await asyncio.gather(*(child.stop(force) for child in supervisor.children[1:]))
                await supervisor.stop()
    return 0
