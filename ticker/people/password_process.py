"""The process that hashes passwords: ``python -m ticker.people.password_process``.

A line of its input is a request, ``{"hash": password}`` or ``{"verify": [kept, password]}``, in
JSON; a line of its output is the answer. It ends with its input, when the web process has ended.

It comes after everybody else. Linux compares processes of different sessions by the priority of
their session (sched(7), "The autogroup feature"), so niceness alone would have an effect within the
web process's session only. This process has a session of its own, and both priorities: where the
cores are shared out by control groups, niceness is what counts.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import orjson

from ticker.people.password_hashes import PasswordHashes

NICE = 5
"""Niceness: a third of the weight of other processes. A sign-in may wait, readers and editors may
not; but on a busy machine it must still go on. With 10 it has a third of that, and readers and
editors get nothing for it; with 0, editors wait."""


def come_last(autogroup: Path = Path("/proc/self/autogroup")) -> None:
    """Let this process have the cores after all others. A sandbox may not permit it."""
    with contextlib.suppress(OSError):
        os.nice(max(0, NICE - os.getpriority(os.PRIO_PROCESS, 0)))
    with contextlib.suppress(OSError), autogroup.open("r+") as file:
        file.write(str(NICE))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def answer(hashes: PasswordHashes, request: dict[str, Any]) -> str | bool:
    """Return the answer to one request."""
    if "hash" in request:
        return hashes.hash(request["hash"])
    kept, password = request["verify"]
    return hashes.verify(kept, password)


def main() -> None:
    """Answer requests until the input ends."""
    come_last()
    hashes = PasswordHashes()
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        out.write(orjson.dumps(answer(hashes, orjson.loads(line))) + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
