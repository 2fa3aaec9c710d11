"""The usage table that the server processes of one machine share, in anonymous memory.

The supervisor creates it and its processes inherit the descriptor. Each claims a segment by a lock
on one byte, which the kernel releases when the process dies, so nothing is left to clean up.
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from struct import Struct

from ticker.domain.usage_table import KEY_BYTES, UsageTable, size

log = logging.getLogger(__name__)

_HEADER = Struct(f"<{KEY_BYTES}sI")
_HEADER_BYTES = 64
"""The table begins here, so that its numbers are aligned: they are read and written whole."""


@contextmanager
def shared_usage(processes: int) -> Iterator[int]:
    """Create the memory for so many processes and their successors; yield its descriptor."""
    segments = 2 * processes + 1  # one for a process that is killed and has not ended yet
    if hasattr(os, "memfd_create"):
        file = open(os.memfd_create("ticker-usage"), "r+b", buffering=0)  # noqa: SIM115 - closed below
    else:
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed below
    with file:
        file.truncate(_HEADER_BYTES + size(segments))
        file.write(_HEADER.pack(os.urandom(KEY_BYTES), segments))
        yield file.fileno()


def joined(descriptor: int | None) -> UsageTable:
    """Return the table behind an inherited descriptor; one of its own without it.

    So does a process for which no segment is free: it serves, and counts alone.
    """
    if descriptor is None:
        return UsageTable.own()
    try:
        return SharedUsage(descriptor)
    except OSError as error:
        log.warning("budgets by address count in this process alone: %s", error)
        return UsageTable.own()


class SharedUsage(UsageTable):
    """The table behind an inherited descriptor. It stays open as long as the process."""

    def __init__(self, descriptor: int) -> None:
        """Claim a segment. Raises OSError if none is free, or for another descriptor."""
        self._descriptor = descriptor
        # The mapping has a copy of the descriptor: if that were closed, the locks would go.
        self._memory = mmap(descriptor, 0)
        key, segments = _HEADER.unpack_from(self._memory)
        self._count = segments
        segment = next(filter(self._lock, range(segments)), None)
        if segment is None:
            raise OSError(f"all {segments} segments of the usage table are taken")
        super().__init__(memoryview(self._memory)[_HEADER_BYTES:], key, segment, segments)
        self.clear(segment)
        self.use()

    def sweep(self) -> None:
        """Forget what dead processes held: nobody has locked their segments."""
        for segment in range(self._count):
            if segment != self.segment and self.used(segment) and self._lock(segment):
                self.clear(segment)
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, segment)

    def _lock(self, segment: int) -> bool:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, segment)
        except OSError:
            return False
        return True
