"""The same work for us and for our peers, on this machine, in one run; ratios are what counts.

python -m benchmarks                                   everything; about an hour
python -m benchmarks fanout burst --peers ticker,floor,nchan --rounds 5 --clients 2000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import machine, report, rows, runs
from benchmarks.peers import BY_NAME
from benchmarks.rows import Options


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
    parser.add_argument("--seconds", type=float, help="of a round, instead of each row's own")
    args = parser.parse_args(arguments)
    wanted = [
        row for row in rows.ALL if not args.rows or any(row.name.startswith(n) for n in args.rows)
    ]
    for name in args.rows:
        if not any(row.name.startswith(name) for row in rows.ALL):
            parser.error(f"no row {name}; known: {', '.join(known)}")
    peers = None if args.peers is None else set(args.peers.split(","))
    if peers is not None and (strangers := peers - set(BY_NAME)):
        parser.error(f"no peer {', '.join(strangers)}; known: {', '.join(BY_NAME)}")
    machine.prepare()
    say(machine.describe())
    say(f"server on core {machine.SERVER_CORE}, load on core {machine.LOAD_CORE}")
    options = Options(args.clients, args.seconds)
    results = []
    for row in wanted:
        results.append(runs.run(row, args.rounds, options, peers, say))
        print(report.text(results[-1]), flush=True)
    return 1 if any(result.failures for result in results) else 0


def say(line: str) -> None:
    """Show progress, beside what is piped on."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
