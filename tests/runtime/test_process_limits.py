"""Limits of a process that reads untrusted input, in a sandbox like that of the systemd units."""

from __future__ import annotations

import platform
import subprocess
import sys

SETPRIORITY = {"x86_64": 141, "aarch64": 140}[platform.machine()]
DENIED = f"""
import ctypes, struct
def step(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)
rules = step(0x20, 0, 0, 0)                    # the number of the system call
rules += step(0x15, 0, 1, {SETPRIORITY})       # is it setpriority?
rules += step(0x06, 0, 0, 0x50001)             # EPERM
rules += step(0x06, 0, 0, 0x7FFF0000)          # else allowed
kept = ctypes.create_string_buffer(rules)
program = struct.pack("HxxxxxxP", len(rules) // 8, ctypes.addressof(kept))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0         # no new privileges
assert libc.prctl(22, 2, program, 0, 0) == 0   # seccomp, by a filter
"""
LIMITED = """
import os, resource
from ticker.runtime.process_limits import limit
limit(memory=1 << 30, cpu_seconds=5)
print(os.getpriority(os.PRIO_PROCESS, 0), resource.getrlimit(resource.RLIMIT_CPU)[0])
"""


def said(program: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_a_process_comes_last_and_has_limits() -> None:
    niceness, seconds = said(LIMITED)
    assert (niceness, seconds) == (10, 5)


def test_a_sandbox_may_forbid_priorities() -> None:
    """The picture of an editor was refused in one that does, and no feed was read."""
    niceness, seconds = said(DENIED + LIMITED)
    assert (niceness, seconds) == (0, 5)
