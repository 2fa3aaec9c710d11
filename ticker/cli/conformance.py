"""The ``ticker conformance`` command: check that a server follows PROTOCOL.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage
from ticker.client.errors import BadAddress
from ticker.domain.did_you_mean import guess

if TYPE_CHECKING:
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
    as_json: options.Json = False,
) -> None:
    """Check that a server follows the protocol: a line for each rule. It publishes nothing."""
    out = Output(as_json)

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


def _print(out: Output, one: Result) -> None:
    mark = "✗" if one.wrong else "✓"
    out.say(f"{mark} {one.case.name} (§{one.case.section})")
    if one.wrong:
        out.say(f"  {one.wrong}")
