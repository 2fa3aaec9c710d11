"""The ``ticker doctor`` command: check a newsroom and suggest fixes."""

from __future__ import annotations

from ticker.cli import options
from ticker.cli.bidi import wrap
from ticker.cli.check import Check
from ticker.cli.doctor_checks import run_checks
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings

INDENT = 14
"""Columns before the details: the mark and the check's name."""


def doctor(as_json: options.Json = False) -> None:
    """Check the newsroom and suggest fixes: server, workers, key, push, clock, feeds, database.

    The exit code is 1 if a check failed.
    """
    out = Output(as_json)
    found = server_settings(out)

    async def work() -> int:
        def show(check: Check) -> None:
            if not as_json:
                _print(out, check)

        checks = await run_checks(found, show)
        healthy = all(check.ok for check in checks)
        if as_json:
            out.json(
                {
                    "ok": healthy,
                    "checks": [
                        {
                            "name": c.name,
                            "ok": c.ok,
                            "warning": c.warning,
                            "detail": c.detail,
                            "advice": c.advice,
                        }
                        for c in checks
                    ],
                }
            )
        return options.OK if healthy else options.REFUSED

    run(out, work())


def _print(out: Output, check: Check) -> None:
    mark, style = ("✓", "green") if check.ok else ("✗", "bold red")
    if check.ok and check.warning:
        mark, style = "!", "yellow"
    width = max(20, out.console.width - INDENT) if out.tty else 0
    first, *rest = wrap(check.detail, width) if width else [check.detail]
    out.pieces((mark, style), (f" {check.name:<11} {first}", ""))
    for line in rest:
        out.say(" " * INDENT + line)
    if check.advice and (check.warning or not check.ok):
        for line in wrap(check.advice, width) if width else [check.advice]:
            out.say(" " * INDENT + line, style="yellow")
