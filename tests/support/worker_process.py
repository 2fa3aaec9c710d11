"""A worker as a process of its own, on a Redis server that the test provides."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ticker.runtime.die_with_parent import die_with_parent

ROOT = Path(__file__).parents[2]
NONE: Mapping[str, float] = {}


def start_worker(
    redis_url: str,
    folder: Path,
    *,
    role: str = "",
    command: Sequence[str] = (),
    constants: Mapping[str, float] = NONE,
    **settings: str,
) -> subprocess.Popen[bytes]:
    """Start a worker that writes to ``folder / "log"``; the caller ends it.

    ``role`` is what ``workers.main.run`` takes; without it the worker does everything.
    ``settings`` are Ticker's, as text. ``command`` starts another program in the same environment.
    ``constants`` replaces constants of modules, "module.NAME", in this order: those from which
    others are computed when their module is imported come first.
    """
    run = _program(role, constants)
    environment = os.environ | {
        "TICKER_REDIS_URL": redis_url,
        "TICKER_CONFIG": os.devnull,
        **{f"TICKER_{name.upper()}": value for name, value in settings.items()},
    }
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command or (sys.executable, "-c", run),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            preexec_fn=die_with_parent(),  # a killed test run leaves no worker behind
        )


def _program(role: str, constants: Mapping[str, float]) -> str:
    lines = ["from importlib import import_module"]
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        lines.append(f"assert hasattr(import_module({module!r}), {constant!r})")
        lines.append(f"import_module({module!r}).{constant} = {value!r}")
    lines += ["from workers.main import run", f"run({repr(role) if role else ''})"]
    return "\n".join(lines)


@contextlib.contextmanager
def worker_process(
    redis_url: str,
    folder: Path,
    *,
    role: str = "",
    command: Sequence[str] = (),
    constants: Mapping[str, float] = NONE,
    **settings: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker, as ``start_worker`` says; kill it at the end."""
    process = start_worker(
        redis_url, folder, role=role, command=command, constants=constants, **settings
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
