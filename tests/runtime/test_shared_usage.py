"""The shared usage table: each process has a segment of its own, and a dead one leaves nothing."""

from __future__ import annotations

import subprocess
import sys

from ticker.runtime.shared_usage import SharedUsage, joined, shared_usage

HOLDER = """
import sys
from ticker.runtime.shared_usage import SharedUsage
usage = SharedUsage(int(sys.argv[1]))
usage.hold("client", 1)
usage.debts(0).set("client", 9.0, 0.0)
print(usage.segment, flush=True)
sys.stdin.read()
"""


def holder(descriptor: int) -> tuple[subprocess.Popen[str], int]:
    """Start a process that holds a connection; return it and its segment."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(descriptor)],
        pass_fds=[descriptor],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_processes_see_what_the_others_hold_until_they_die() -> None:
    with shared_usage(processes=2) as descriptor:
        one, segment = holder(descriptor)
        other, another = holder(descriptor)
        own = SharedUsage(descriptor)
        assert len({segment, another, own.segment}) == 3
        assert own.held_by_others("client") == 2
        end(one)
        own.sweep()
        assert own.held_by_others("client") == 1, "the living one is left alone"
        assert [own.used(one) for one in (segment, another)] == [False, True], "cleared once"
        successor, taken = holder(descriptor)
        assert taken == segment
        assert own.held_by_others("client") == 2
        assert own.debts(0).get("client", 0.0) == 9.0, "a debt outlives the process"
        end(other)
        end(successor)
        own.sweep()
        assert own.held_by_others("client") == 0


def test_a_process_without_a_free_segment_counts_alone() -> None:
    with shared_usage(processes=1) as descriptor:
        holders = [holder(descriptor)[0] for _ in range(3)]
        assert joined(descriptor).held_by_others("client") == 0
        end(holders[1])
        assert joined(descriptor).held_by_others("client") == 2
        for one in holders:
            end(one)
    assert joined(None).held_by_others("client") == 0
