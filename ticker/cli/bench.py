"""``ticker bench``: how fast is this newsroom, and does everybody get everything?"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from ticker.cli import complete, options
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from ticker.bench.plan import Plan
    from ticker.bench.result import Result

LOCAL = ("127.0.0.1", "localhost", "::1")


def bench(
    url: Annotated[str | None, typer.Option(help="The newsroom; by default TICKER_URL.")] = None,
    clients: Annotated[int, typer.Option(min=1, max=60_000, help="Readers to connect.")] = 500,
    rate: Annotated[
        float, typer.Option(min=0.1, max=1_000, help="Lines a second, with --publish.")
    ] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, max=3_600, help="How long to publish, or to listen.")
    ] = 20,
    burst: Annotated[
        int,
        typer.Option(min=0, max=10_000, help="Then so many lines at once (with --publish)."),
    ] = 0,
    storm: Annotated[
        bool, typer.Option("--storm", help="Then all readers drop and resume in the same moment.")
    ] = False,
    transport: Annotated[
        Literal["ws", "sse"], typer.Option(help="WebSocket or server-sent events.")
    ] = "ws",
    edition: Annotated[
        str | None,
        typer.Option(
            "--edition",
            "-e",
            help="Of the readers and the lines; en for lines, else all.",
            show_default=False,
            autocompletion=complete.editions,
        ),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish test lines: everybody who reads sees them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    on_air: Annotated[
        str | None,
        typer.Option(
            metavar="HOST", help="Publish though other lines are out there: name it to confirm."
        ),
    ] = None,
    connect_rate: Annotated[
        float, typer.Option(min=1, max=10_000, help="Connections opened a second at most.")
    ] = 200,
    pid: Annotated[
        int | None,
        typer.Option(help="The server's process here; by default who listens on its port."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a report with curves.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure a newsroom: many readers, and the time to the last of them.

    Connects readers at a bounded rate, so that it does not look like an attack, and counts what
    they get: nothing may be lost or come twice (exit code 1 if it did). Ctrl-C ends it early and
    shows what was measured.

    It publishes nothing unless told to with --publish. Then it asks first (--yes for scripts), and
    refuses where lines are out or scheduled that are no test lines: on a real site real readers
    would see them. --on-air HOST, with the host as in the address, overrides that. Test lines have
    the tag "bench" and the lowest level, expire after 60 seconds, and are retracted at the end.

    --storm opens all connections at once, which looks like an attack: use it on your own server.
    """
    from ticker.bench.plan import Plan

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
    """Exit with 2 if this cannot work."""
    from ticker.bench import system
    from ticker.bench.target import host_and_port
    from ticker.client.errors import BadAddress

    try:
        host_and_port(plan.url)
    except BadAddress as error:
        usage(out, str(error))
    if plan.burst and not plan.publish:
        usage(out, "--burst publishes lines: say --publish, too.")
    if plan.on_air is not None and not plan.publish:
        usage(out, "--on-air is for --publish.")
    if plan.pid is not None and not system.exists(plan.pid):
        usage(out, f"There is no process {plan.pid} here.")
    if plot is not None and not plot.absolute().parent.is_dir():
        usage(out, f"{plot.parent} is no directory.")
    needed = plan.clients + system.SPARE_FILES
    may = system.raise_file_limit(needed)
    if may < needed:
        fit = max(0, may - system.SPARE_FILES)
        usage(
            out,
            f"This process may open {may:,} files; {plan.clients:,} clients need {needed:,}.\n"
            f"  Raise the limit (ulimit -n {needed}), or take --clients {fit}.",
        )


def _confirm(out: Output, plan: Plan) -> None:
    """Ask before anything that others could notice; exit with 2 where there is nobody to ask."""
    host = urlsplit(plan.url).hostname
    asked = []
    if plan.publish:
        count = round(plan.rate * plan.seconds) + plan.burst
        asked.append(
            f"About {count:,} test lines go out at {plan.url} (edition {plan.edition or 'en'}): "
            "whoever reads it sees them. They are retracted at the end."
        )
    if plan.storm and host not in LOCAL:
        asked.append(f"{plan.clients:,} readers reconnect to {host} in the same moment.")
    if not asked:
        return
    if out.as_json or not sys.stdin.isatty():
        usage(out, "\n  ".join([*asked, "Confirm with --yes."]))
    for text in asked:
        out.note(text, style=None)
    if not typer.confirm("Go on?", err=True):
        out.note("Nothing was done.")
        raise typer.Exit(options.OK)


def _loop() -> Callable[[Coroutine[Any, Any, int | None]], int | None]:
    """Return what runs a coroutine in the fastest event loop there is."""
    try:
        from uvloop import run as fastest
    except ImportError:  # not on Windows
        return asyncio.run
    return fastest


async def _bench(out: Output, plan: Plan, plot: Path | None) -> int:
    from ticker.bench.publisher import LiveNewsroom
    from ticker.bench.run import Run
    from ticker.client import Editor

    # One attempt: a publish that is tried again would be measured twice.
    editor = Editor(plan.url, settings().key, attempts=1)
    async with editor:
        with _progress(out) as bars:
            work = Run(plan, editor, bars)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, work.stop)
            try:
                result = await work.go()
            except LiveNewsroom as error:
                out.problem(error)
                if not out.as_json:
                    out.note(f"  Nothing was published. If you mean it: --on-air {error.host}")
                return options.REFUSED
    if plot is not None:
        _write(out, plot, result)
    _tell(out, result, plot)
    if result.ending == "server gone":
        return options.UNREACHABLE
    return options.OK if result.clean else options.REFUSED


def _write(out: Output, plot: Path, result: Result) -> None:
    from ticker.bench.report import page

    try:
        plot.write_text(page(result), encoding="utf-8")
    except OSError as error:
        result.notes.append(f"{plot} cannot be written: {error.strerror}")


def _tell(out: Output, result: Result, plot: Path | None) -> None:
    """Show the result."""
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


class _Bars:
    """One bar at a time, on standard error."""

    def __init__(self, bars: Bars | None) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def phase(self, label: str, total: int) -> Callable[[int], None]:
        """Begin a phase of ``total`` steps; return what counts them."""
        bars = self._bars
        if bars is None:
            return lambda count: None
        if self._task is not None:
            bars.remove_task(self._task)
        task = self._task = bars.add_task(label, total=total)

        def advance(count: int) -> None:
            if task == self._task:  # a late one of an earlier phase has no bar any more
                bars.advance(task, count)

        return advance


@contextmanager
def _progress(out: Output) -> Iterator[_Bars]:
    """Show what is going on while a person waits."""
    if out.as_json or not sys.stderr.isatty():
        yield _Bars(None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out.stderr, transient=True, refresh_per_second=4) as bars:
        yield _Bars(bars)
