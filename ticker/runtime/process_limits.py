"""Limits that a process sets for itself before it reads untrusted input."""

from __future__ import annotations

import contextlib
import os
import resource

NICE = 10
"""Untrusted input may wait; readers may not."""


def limit(*, memory: int, cpu_seconds: int) -> None:
    """Lower this process' limits for good: ``memory`` bytes of address space, no files to write.

    A limit that the system does not have, or a sandbox does not permit, is left out.
    """
    with contextlib.suppress(OSError):
        os.nice(NICE)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if hard == resource.RLIM_INFINITY or hard > most:
            try:
                resource.setrlimit(what, (most, most))
            except (ValueError, OSError):  # macOS has no limit of the address space
                continue
