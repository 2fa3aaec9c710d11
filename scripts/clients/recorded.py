"""Run the Go example under the cases for authors of clients: `python -m scripts.clients.recorded`.

Needs Go. It takes about half a minute, because the client waits as PROTOCOL.md §7 says.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ticker.conformance.client_case import LAST, ClientCase
from ticker.conformance.client_cases import CLIENT_CASES
from ticker.conformance.scripted_server import scripted_server
from ticker.domain.filter_query import filter_from_json, query_pairs
from ticker.domain.taxonomy import Taxonomy

EXAMPLE = Path(__file__).parents[2] / "examples" / "go_client"
CASE_SECONDS = 60.0
"""A client that has not shown the last item by then has failed."""


async def follow(binary: str, base: str, case: ClientCase) -> dict[str, Any]:
    """Return the board at the end of ``case``, by id, and whether the client has stopped."""
    pairs = [] if case.filter is None else query_pairs(filter_from_json(case.filter, Taxonomy()))
    query = urlencode([*pairs, ("backlog", "all")])
    command = (binary, "-board", "-query", query, "-url", f"{base}/go/{case.name}")
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    board: list[dict[str, Any]] = []
    stopped = False
    try:
        async with asyncio.timeout(CASE_SECONDS):
            while not any(one["id"] == LAST["id"] for one in board):
                line = await process.stdout.readline()
                if not line:
                    stopped = await process.wait() == 1
                    break
                board = json.loads(line)
    except TimeoutError:
        print(f"{case.name}: no end after {CASE_SECONDS:.0f} s", file=sys.stderr)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return {"board": _by_id(board), "stopped": stopped}


def _by_id(board: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    return {one["id"]: (one["version"], one["headline"]) for one in board}


async def run_all(binary: str) -> int:
    """Run all cases at once; return the number of those that failed."""
    failed = 0
    cases = [one for one in CLIENT_CASES if one.subscriptions is None]  # the example has one
    async with scripted_server() as server:
        base = f"http://127.0.0.1:{server.port}"
        found = await asyncio.gather(*[follow(binary, base, one) for one in cases])
        for case, result in zip(cases, found, strict=True):
            wanted = {"board": _by_id(case.as_json()["board"]), "stopped": case.stops}
            report = server.run("go", case.name).report()
            passed = result == wanted and report["played"] and not report["wrong"]
            failed += not passed
            print("passed" if passed else f"FAILED {result} {report}", case.name)
    return failed


def main() -> None:
    """Build the example and run it; the exit code is 1 if a case failed."""
    with tempfile.TemporaryDirectory() as folder:
        binary = str(Path(folder) / "follow")
        subprocess.run(["go", "build", "-o", binary, "."], cwd=EXAMPLE, check=True)
        sys.exit(min(1, asyncio.run(run_all(binary))))


if __name__ == "__main__":
    main()
