"""This machine: its cores, the CPU time of processes, and installed versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[1 % len(CORES)]
FILES = 20_000
PROC = Path("/proc")


def cpu(pids: Iterable[int]) -> float:
    """Return the CPU seconds, user and system, that these processes have used so far.

    ``schedstat`` has nanoseconds per thread where ``stat`` has hundredths of a second; both are the
    scheduler's sum, in which the kernel's work for the process's own packets is contained.
    """
    total = 0.0
    for pid in pids:
        threads = [
            int((PROC / str(pid) / "task" / task / "schedstat").read_text().split()[0]) / 1e9
            for task in os.listdir(PROC / str(pid) / "task")
        ]
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        # Threads that have ended are in ``stat`` only.
        total += sum(threads) if abs(sum(threads) - ticks) < 0.05 else ticks
    return total


def resident(pids: Iterable[int]) -> int:
    """Return the resident bytes of these processes together."""
    total = 0
    for pid in pids:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
        found = re.search(r"^Rss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) * 1024 if found else 0
    return total


def family(pid: int) -> list[int]:
    """Return a process and its children, nginx's workers for example."""
    children: list[int] = []
    with suppress(OSError):
        text = (PROC / str(pid) / "task" / str(pid) / "children").read_text()
        children = [int(one) for one in text.split()]
    return [pid, *(one for child in children for one in family(child))]


def prepare() -> None:
    """Pin this process, and what it starts, to the load's core; allow it enough files.

    Without it nobody is pinned, servers neither: tests care about counts only.
    """
    os.sched_setaffinity(0, {LOAD_CORE})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(hard, FILES)))
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


class Busy:
    """Measures the use of the load's core from now on, by this process and by others."""

    MOST = 0.8
    """Share of the core above which the load may limit the figures."""

    def __init__(self) -> None:
        self._idle, self._all = _core_times(LOAD_CORE)
        self._begun = time.perf_counter()
        self._own = time.process_time()

    def stop(self) -> None:
        """Take the shares, from 0 to 1: of the core in all, and of this process."""
        idle, total = _core_times(LOAD_CORE)
        self.core = 1 - (idle - self._idle) / max(1, total - self._all)
        self.own = (time.process_time() - self._own) / (time.perf_counter() - self._begun)

    def __str__(self) -> str:
        return f"{self.core:.0%}, load itself {self.own:.0%}"

    @property
    def warning(self) -> str:
        """Return a warning about the figures, or an empty string."""
        return f"load core busy: {self}" if self.core > self.MOST else ""


def _core_times(core: int) -> tuple[int, int]:
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            times = [int(one) for one in line.split()[1:9]]
            return times[3] + times[4], sum(times)
    raise LookupError(f"no core {core} in /proc/stat")


def server_cores(processes: int = 1) -> set[int]:
    """Return the cores of a server: all for one with several processes, or if nobody is pinned."""
    pinned = processes == 1 and os.sched_getaffinity(0) == {LOAD_CORE}
    return {SERVER_CORE} if pinned else set(CORES)


def describe() -> str:
    """Return a description of the machine in one line."""
    name = platform.processor() or platform.machine()
    with suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)$", (PROC / "cpuinfo").read_text(), re.MULTILINE)
        name = found[1] if found else name
    return f"{len(CORES)} cores, {name}, Linux {platform.release()}"


def versions() -> dict[str, str]:
    """Return the versions of the software that the figures depend on, by name."""
    found = {"Python": platform.python_version()}
    for package in ("uvloop", "websockets", "uvicorn", "starlette", "redis", "hiredis"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    for name, command in (("gcc", ("gcc", "-dumpfullversion")), ("Node", ("node", "--version"))):
        if text := output(*command):
            found[name] = text.lstrip("v")
    return found


def output(*command: str) -> str | None:
    """Return what a program prints, None if it is not there or fails."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
        return (done.stdout + done.stderr).strip()
    return None
