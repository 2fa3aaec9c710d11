"""File descriptors: every connection takes one, and most systems start a process with 1,024."""

from __future__ import annotations

import contextlib
import resource

MOST = 1_048_576
"""More is of no use to one process; some systems have no hard limit."""


def limit() -> int:
    """Return the soft limit of open files of this process, ``MOST`` if there is none."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one; return the limit then.

    Programs started later inherit it. A system that refuses (macOS above its own maximum) keeps
    the old limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return limit()
