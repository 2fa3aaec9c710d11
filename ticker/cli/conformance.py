"""The ``ticker conformance`` command: check a server, or serve the cases for clients."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage
from ticker.client.errors import BadAddress
from ticker.domain.did_you_mean import guess

if TYPE_CHECKING:
    from ticker.conformance.client_run import ClientRun
    from ticker.conformance.runner import Result


def conformance(
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="Address of the server. Default: TICKER_URL."),
    ] = None,
    case: Annotated[
        list[str],
        typer.Option("--case", metavar="NAME", help="Run only this case. Repeat for more."),
    ] = [],  # noqa: B006  # typer copies it
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the cases for clients until Ctrl-C.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of --serve. 0 is a free one.")
    ] = 0,
    as_json: options.Json = False,
) -> None:
    """Check that a server follows the protocol: a line for each rule. It publishes nothing.

    With --serve it is the server: it plays a case for a client at each address, and prints whether
    the client asked as it must.
    """
    out = Output(as_json)
    if serve:
        if url is not None or case:
            usage(out, "--serve: takes neither an address nor --case")
        run(out, _serve(out, port))
        return

    async def work() -> int:
        from ticker.conformance import runner
        from ticker.conformance.cases import CASES

        known = [one.name for one in CASES]
        if unknown := [one for one in case if one not in known]:
            usage(out, f"--case: there is no case {unknown[0]}{guess(unknown, known)}")
        results = []
        try:
            async for one in runner.run(settings().url if url is None else url, case):
                results.append(one)
                if not as_json:
                    _print(out, one)
        except BadAddress as error:
            if url is None:
                raise
            usage(out, f"URL: {error}")
        wrong = [one for one in results if one.wrong]
        if as_json:
            cases = [
                {"name": one.case.name, "section": one.case.section, "wrong": one.wrong or None}
                for one in results
            ]
            out.json({"cases": cases, "failed": len(wrong)})
        else:
            out.say(f"{len(results) - len(wrong)} of {len(results)} cases passed")
        return 1 if wrong or not results else 0

    run(out, work())


async def _serve(out: Output, port: int) -> int:
    """Serve the cases for clients until SIGINT or SIGTERM."""
    from ticker.conformance.scripted_server import scripted_server

    def played(word: str, found: ClientRun) -> None:
        report = found.report()
        if out.as_json:
            out.json({"run": word, **report})
            return
        out.say(f"{'✗' if found.wrong else '✓'} {word}/{found.case.name} (§{found.case.section})")
        for wrong in found.wrong:
            out.say(f"  {wrong}")

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with scripted_server(port, played) as server:
            base = f"http://127.0.0.1:{server.port}"
            out.note(f"A newsroom for each case: {base}/RUN/CASE; all cases: {base}/cases.json")
            await stop.wait()
    except OSError as error:
        usage(out, f"port {port} cannot be used: {error.strerror}; choose another with --port")
    return 0


def _print(out: Output, one: Result) -> None:
    mark = "✗" if one.wrong else "✓"
    out.say(f"{mark} {one.case.name} (§{one.case.section})")
    if one.wrong:
        out.say(f"  {one.wrong}")
