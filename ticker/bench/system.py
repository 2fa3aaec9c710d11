"""CPU time and memory of a server's processes, and limits on open files.

Linux only, from ``/proc``; on other systems the functions find nothing, and the report says so.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"
"""TCP_LISTEN in the fourth column of /proc/net/tcp."""
SPARE_FILES = 64
"""Descriptors that the generator needs besides its connections."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of some processes: CPU in seconds (user and system), resident bytes now."""

    cpu: float
    rss: int


def usage(pids: Iterable[int]) -> Usage | None:
    """Return what these processes use together, or None if one has ended or is hidden."""
    tick = os.sysconf("SC_CLK_TCK")
    page = os.sysconf("SC_PAGE_SIZE")
    cpu, rss, counted = 0, 0, 0
    for pid in pids:
        try:
            # The name in parentheses may hold spaces and parentheses of its own.
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            rss += int((PROC / str(pid) / "statm").read_text().split()[1]) * page
        except (OSError, IndexError, ValueError):
            return None
        cpu += int(fields[11]) + int(fields[12])
        counted += 1
    return Usage(cpu / tick, rss) if counted else None


def own_cpu() -> float:
    """Return the CPU seconds that this process has used, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def listeners(port: int) -> list[int]:
    """Return the processes here that serve ``port``, as far as this user may see them.

    If a supervisor holds the socket for its children, return the children: they do the work.
    """
    inodes = set(_listening(port))
    if not inodes:
        return []
    holders = {pid for pid in _processes() if inodes & set(_sockets(pid))}
    supervisors = {_parent(pid) for pid in holders}
    return sorted(holders - supervisors)


def exists(pid: int) -> bool:
    """Return whether /proc shows this process."""
    return usage([pid]) is not None


def file_limit(pid: int) -> int | None:
    """Return how many files a process may open, or None if that is unknown."""
    with suppress(OSError, ValueError):
        for line in (PROC / str(pid) / "limits").read_text().splitlines():
            if line.startswith("Max open files"):
                return int(line.split()[3])
    return None


def raise_file_limit(wanted: int) -> int:
    """Raise this process's limit of open files towards ``wanted``; return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted if soft == resource.RLIM_INFINITY else soft
    for new in ((wanted, max(hard, wanted)), (wanted if hard < 0 else min(wanted, hard), hard)):
        # The first is for root, who may go beyond the hard limit.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, new)
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _listening(port: int) -> Iterator[str]:
    """Yield the inodes of the sockets that listen on ``port``."""
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / name).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{columns[9]}]"


def _processes() -> Iterator[int]:
    with suppress(OSError):
        for entry in os.scandir(PROC):
            if entry.name.isdecimal():
                yield int(entry.name)


def _sockets(pid: int) -> Iterator[str]:
    """Yield the descriptors of a process; none if this user may not see them."""
    with suppress(OSError):
        for entry in os.scandir(PROC / str(pid) / "fd"):
            with suppress(OSError):  # closed meanwhile
                yield os.readlink(entry.path)


def _parent(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0
