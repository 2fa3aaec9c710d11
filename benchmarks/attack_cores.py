"""CPU time of each process during an attack, and an attacker that takes none from the others.

The attacker stands for a client on another machine. Here it needs cores that the server would have,
so it gets only what nobody else wants. ``nice`` alone does not do that: Linux compares processes of
different sessions by the priority of their session (sched(7), "The autogroup feature"), and every
process of a newsroom has a session of its own. It has both cores: on one alone it made a third of
the attacks.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

LOWEST = 19

_PROC = Path("/proc")


def yield_to_others() -> None:
    """Leave the cores to everybody else. For ``preexec_fn`` of the first process of a session."""
    with contextlib.suppress(OSError):  # a kernel without autogroups compares by nice
        Path("/proc/self/autogroup").write_text(str(LOWEST))
    os.nice(LOWEST)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class CpuUse:
    """CPU time, and time spent waiting for a core, of some processes since this was made."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        """``processes`` are process ids by name."""
        self._processes = dict(processes)
        self._began = time.perf_counter()
        self._before = {name: _schedstat(pid) for name, pid in self._processes.items()}

    def shares(self) -> dict[str, tuple[float, float]]:
        """Return for each process the shares of a core that it has used and waited for."""
        seconds = time.perf_counter() - self._began
        found = {}
        for name, pid in self._processes.items():
            ran, waited = _schedstat(pid)
            ran_before, waited_before = self._before[name]
            found[name] = (ran - ran_before) / seconds, (waited - waited_before) / seconds
        return found


def _schedstat(pid: int) -> tuple[float, float]:
    """Return the seconds that a process has run and waited (proc_pid_schedstat, first two)."""
    ran = waited = 0.0
    with contextlib.suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            fields = (task / "schedstat").read_text().split()
            ran += int(fields[0]) / 1e9
            waited += int(fields[1]) / 1e9
    return ran, waited
