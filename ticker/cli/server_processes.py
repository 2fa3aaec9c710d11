"""The processes behind one port, with restarts: a web process and gateways, or only one kind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ticker.cli.options import REFUSED, USAGE
from ticker.one_port.web_side import listening_socket
from ticker.runtime.child import ChildFailed, ChildSpec, Say
from ticker.runtime.shared_usage import shared_usage
from ticker.runtime.supervisor import Supervisor, python
from ticker.server.hand_over import SUCCEEDED
from ticker.server.sockets import LISTEN_BACKLOG, listen
from ticker.telemetry.logs import FORMAT_VARIABLE, default_format
from ticker.telemetry.supervised import child_metrics
from ticker.telemetry.supervisor_lines import SupervisorLines

if TYPE_CHECKING:
    from ticker.config import Settings

Role = Literal["all", "gateway", "web"]

GRACE = 5.0
"""Seconds after the drain time until a server that does not stop is killed."""
READY_WITHIN = 60.0
"""Seconds within which a new process must serve when it replaces one; else the old one stays."""
WEB = "web"
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
    usage: int,
    gateways: int = 1,
    environment: Mapping[str, str] | None = None,
) -> list[ChildSpec]:
    """Return the web process, then the gateways that serve the port of ``sock``.

    ``web`` is what ``web_socket`` returned, ``usage`` what ``shared_usage`` did.
    """
    web_sock, path = web
    command = python("ticker", "serve", "--role", "web", "--gateways-fd", str(web_sock.fileno()))
    found = [_web(WEB, command, web_sock, usage, environment)]
    for name in _names("gateway", gateways):
        found.append(_gateway(name, settings, sock, usage, environment, "--web", path))
    return found


def role_specs(
    role: Literal["gateway", "web"],
    settings: Settings,
    sock: socket.socket,
    usage: int,
    count: int,
    environment: Mapping[str, str] | None = None,
) -> list[ChildSpec]:
    """Return ``count`` processes of one role that serve the port of ``sock``."""
    names = _names(role, count)
    if role == "gateway":
        return [_gateway(name, settings, sock, usage, environment) for name in names]
    command = python("ticker", "serve", "--role", "web", "--fd", str(sock.fileno()))
    return [_web(name, command, sock, usage, environment) for name in names]


def _names(role: str, count: int) -> list[str]:
    return [role] if count == 1 else [f"{role}{number}" for number in range(1, count + 1)]


def _web(
    name: str,
    command: Sequence[str],
    sock: socket.socket,
    usage: int,
    environment: Mapping[str, str] | None,
) -> ChildSpec:
    return ChildSpec(
        name,
        (*command, "--usage-fd", str(usage)),
        environment,
        pass_fds=(sock.fileno(), usage),
        grace=WEB_GRACE,
        metrics=True,
        announces=True,
    )


def _gateway(
    name: str,
    settings: Settings,
    sock: socket.socket,
    usage: int,
    environment: Mapping[str, str] | None,
    *arguments: str,
) -> ChildSpec:
    fd = sock.fileno()
    own = ("--fd", str(fd), "--usage-fd", str(usage))
    return ChildSpec(
        name,
        python("ticker", "serve", "--role", "gateway", *own, *arguments),
        environment,
        pass_fds=(fd, usage),
        grace=settings.drain_time + GRACE,
        metrics=True,
        announces=True,
        leaves_on=SUCCEEDED,
        serves_readers=True,
    )


async def reload(supervisor: Supervisor) -> None:
    """Replace the gateways, then the web process, each once its successor serves.

    In this order the old web process can hand its idle connections to gateways that stay.
    """
    for kind in ("gateway", "web"):
        old = [child for child in supervisor.children if child.spec.name.startswith(kind)]
        if old and not await supervisor.replace(old, READY_WITHIN):
            return


async def reload_on(event: asyncio.Event, supervisor: Supervisor, say: Say) -> None:
    """Reload each time ``event`` is set, until cancelled; again if it is set meanwhile."""
    while True:
        await event.wait()
        event.clear()
        say("Replacing the server's processes…")
        await reload(supervisor)


async def serve(settings: Settings, host: str, port: int, role: Role, count: int) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. SIGHUP replaces the processes.

    ``count`` is the number of gateways, or of web processes with the role ``web``. They share one
    listening socket, so the kernel distributes new connections and no connection attempt is lost
    when one crashes. Connections are queued from the start on: clients that come back while the
    processes start are served as soon as one can. Raises OSError when the address is in use.
    """
    stop, hang_up = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    loop.add_signal_handler(signal.SIGHUP, hang_up.set)
    format = settings.log_format or default_format(sys.stderr)
    lines = SupervisorLines(format)
    environment = os.environ | {FORMAT_VARIABLE: format}
    with (
        listen(host, port, settings.send_buffer) as sock,
        web_socket() as web,
        shared_usage(count + 1) as usage,
    ):
        async with child_metrics(settings.metrics_address) as (metrics, _):
            supervisor = Supervisor(lines.say, metrics=metrics, forward=lines.forward)
            sock.listen(LISTEN_BACKLOG)
            if role == "all":
                wanted = specs(settings, sock, web, usage, count, environment)
            else:
                wanted = role_specs(role, settings, sock, usage, count, environment)
            for spec in wanted:
                supervisor.start(spec)
            reloading = asyncio.create_task(reload_on(hang_up, supervisor, lines.say))
            try:
                await supervisor.until(stop.wait())
            except ChildFailed as error:
                lines.say(str(error))
                return USAGE if error.code == USAGE else REFUSED
            finally:
                await end_reload(reloading)
                say_closing(supervisor)
                # The gateways at once: each drains for seconds, and needs the web process.
                force = supervisor.force
                others = [
                    child for child in supervisor.children if not child.spec.name.startswith(WEB)
                ]
                await asyncio.gather(*(child.stop(force) for child in others))
                await supervisor.stop()
    return 0


async def end_reload(reloading: asyncio.Task[None]) -> None:
    """Stop replacing: new processes that do not serve yet are killed."""
    reloading.cancel()
    await asyncio.wait([reloading])


def say_closing(supervisor: Supervisor) -> None:
    """Tell the web process that the port closes: editors' clients are to open no more requests."""
    for child in supervisor.children:
        if child.spec.name.startswith(WEB) and child.up.is_set():
            child.send(SUCCEEDED)
