"""The time slice of a process: only the slice changes, and threads inherit it."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys

from ticker.runtime.time_slice import LONG, SHORT, set_time_slice

GETATTR = {"x86_64": 315, "aarch64": 275}
ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def attributes(pid: int) -> tuple[int, ...]:
    """Return ``struct sched_attr`` of a thread (sched_getattr(2))."""
    buffer = ctypes.create_string_buffer(ATTRIBUTES.size)
    number = GETATTR[platform.machine()]
    assert ctypes.CDLL(None).syscall(number, pid, buffer, ATTRIBUTES.size, 0) == 0
    return ATTRIBUTES.unpack(buffer.raw)


def test_only_the_slice_of_a_process_changes() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, preexec_fn=lambda: os.nice(3)
    )
    try:
        _, policy, flags, nice, priority, before, *rest = attributes(child.pid)
        set_time_slice(child.pid, SHORT)
        _, policy_now, flags_now, nice_now, priority_now, now, *rest_now = attributes(child.pid)
        assert (policy_now, flags_now, nice_now) == (policy, flags, nice)
        assert (priority_now, rest_now) == (priority, rest)
        # A kernel before 6.12 reports no slice, and has none for each process.
        assert now == (SHORT if before else 0)
    finally:
        child.communicate(b"\n")


def test_a_process_that_does_not_interrupt_others_is_of_another_policy() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        _, _, _, nice, _, before, *_ = attributes(child.pid)
        set_time_slice(child.pid, LONG, interrupts=False)
        _, policy, _, nice_now, _, now, *_ = attributes(child.pid)
        assert (policy, nice_now) == (os.SCHED_BATCH, nice)
        assert now == (LONG if before else 0)
    finally:
        child.communicate(b"\n")


def test_a_process_that_has_ended_and_another_policy_are_left_alone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    set_time_slice(child.pid, SHORT)
    batch = os.sched_param(0)
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_BATCH, batch),
    )
    try:
        set_time_slice(child.pid, SHORT)
        assert os.sched_getscheduler(child.pid) == os.SCHED_BATCH
    finally:
        child.communicate(b"\n")
