"""Make child processes die with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """Return a ``preexec_fn`` after which the kernel kills the child when its parent dies.

    The signal is SIGKILL, because no process is left to enforce a grace period; every child is
    crash-safe. The kernel watches the *thread* that forks, so start children from the main thread.
    Returns None on systems without this call (macOS), where a later start has to clean up.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork, not after it
    parent = os.getpid()

    def set_death_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call above
            os._exit(1)

    return set_death_signal
