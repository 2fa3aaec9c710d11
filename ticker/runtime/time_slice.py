"""Time slices: a process that wakes up gets the core from one with a longer slice at once.

Linux lets a process run for its time slice, several milliseconds with a slow clock tick, before it
gives the core to another that has just woken up; except to one with a shorter slice, which gets it
at once (sched_setattr(2), ``sched_runtime`` since Linux 6.12; "Latency" in the kernel's
sched-eevdf.rst). The shares of all stay the same.

An item passes the embedded Valkey and a gateway, which do little for each, on its way to a screen;
on a machine with few cores they would wait for a page that is being rendered. They have slices
shorter than the default, the gateway the shortest: when Valkey writes an item to it, it gets the
core at once, before Valkey has woken up the web process too. The web process and the workers have
longer slices than the default: what they do with an item that is out (the answer, their own reading
of the lane) waits for a reverse proxy or a client on the same machine that passes the item on. The
workers have the longest: the web process need not wait for them with the next item.

The web process and the workers are also of the policy ``SCHED_BATCH``: they interrupt no other when
they wake up. Where Valkey wakes the web process and the gateway together, the gateway has to come
first; and a worker that gets its reply must not keep Valkey from the next item.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

SHORTEST, SHORT = 100_000, 500_000
"""Nanoseconds, of gateways and of the embedded Valkey. Linux permits nothing shorter than the
first; its default is 0.7 to 2.8 ms, by the number of cores."""
LONG, LONGEST = 10_000_000, 20_000_000
"""Nanoseconds, of the web process and of the workers."""

_SETATTR = {"x86_64": 314, "aarch64": 274}
"""Number of the system call, which has no function in the C library of many systems."""
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""``struct sched_attr``: size, policy, flags, nice, priority, runtime, deadline, period."""


def set_time_slice(pid: int, nanoseconds: int, *, interrupts: bool = True) -> None:
    """Set the slice of a process's first thread (0: of this one), which new threads inherit.

    Without ``interrupts`` it gets the policy ``SCHED_BATCH`` (sched(7)), on every Linux.

    Changes nothing where the system has no such slices, or where an operator has chosen a
    scheduling policy.
    """
    number = _SETATTR.get(platform.machine())
    if not sys.platform.startswith("linux") or number is None:
        return
    try:
        if os.sched_getscheduler(pid) != os.SCHED_OTHER:
            return
        nice = os.getpriority(os.PRIO_PROCESS, pid)
    except OSError:  # it has ended
        return
    policy = os.SCHED_OTHER if interrupts else os.SCHED_BATCH
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, 0, nice, 0, nanoseconds, 0, 0)
    ctypes.CDLL(None).syscall(number, pid, ctypes.create_string_buffer(attributes), 0)
