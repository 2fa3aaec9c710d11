"""Private memory moves to huge pages, and no other memory does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ticker.runtime.settled_memory import huge_ranges, move_to_huge_pages

MAPS = """\
00400000-00a00000 r-xp 00000000 fe:00 1234 /usr/bin/python3
00a10000-01400000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
7f0000300000-7f0000900000 rw-p 00000000 00:00 0
7f0001000000-7f0001400000 rw-s 00000000 00:01 99 /dev/zero (deleted)
7f0002000000-7f0002400000 rw-p 00000000 fe:00 77 /var/lib/cache
7f0003000000-7f0003400000 ---p 00000000 00:00 0
7ffc00000000-7ffc00800000 rw-p 00000000 00:00 0 [stack]
""".splitlines()


def test_only_whole_huge_pages_of_private_memory() -> None:
    """Not code, files, shared or reserved memory, nor the stack."""
    heap = [0x00C00000, 0x00E00000, 0x01000000, 0x01200000]
    large = [0x7F0000400000, 0x7F0000600000]
    assert list(huge_ranges(MAPS)) == heap + large


def test_memory_stays_where_the_mappings_cannot_be_read(tmp_path: Path) -> None:
    """As in a container without ``/proc``; names of mapped files may have bytes of any encoding."""
    assert move_to_huge_pages(str(tmp_path / "none")) == 0
    maps = tmp_path / "maps"
    maps.write_bytes(b"7f0000000000-7f0000100000 rw-p 00000000 fe:00 77 /srv/caf\xe9.so\n")
    assert move_to_huge_pages(str(maps)) == 0


def test_a_process_moves_what_it_holds() -> None:
    """In a process of its own: the memory of the tests stays as it is."""
    script = (
        "from ticker.runtime.settled_memory import move_to_huge_pages as move\n"
        "held = [str(n) * 8 for n in range(400_000)]\n"
        "moved = move()\n"
        "print(moved, sum(map(len, held)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    moved, length = map(int, done.stdout.split())
    assert length == 8 * sum(len(str(n)) for n in range(400_000))
    if Path("/sys/kernel/mm/transparent_hugepage/enabled").exists():
        assert moved >= 4
