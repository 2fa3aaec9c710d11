"""The commands that run the processes of a newsroom: ``ticker up``, ``serve`` and ``work``.

They import the server only when they run, so that other commands start fast.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import server_settings, settings, usage
from ticker.domain.extras import install_command
from ticker.runtime.descriptors import raise_limit
from ticker.runtime.garbage import look_as_usual
from ticker.runtime.shared_usage import joined

if TYPE_CHECKING:
    from ticker.config import Settings

Host = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Address to listen on. Default: TICKER_HOST, 127.0.0.1."),
]
Port = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=65_535,
        help="Port to listen on; 0 takes a free one. Default: TICKER_PORT, 8000.",
    ),
]


def up(
    host: Host = None,
    port: Port = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Data directory. Default: TICKER_DATA, .ticker."),
    ] = None,
    redis_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Use this Redis or Valkey instead of the embedded one."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Publish invented demo news.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print a detailed log.")] = False,
    as_json: options.Json = False,
) -> None:
    """Run a newsroom on this machine until Ctrl-C: database, workers and server.

    The first run creates an editor key in the data directory; the other commands find it there.
    """
    _require_server()
    from ticker.cli.up import newsroom
    from ticker.cli.up.options import Options

    look_as_usual()
    raise_limit()
    found = server_settings(Output(as_json))
    chosen = Options(
        data=data or settings().data_dir,
        host=host,
        port=port,
        redis_url=redis_url,
        demo=demo,
        verbose=verbose,
        as_json=as_json,
    )
    raise typer.Exit(newsroom.up(chosen, found))


def serve(
    host: Host = None,
    port: Port = None,
    role: Annotated[
        Literal["all", "gateway", "web"],
        typer.Option(
            help="Run one role on a port of its own: gateway (live readers and polls) or web (API, "
            "site and feeds). all runs both on one port."
        ),
    ] = "all",
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=64,
            help="Number of gateways (of web processes with --role web), restarted after a crash "
            "and replaced on SIGHUP. Without it, a single role is this process itself.",
        ),
    ] = None,
    fd: Annotated[
        int | None, typer.Option(help="Serve on this inherited socket instead.", hidden=True)
    ] = None,
    web: Annotated[
        str | None, typer.Option(help="The web process's unix socket.", hidden=True)
    ] = None,
    gateways_fd: Annotated[
        int | None, typer.Option(help="The inherited socket for gateways.", hidden=True)
    ] = None,
    usage_fd: Annotated[
        int | None,
        typer.Option(help="What clients spend and hold in all processes.", hidden=True),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Run the server: HTTP API and live feeds. Needs Redis or Valkey (TICKER_REDIS_URL)."""
    _require_server()
    look_as_usual()
    out = Output(as_json)
    raise_limit()
    found = server_settings(out)
    address = host or found.host, found.port if port is None else port
    try:
        if role == "all" or workers is not None:
            with quick_imports():
                from ticker.cli import server_processes

            # The processes check Redis themselves; a check here would delay their start.
            serving = server_processes.serve(found, *address, role, workers or 1)
            raise typer.Exit(asyncio.run(serving))
        _check(out, found, pushes=role != "gateway", read_only=role == "gateway")
        usage_table = joined(usage_fd)
        if role == "gateway":
            with quick_imports():
                from ticker.server import gateway_role, sockets

            sock = sockets.inherit_or_listen(fd, *address, found)
            gateway_role.serve(found, sock, web, usage_table)
        elif gateways_fd is None:
            with quick_imports():
                from ticker.server import sockets, web_role

            sock = sockets.inherit_or_listen(fd, *address, found)
            web_role.serve(found, sock, None, usage_table)
        else:
            with quick_imports():
                from ticker.server import web_role

            web_role.serve(found, None, socket.socket(fileno=gateways_fd), usage_table)
    except OSError as error:
        usage(out, error.strerror or str(error))


def work(
    only: Annotated[
        Literal["stream", "delivery", "archive"] | None,
        typer.Option(
            help="Run one role: stream (relay, scheduling), delivery (push, webhooks) or archive "
            "(copies what was live to TICKER_ARCHIVE_URL)."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Run a worker: relay, scheduling, expiry, push, webhooks and archive.

    You can run any number of workers at the same time.
    """
    _require_server()
    look_as_usual()
    raise_limit()
    out = Output(as_json)
    found = server_settings(out)
    if only == "archive" and not found.archive_url:
        usage(out, "the archive has no place: set TICKER_ARCHIVE_URL, for example sqlite:PATH")
    pushes = only not in ("stream", "archive")
    _check(out, found, pushes=pushes, read_only=only == "archive")
    if only == "archive":
        with quick_imports():
            from workers import archive_process

        archive_process.run()
        return
    with quick_imports():
        from workers import main

        if only != "stream":
            from workers import delivery_tasks  # noqa: F401 - main imports it when it runs

    main.run(only)


def _require_server() -> None:
    """Raise ModuleNotFoundError without the ``server`` extra, before any process starts."""
    if find_spec("redis") is None:
        raise ModuleNotFoundError("No module named 'redis'", name="redis")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import without collecting garbage: modules leave little, and each full collection visits all
    objects of those before. It takes up to a tenth of the start of a server.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _check(out: Output, found: Settings, *, pushes: bool, read_only: bool) -> None:
    """Exit with 2 if Redis or a file does not fit the settings: no quick restart helps then.

    With ``pushes``, the Web Push key is checked too: the process uses it, if there is one.
    ``read_only`` says that the role's user of Redis may only read.
    """
    with quick_imports():
        from ticker.storage.address import gateway_store, job_store, main_store, read_store
        from ticker.storage.connection import connect

    stores = (main_store(found), job_store(found), gateway_store(found), read_store(found))
    for address in filter(None, stores):
        try:
            connect(address)  # validates the address; it connects at its first use
        except ValueError as error:
            usage(out, f"{address.shown}: {error}")
    _check_schema(out, found, read_only=read_only)
    if found.archive_url.startswith("postgres") and find_spec("psycopg") is None:
        usage(out, f"archive_url names PostgreSQL: {install_command('postgres')}")
    if pushes and found.vapid_key_file is not None:
        from ticker.push import vapid_keys

        try:
            vapid_keys.read(found.vapid_key_file)
        except vapid_keys.VapidKeyError as error:
            usage(out, str(error))


def _check_schema(out: Output, found: Settings, *, read_only: bool) -> None:
    """Exit with 2 if the data is of a newer version. Redis may be away now: it is asked again then.

    The other processes of the newsroom, and this one at its next start, check it too.
    """
    from ticker.domain.errors import Unavailable
    from ticker.storage.address import main_store
    from ticker.storage.connection import connect
    from ticker.storage.keys import Keys
    from ticker.storage.schema import SchemaTooNew, check_schema

    async def check() -> None:
        redis = connect(main_store(found))
        try:
            await check_schema(redis, Keys(found.namespace), read_only=read_only)
        finally:
            await redis.aclose()

    try:
        asyncio.run(check())
    except SchemaTooNew as error:
        usage(out, str(error))
    except Unavailable:
        return
