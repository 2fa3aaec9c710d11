"""``ticker serve``, ``work`` and ``up``: the processes of a newsroom.

What they run is imported when they are called; other commands do not pay for it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import server_settings, settings, usage

if TYPE_CHECKING:
    from ticker.config import Settings

Host = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen.")]
Port = Annotated[int | None, typer.Option(metavar="N", min=0, max=65_535, help="0: any free one.")]


def up(
    host: Host = None,
    port: Port = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where everything is kept.")
    ] = None,
    redis_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Use this Redis or Valkey instead of the embedded one."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Publish invented news meanwhile.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show more of the log.")] = False,
    as_json: options.Json = False,
) -> None:
    """Run a whole newsroom on this machine: store, worker and server, until Ctrl-C."""
    from ticker.cli import up as newsroom

    found = server_settings(Output(as_json))
    chosen = newsroom.Options(
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
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="Processes on this port.")
    ] = 1,
    fd: Annotated[
        int | None, typer.Option(help="Serve this socket, inherited, instead.", hidden=True)
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Serve the HTTP API and the live feeds."""
    out = Output(as_json)
    found = _checked(out)
    try:
        if workers > 1 and fd is None:
            from ticker.cli import serve_workers

            chosen = found.port if port is None else port
            raise typer.Exit(
                asyncio.run(serve_workers.serve(found, host or found.host, chosen, workers))
            )
        from ticker import server

        server.serve(found, host, port, fd)
    except OSError as error:
        usage(out, error.strerror or str(error))


def work(
    only: Annotated[
        Literal["lane", "bridges"] | None,
        typer.Option(help="One side: what screens wait for, or what goes out of the house."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Run a worker: relay, releases, expiries, push, webhooks. As many at a time as you like."""
    _checked(Output(as_json))
    from workers import settings as worker

    worker.run(only)


def _checked(out: Output) -> Settings:
    """Return the settings; exit with 2 if they are wrong. A supervisor does not restart on that."""
    from ticker.storage.connection import connect

    found = server_settings(out)
    for url in (found.redis_url, found.jobs_url):
        try:
            connect(url)  # nothing is connected before its first use
        except ValueError as error:
            usage(out, f"{url}: {error}")
    if found.vapid_key_file is not None:
        from ticker.push import vapid_keys

        try:
            vapid_keys.read(found.vapid_key_file)
        except vapid_keys.VapidKeyError as error:
            usage(out, str(error))
    return found
