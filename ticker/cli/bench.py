"""The ``ticker bench`` command: measure delivery times, and check that no item is lost."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from ticker.cli import complete, options
from ticker.cli.bench_progress import progress
from ticker.cli.option_values import DURATION
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage

if TYPE_CHECKING:
    from ticker.bench.plan import Plan
    from ticker.bench.result import Result

LOCAL = ("127.0.0.1", "localhost", "::1")


def bench(
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The newsroom's address. Default: TICKER_URL.")
    ] = None,
    clients: Annotated[
        int, typer.Option(metavar="N", min=1, max=60_000, help="Number of readers to connect.")
    ] = 500,
    rate: Annotated[
        float,
        typer.Option(metavar="N", min=0.1, max=1_000, help="Items per second, with --publish."),
    ] = 5,
    seconds: Annotated[
        float,
        typer.Option(
            metavar=DURATION, min=0, max=3_600, help="Publish or listen so long, such as 1m."
        ),
    ] = 20,
    burst: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=10_000, help="Then publish N items at once, with --publish."
        ),
    ] = 0,
    storm: Annotated[
        bool,
        typer.Option("--storm", help="Then disconnect all readers and let them resume at once."),
    ] = False,
    transport: Annotated[
        Literal["ws", "sse"], typer.Option(help="WebSocket or server-sent events.")
    ] = "ws",
    edition: Annotated[
        str | None,
        typer.Option(
            "--edition",
            "-e",
            metavar="NAME",
            help="Edition of the readers and items. Default: all, and en with --publish.",
            show_default=False,
            autocompletion=complete.editions,
        ),
    ] = None,
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Publish test items. Readers of the site see them."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    on_air: Annotated[
        str | None,
        typer.Option(
            metavar="HOST", help="Publish test items even though HOST has live items of its own."
        ),
    ] = None,
    connect_rate: Annotated[
        float, typer.Option(metavar="N", min=1, max=10_000, help="Most new connections per second.")
    ] = 200,
    pid: Annotated[
        int | None,
        typer.Option(
            metavar="PID",
            help="The server's process on this machine. Default: the one that uses its port.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a report with charts.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure the time from publishing an item to its arrival at the last of many readers.

    Connects readers at a limited rate and checks that each item reaches each reader exactly once
    (exit code 1 if not). Ctrl-C ends the run early and prints the results so far.

    By default it publishes nothing. With --publish it asks for confirmation (--yes skips that) and
    refuses if the newsroom has live or scheduled items that are not test items, because readers
    would see the test items. --on-air HOST, with the host of the address, overrides this. Test
    items have the tag "bench" and the lowest level, expire after 60 seconds, and are retracted at
    the end.

    --storm opens all connections at once, which looks like an attack: use it on your own server.
    """
    from ticker.bench.plan import Plan
    from ticker.runtime.garbage import look_as_usual

    look_as_usual()
    out = Output(as_json)
    plan = Plan(
        url=(url or settings().url).rstrip("/"),
        clients=clients,
        rate=rate,
        seconds=seconds,
        burst=burst,
        storm=storm,
        transport=transport,
        edition=edition,
        publish=publish,
        on_air=on_air,
        connect_rate=connect_rate,
        pid=pid,
    )
    _check(out, plan, plot)
    if not yes:
        _confirm(out, plan)
    run(out, _bench(out, plan, plot), _loop())


def _check(out: Output, plan: Plan, plot: Path | None) -> None:
    """Exit with 2 if the options are not valid here."""
    from ticker.bench import system
    from ticker.bench.target import host_and_port
    from ticker.client.errors import BadAddress

    try:
        host_and_port(plan.url)
    except BadAddress as error:
        usage(out, str(error))
    if plan.burst and not plan.publish:
        usage(out, "--burst needs --publish")
    if plan.on_air is not None and not plan.publish:
        usage(out, "--on-air needs --publish")
    if plan.pid is not None and not system.exists(plan.pid):
        usage(out, f"--pid: there is no process {plan.pid} on this machine")
    if plot is not None and not plot.absolute().parent.is_dir():
        usage(out, f"--plot: {plot.parent} is not a directory")
    needed = plan.clients + system.SPARE_FILES
    limit = system.raise_file_limit(needed)
    if limit < needed:
        most = max(0, limit - system.SPARE_FILES)
        usage(
            out,
            f"{plan.clients:,} clients need {needed:,} open files; the limit is {limit:,}.\n"
            f"  Raise the limit (ulimit -n {needed}), or use --clients {most}.",
        )


def _confirm(out: Output, plan: Plan) -> None:
    """Ask before anything that others could notice. Exit with 2 without a terminal to ask on."""
    host = urlsplit(plan.url).hostname
    questions = []
    if plan.publish:
        count = round(plan.rate * plan.seconds) + plan.burst
        questions.append(
            f"This publishes about {count:,} test items at {plan.url} (edition "
            f"{plan.edition or 'en'}). All readers see them until they are retracted at the end."
        )
    if plan.storm and host not in LOCAL:
        questions.append(f"This reconnects {plan.clients:,} readers to {host} at the same time.")
    if not questions:
        return
    if out.as_json or not sys.stdin.isatty():
        usage(out, "\n  ".join([*questions, "Confirm with --yes."]))
    for text in questions:
        out.note(text, style=None)
    if not typer.confirm("Continue?", err=True):
        out.note("Cancelled.")
        raise typer.Exit(options.OK)


def _loop() -> Callable[[Coroutine[Any, Any, int | None]], int | None]:
    """Return the function that runs a coroutine in the fastest event loop available."""
    try:
        from uvloop import run as fastest
    except ImportError:  # not on Windows
        return asyncio.run
    return fastest


async def _bench(out: Output, plan: Plan, plot: Path | None) -> int:
    from ticker.bench.publisher import LiveNewsroom
    from ticker.bench.run import Run
    from ticker.client import Editor

    # One attempt: a repeated request would distort the measurement.
    editor = Editor(plan.url, settings().key, attempts=1)
    async with editor:
        with progress(out) as bars:
            work = Run(plan, editor, bars)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, work.stop)
            try:
                result = await work.go()
            except LiveNewsroom as error:
                out.problem(error)
                if not out.as_json:
                    out.note(f"  Nothing was published. To publish anyway: --on-air {error.host}")
                return options.REFUSED
    if plot is not None:
        _write(out, plot, result)
    _print_result(out, result, plot)
    if result.ending == "server gone":
        return options.UNREACHABLE
    return options.OK if result.clean else options.REFUSED


def _write(out: Output, plot: Path, result: Result) -> None:
    from ticker.bench.report import page

    try:
        plot.write_text(page(result), encoding="utf-8")
    except OSError as error:
        result.notes.append(f"Cannot write {plot}: {error.strerror}")


def _print_result(out: Output, result: Result, plot: Path | None) -> None:
    if out.as_json:
        out.json(result.json())
        return
    from rich.table import Table
    from rich.text import Text

    from ticker.bench import summary

    out.say()
    out.say(summary.title(result), style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    for name in ("p50", "p99", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", style="dim", overflow="fold")
    for row in summary.rows(result):
        figures = row.latencies.summary()
        assert figures is not None
        values = (figures.p50, figures.p99, figures.longest)
        table.add_row(
            Text(row.name, "bold" if row.head else ""),
            *(Text(summary.duration(v), "bold" if row.head else "") for v in values),
            row.remark,
        )
    out.console.print(table)
    out.say()
    facts = summary.facts(result)
    width = max((len(name) for name, _ in facts), default=0)
    for name, text in facts:
        out.console.print(Text.assemble((f"{name:<{width}}  ", "dim"), text), soft_wrap=True)
    for text in result.notes:
        out.say(f"! {text}", style="yellow")
    for text in summary.problems(result):
        out.say(f"✗ {text}", style="red")
    count = result.verdict
    mark = (
        ("✗", "bold red") if not count.clean else ("✓", "green") if count.events else ("–", "dim")
    )
    out.console.print(Text.assemble(mark, " ", summary.verdict(result)), soft_wrap=True)
    if plot is not None and plot.exists():
        out.say(f"The report is in {plot}", style="dim")
