"""Memory that lives as long as the process: garbage collector and CPU look at it less often.

Once the lane is loaded, code, settings, current items and window stay. They are exempted from later
collections, and on Linux moved to huge pages. A server that is idle between two events finds its
caches cold; with pages of 4 KB a large part of what an event costs then is looking up addresses.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

GC_THRESHOLDS = (2_000, 5, 2_000)
"""Collect new objects cheaply, and go over all of them seldom. A collection goes over the new
objects, up to 2,000 or 10,000 of them; that takes about a millisecond at most."""
HUGE_PAGE = 2 * 1024 * 1024
SETTLED_AFTER = 3.0
"""Seconds after its start at which a server moves its memory: it takes a tenth of a second or two
of one core, which a process that starts has better uses for."""
HUGE_PAGES_MAX = 256
"""Pages that are moved at most, half a gigabyte; what is beyond stays on small pages."""
_MADV_COLLAPSE = 25
"""Linux 6.1 and later (madvise(2)); older kernels answer EINVAL."""
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw\Sp [0-9a-f]+ \S+ 0 *(\S*)")


def exempt_from_collections() -> None:
    """Exempt all objects of now from garbage collections. Newer ones mostly go by their counts."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def huge_ranges(mappings: Iterable[str]) -> Iterator[int]:
    """Return where whole huge pages fit into private memory, from lines of ``/proc/self/maps``.

    Stacks and what the kernel has named for itself are left out (proc(5)).
    """
    for line in mappings:
        found = _MAPPING.match(line)
        if found is None or found[3] not in ("", "[heap]"):
            continue
        begin, end = int(found[1], 16), int(found[2], 16)
        first = -(-begin // HUGE_PAGE) * HUGE_PAGE
        yield from range(first, end - HUGE_PAGE + 1, HUGE_PAGE)


def move_to_huge_pages(maps: str = "/proc/self/maps") -> int:
    """Move this process's memory to huge pages where it can be; return how many there are then.

    Call it in a thread: a page takes some milliseconds. Does nothing where the kernel cannot, or
    where ``maps`` cannot be read, as in a container without ``/proc``.
    """
    if sys.platform != "linux" or mmap.PAGESIZE >= HUGE_PAGE:
        return 0
    try:  # names of mapped files may have bytes of any encoding
        ranges = list(huge_ranges(Path(maps).read_text("latin-1").split("\n")))
    except OSError:
        return 0
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    moved = 0
    for address in ranges[:HUGE_PAGES_MAX]:
        # A range that is unmapped or in use by the kernel at this moment answers an error: no harm.
        moved += madvise(address, HUGE_PAGE, _MADV_COLLAPSE) == 0
    return moved
