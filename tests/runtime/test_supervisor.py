"""Real child processes that crash, hang, ignore signals, print too much or never get ready."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.ticker_up import gone, is_running
from tests.support.waiting import forever, wait_until
from ticker.runtime.child import Child, ChildFailed, ChildSpec
from ticker.runtime.supervisor import Supervisor

IDLE = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + IDLE


def spec(name: str, code: str, grace: float = 10.0) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-S", "-c", code), grace=grace)


class Heard(list[str]):
    """Messages of the supervisor; ``until`` waits for one."""

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
        supervisor.force.set()
        await supervisor.stop()


def pid_of(child: Child) -> int:
    assert child.pid is not None
    return child.pid


async def test_output_is_passed_on_with_the_name_in_front_and_bounded() -> None:
    code = "print('one'); print(); print('x' * 100_000); print('end', end='', flush=True);" + IDLE
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("serve", code))
        await heard.until(lambda lines: any(line.endswith("endup") for line in lines))
    assert heard[0] == "   serve | one"
    assert (
        "".join(line.removeprefix("   serve | ") for line in heard[1:]) == "x" * 100_000 + "endup"
    )
    assert max(map(len, heard)) < 20_000


async def test_a_killed_child_is_started_again() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("work", IDLE))
        await heard.until(lambda lines: lines == ["    work | up"])
        first = pid_of(child)
        os.kill(first, signal.SIGKILL)
        await heard.until(lambda lines: lines.count("    work | up") == 2)
        assert pid_of(child) != first
        assert not is_running(first)
    assert heard[1] == "work was killed by SIGKILL; restarting it in 0.1 s"


async def test_a_child_that_keeps_exiting_fails_with_its_last_output() -> None:
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("work", "raise SystemExit('no such table')"), limit=3)
        with pytest.raises(ChildFailed, match=r"work exited with code 1(.*\n)*.*table"):
            await supervisor.until(forever())
    assert sum("restarting it" in line for line in heard) == 2


async def test_a_usage_error_is_not_retried() -> None:
    async with supervising() as (supervisor, heard):
        supervisor.start(spec("serve", "print('port: not a number'); raise SystemExit(2)"))
        with pytest.raises(ChildFailed, match="code 2"):
            await supervisor.until(forever())
    assert heard == ["   serve | port: not a number"]


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "raise SystemExit(2)"])
async def test_readers_keep_their_server_when_another_child_keeps_failing(
    tmp_path: Path, code: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(ANNOUNCE)
    async with supervising() as (supervisor, heard):
        gateway = supervisor.start(
            replace(announcing(ANNOUNCE), name="gateway", serves_readers=True)
        )
        web = supervisor.start(announcing(f"exec(open({str(program)!r}).read())"), limit=1)
        web.restarts.again = 0.01
        await asyncio.gather(gateway.up.wait(), web.up.wait())
        first = pid_of(gateway)
        program.write_text(code)
        os.kill(pid_of(web), signal.SIGKILL)
        await heard.until(lambda lines: sum("one is tried again" in line for line in lines) == 3)
        assert any("keeps failing" in line for line in heard)
        program.write_text(ANNOUNCE)
        await web.up.wait()
        assert pid_of(gateway) == first
        program.write_text(code)
        gateway.spec = replace(gateway.spec, serves_readers=False)
        os.kill(pid_of(web), signal.SIGKILL)
        with pytest.raises(ChildFailed, match=r"one .*keeps failing"):
            await supervisor.until(forever())


async def test_a_child_that_fails_at_the_start_fails_all() -> None:
    async with supervising() as (supervisor, _):
        supervisor.start(replace(announcing(ANNOUNCE), name="gateway", serves_readers=True))
        supervisor.start(announcing("raise SystemExit(2)"))
        with pytest.raises(ChildFailed) as failed:
            await supervisor.until(forever())
        assert failed.value.code == 2


async def test_a_child_with_its_own_log_fails_with_the_end_of_it() -> None:
    async with supervising() as (supervisor, _):
        command = (sys.executable, "-c", "print('output'); raise SystemExit(1)")
        silent = ChildSpec("valkey", command, log_tail=lambda: "the disk\nis full")
        supervisor.start(silent, limit=1)
        with pytest.raises(ChildFailed, match=r"last output:\n    the disk\n    is full$"):
            await supervisor.until(forever())


async def test_a_command_that_does_not_exist_fails() -> None:
    async with supervising() as (supervisor, _):
        supervisor.start(ChildSpec("work", ("/no/such/program",)), limit=2)
        with pytest.raises(ChildFailed, match="could not be started"):
            await supervisor.until(forever())


async def test_a_child_that_never_gets_ready_is_killed_and_fails() -> None:
    async def ready(alive: Callable[[], bool]) -> None:
        assert alive()
        raise RuntimeError("its socket stays silent")

    async with supervising() as (supervisor, _):
        never = ChildSpec("valkey", (sys.executable, "-c", IDLE), ready=ready)
        child = supervisor.start(never, limit=1)
        with pytest.raises(ChildFailed, match="valkey failed: its socket stays silent"):
            await supervisor.until(forever())
        assert child.pid is None
        assert not child.up.is_set()


async def test_children_stop_last_started_first_and_none_is_left() -> None:
    tell = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit('bye'));" + IDLE
    async with supervising() as (supervisor, heard):
        children = [supervisor.start(spec(name, tell)) for name in ("valkey", "work", "serve")]
        await heard.until(lambda lines: len(lines) == 3)
        pids = [pid_of(child) for child in children]
        await supervisor.stop()
    assert heard[3:] == ["   serve | bye", "    work | bye", "  valkey | bye"]
    assert not any(map(is_running, pids))


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace_time() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("serve", STUBBORN, grace=0.1))
        await heard.until(lambda lines: lines == ["   serve | up"])
        pid = pid_of(child)
        await supervisor.stop()
        assert heard[-1] == "serve did not stop within 0 s; killed"
        assert not is_running(pid)


async def test_force_does_not_wait_for_the_grace_time() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("serve", STUBBORN, grace=1_000))
        await heard.until(lambda lines: lines == ["   serve | up"])
        pid = pid_of(child)
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0)
        supervisor.force.set()
        await asyncio.wait_for(stopping, 30)
        assert not is_running(pid)


async def test_stopping_at_once_leaves_no_process() -> None:
    """The process may still be starting when ``stop`` is called."""
    async with supervising() as (supervisor, _):
        children = [supervisor.start(spec("work", IDLE)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.wait_for(supervisor.stop(), 30)
    assert [child.pid for child in children] == [None] * 3


async def test_stopping_in_the_pause_before_a_restart_starts_nothing() -> None:
    async with supervising() as (supervisor, heard):
        child = supervisor.start(spec("work", "raise SystemExit(1)"))
        await heard.until(lambda lines: any("restarting it in 0.4 s" in line for line in lines))
        await asyncio.wait_for(supervisor.stop(), 30)
        assert child.pid is None


async def test_the_children_of_a_killed_child_are_killed() -> None:
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
from ticker.runtime.child import ChildSpec
from ticker.runtime.supervisor import Supervisor
async def main():
    supervisor = Supervisor(lambda line: print(line, flush=True))
    for _ in range(3):
        supervisor.start(ChildSpec("x", (sys.executable, "-c", {child!r})))
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


ANNOUNCE = "import os, time; os.write(int(os.environ['TICKER_READY_FD']), b'\\n'); time.sleep(60)"


def announcing(code: str) -> ChildSpec:
    return replace(spec("one", code), announces=True)


async def test_a_successor_that_is_ready_takes_the_place_of_the_old_one() -> None:
    async with supervising() as (supervisor, _):
        old = supervisor.start(announcing(ANNOUNCE))
        await old.up.wait()
        first = pid_of(old)
        assert await supervisor.replace([old], within=20)
        await gone(first)
        (new,) = supervisor.children
        assert new.up.is_set()
        assert pid_of(new) != first


@pytest.mark.parametrize(
    ("code", "within"), [(STUBBORN, 0.3), ("raise SystemExit(3)", 20.0), ("x = 1", 20.0)]
)
async def test_a_successor_that_is_not_ready_is_killed_and_the_old_one_stays(
    tmp_path: Path, code: str, within: float
) -> None:
    program = tmp_path / "program.py"
    program.write_text(ANNOUNCE)
    runs = f"exec(open({str(program)!r}).read())"
    others = children_of(os.getpid())  # such as the Redis servers of other tests
    async with supervising() as (supervisor, heard):
        one, two = supervisor.start(announcing(ANNOUNCE)), supervisor.start(announcing(runs))
        await asyncio.gather(one.up.wait(), two.up.wait())
        pids = pid_of(one), pid_of(two)
        program.write_text(code)
        assert not await supervisor.replace([one, two], within)
        assert supervisor.children == [one, two]
        assert (pid_of(one), pid_of(two)) == pids
        assert any("the old one stays" in line for line in heard)
        assert children_of(os.getpid()) - others == set(pids)


async def test_a_stop_ends_successors_that_are_not_ready() -> None:
    others = children_of(os.getpid())
    async with supervising() as (supervisor, _):
        old = supervisor.start(announcing(STUBBORN))
        replacing = asyncio.create_task(supervisor.replace([old], within=60))
        await wait_until(lambda: len(children_of(os.getpid()) - others) == 2)
        replacing.cancel()
        await asyncio.wait([replacing])
        assert len(children_of(os.getpid()) - others) == 1


def children_of(pid: int) -> set[int]:
    """Return the processes that ``pid`` has started and that live."""
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return {one for one in found if is_running(one)}
