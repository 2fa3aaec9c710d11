"""Measures Ticker and its peers with the same work, on this machine, in one run.

    python -m benchmarks             everything, into docs/internals/benchmarks.md; about an hour
    python -m benchmarks fanout burst --peers ticker,floor,nchan --rounds 5 --clients 2000

Compare ratios, not absolute figures. Progress goes to standard error, tables to standard output.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine, plot, report, rows, runs
from benchmarks.peers import BY_NAME
from benchmarks.record import Book, Record, record
from benchmarks.rows import Options

DOCS = Path(__file__).parent.parent / "docs" / "internals"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` say; return the exit code: 1 if something failed."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = [row.name for row in rows.ALL]
    parser.add_argument("rows", nargs="*", help=f"beginnings of row names: {', '.join(known)}")
    parser.add_argument("--peers", help=f"of {', '.join(BY_NAME)}; all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, help="readers, instead of each row's own number")
    parser.add_argument(
        "--seconds", type=float, help="seconds of a round, instead of each row's own"
    )
    parser.add_argument(
        "--write", action="store_true", help="write a partial run into the page too"
    )
    args = parser.parse_args(arguments)
    wanted = [
        row for row in rows.ALL if not args.rows or any(row.name.startswith(n) for n in args.rows)
    ]
    for name in args.rows:
        if not any(row.name.startswith(name) for row in rows.ALL):
            parser.error(f"no row {name}; known: {', '.join(known)}")
    peers = None if args.peers is None else set(args.peers.split(","))
    if peers is not None and (unknown := peers - set(BY_NAME)):
        parser.error(f"no peer {', '.join(unknown)}; known: {', '.join(BY_NAME)}")
    machine.prepare()
    say(machine.describe())
    say(f"server on core {machine.SERVER_CORE}, load on core {machine.LOAD_CORE}")
    options = Options(args.clients, args.seconds)
    command = shlex.join(["python", "-m", "benchmarks", *(arguments or sys.argv[1:])])
    measured = datetime.now(UTC).strftime("%Y-%m-%d")
    whole = not args.rows and peers is None and options == Options()
    failed = False
    for row in wanted:
        result = runs.run(row, args.rounds, options, peers, say)
        done = record(result, args.rounds, measured, command)
        failed = failed or bool(result.failures)
        print(report.text(done), flush=True)
        if whole or args.write:
            _keep(done, result.versions)
    return 1 if failed else 0


def _keep(done: Record, versions: dict[str, str]) -> None:
    """Write a row into the page, the figures and the picture."""
    book = Book.read(DOCS / "benchmarks.json")
    book.machine = machine.describe()
    book.versions = book.versions | machine.versions() | versions
    book.records[done.name] = done
    book.write(DOCS / "benchmarks.json")
    report.write(DOCS / "benchmarks.md", book)
    plot.write(DOCS / "benchmarks.svg", book)


def say(line: str) -> None:
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
