"""Children that crash, hang, ignore signals, talk too much or never come up: real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.ticker_up import gone, is_running
from tests.support.waiting import forever
from ticker.runtime.supervise import Child, GaveUp, Restarts, Spec, Supervisor

IDLE = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + IDLE


def spec(name: str, code: str, grace: float = 10.0) -> Spec:
    return Spec(name, (sys.executable, "-S", "-c", code), grace=grace)


class Heard(list[str]):
    """What the supervisor said; ``until`` waits for a line."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def say(self, line: str) -> None:
        self.append(line)
        self._more.set()

    async def until(self, found: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(20):
            while not found(self):
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def supervising() -> AsyncIterator[tuple[Supervisor, Heard]]:
    heard = Heard()
    supervisor = Supervisor(heard.say)
    try:
        yield supervisor, heard
    finally:
        supervisor.hurry.set()
        await supervisor.stop()


def pid_of(child: Child) -> int:
    assert child.pid is not None
    return child.pid


def test_pauses_double_up_to_a_bound_and_the_last_crash_gives_up() -> None:
    restarts = Restarts(limit=9)
    pauses = [restarts.crashed(now) for now in range(9)]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, None]


def test_old_crashes_are_forgiven() -> None:
    restarts = Restarts(limit=3)
    assert [restarts.crashed(now) for now in (0.0, 50.0, 61.0, 130.0)] == [0.1, 0.2, 0.2, 0.1]


async def test_output_is_passed_on_with_the_name_in_front_and_bounded() -> None:
    code = "print('one'); print(); print('x' * 100_000); print('end', end='', flush=True);" + IDLE
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("serve", code))
        await heard.until(lambda lines: any(line.endswith("endup") for line in lines))
    assert heard[0] == " serve | one"
    assert "".join(line.removeprefix(" serve | ") for line in heard[1:]) == "x" * 100_000 + "endup"
    assert max(map(len, heard)) < 20_000


async def test_a_killed_child_is_started_again() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("work", IDLE))
        await heard.until(lambda lines: lines == ["  work | up"])
        first = pid_of(child)
        os.kill(first, signal.SIGKILL)
        await heard.until(lambda lines: lines.count("  work | up") == 2)
        assert pid_of(child) != first
        assert not is_running(first)
    assert heard[1] == "work was killed by SIGKILL; starting it again in 0.1 s"


async def test_a_child_that_does_not_stay_up_is_given_up_with_its_last_words() -> None:
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("work", "raise SystemExit('no such table')"), limit=3)
        with pytest.raises(GaveUp, match=r"work stopped by itself with exit code 1(.*\n)*.*table"):
            await supervisor.until(forever())
    assert sum("starting it again" in line for line in heard) == 2


async def test_wrong_usage_is_not_tried_twice() -> None:
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("serve", "print('port: not a number'); raise SystemExit(2)"))
        with pytest.raises(GaveUp, match="exit code 2"):
            await supervisor.until(forever())
    assert heard == [" serve | port: not a number"]


async def test_a_child_that_keeps_its_own_log_has_its_last_words_there() -> None:
    async with supervising() as (supervisor, _):
        command = (sys.executable, "-c", "print('output'); raise SystemExit(1)")
        silent = Spec("valkey", command, last_words=lambda: "the disk\nis full")
        supervisor.start(silent, limit=1)
        with pytest.raises(GaveUp, match=r"last lines:\n    the disk\n    is full$"):
            await supervisor.until(forever())


async def test_a_command_that_does_not_exist_is_given_up() -> None:
    async with supervising() as (supervisor, _):
        supervisor.start(Spec("work", ("/no/such/program",)), limit=2)
        with pytest.raises(GaveUp, match="could not be started"):
            await supervisor.until(forever())


async def test_a_child_that_never_says_ready_is_killed_and_given_up() -> None:
    async def ready(alive: Callable[[], bool]) -> None:
        assert alive()
        raise RuntimeError("its socket stays silent")

    async with supervising() as (supervisor, _):
        never = Spec("valkey", (sys.executable, "-c", IDLE), ready=ready)
        child = supervisor.start(never, limit=1)
        with pytest.raises(GaveUp, match="valkey failed: its socket stays silent"):
            await supervisor.until(forever())
        assert child.pid is None
        assert not child.up.is_set()


async def test_they_stop_youngest_first_and_nothing_is_left() -> None:
    tell = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit('bye'));" + IDLE
    async with supervising() as (supervisor, heard):
        children = [supervisor.start(spec(name, tell)) for name in ("valkey", "work", "serve")]
        await heard.until(lambda lines: len(lines) == 3)
        pids = [pid_of(child) for child in children]
        await supervisor.stop()
    assert heard[3:] == [" serve | bye", "  work | bye", "valkey | bye"]
    assert not any(map(is_running, pids))


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace_time() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("serve", STUBBORN, grace=0.1))
        await heard.until(lambda lines: lines == [" serve | up"])
        pid = pid_of(child)
        await supervisor.stop()
        assert heard[-1] == "serve did not stop in 0 s; killed"
        assert not is_running(pid)


async def test_hurry_does_not_wait_for_the_grace_time() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("serve", STUBBORN, grace=1_000))
        await heard.until(lambda lines: lines == [" serve | up"])
        pid = pid_of(child)
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0)
        supervisor.hurry.set()
        await asyncio.wait_for(stopping, 10)
        assert not is_running(pid)


async def test_stopping_at_once_leaves_no_process() -> None:
    """The process may still be in the making when stop comes."""
    async with supervising() as (supervisor, _):
        children = [supervisor.start(spec("work", IDLE)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.wait_for(supervisor.stop(), 10)
    assert [child.pid for child in children] == [None] * 3


async def test_stopping_in_the_pause_before_a_restart_starts_nothing() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("work", "raise SystemExit(1)"))
        await heard.until(lambda lines: any("again in 0.4 s" in line for line in lines))
        await asyncio.wait_for(supervisor.stop(), 10)
        assert child.pid is None


async def test_what_a_killed_child_started_goes_with_it() -> None:
    inner = "import os; print(os.getpid(), flush=True);" + IDLE
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {inner!r}]);"
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("serve", code + STUBBORN, grace=0.1))
        await heard.until(lambda lines: len(lines) == 3)
        (grandchild,) = [int(line.split("|")[1]) for line in heard if not line.endswith("up")]
        assert is_running(grandchild)
        await supervisor.stop()
        await gone(grandchild)


@pytest.mark.faults
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs PR_SET_PDEATHSIG")
async def test_kill_9_of_the_supervisor_leaves_no_process() -> None:
    child = "import os; print(os.getpid());" + STUBBORN
    program = f"""
import asyncio, sys
from ticker.runtime.supervise import Spec, Supervisor
async def main():
    supervisor = Supervisor(lambda line: print(line, flush=True))
    for _ in range(3):
        supervisor.start(Spec("x", (sys.executable, "-c", {child!r})))
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        pids = [int(line.split("|")[1]) for line in lines if "up" not in line]
        assert len(pids) == 3
        assert all(map(is_running, pids))
        process.kill()
        process.wait()
    await gone(*pids)
