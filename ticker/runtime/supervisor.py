"""Supervise child processes: restart them after crashes, and stop them in order.

A child that exits is restarted after a growing delay; if it exits too often, supervision fails
(``ChildFailed``). Children have sessions of their own, so that Ctrl-C in a terminal reaches only
the supervisor. On Linux the kernel kills them if the supervisor is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ticker.domain.backoff import delay
from ticker.domain.terminal_text import inline
from ticker.runtime.die_with_parent import die_with_parent
from ticker.runtime.ready_signal import READY_VARIABLE, ReadyPipe
from ticker.runtime.time_slice import SHORT, set_time_slice
from ticker.telemetry.logs import PROCESS_VARIABLE, escape

_LONGEST_LINE = 8_192  # bytes; longer lines of output are split
_LAST_LINES = 15  # lines of a child's output for the message of ``ChildFailed``
_USAGE = 2  # the exit code of a usage or configuration error, which a restart cannot cure

Say = Callable[[str], None]
Forward = Callable[[str, str], None]
Alive = Callable[[], bool]


class ChildMetrics(Protocol):
    """Collects the metrics of the children; see ``ticker.telemetry.supervised``."""

    def environment(self, child: str) -> Mapping[str, str]:
        """Return the variables with which a new process ``child`` exposes its metrics."""

    def use(self, child: str, environment: Mapping[str, str]) -> None:
        """Ask the process of ``child`` that has ``environment`` from now on."""

    def restarted(self, child: str) -> None:
        """Count a restart of ``child``."""


class ChildFailed(Exception):
    """A child keeps exiting. The message has its name, its last exit and the end of its output."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """The configuration of a child process."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    pass_fds: Sequence[int] = ()
    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL."""
    ready: Callable[[Alive], Awaitable[None]] | None = None
    """Awaited after every start; raises if the child does not become ready."""
    announces: bool = False
    """Whether it tells when it is ready (``ticker.runtime.ready_signal``)."""
    leaves_on: signal.Signals = signal.SIGTERM
    """The signal that stops it when a successor serves in its place."""
    log_tail: Callable[[], str] | None = None
    """Returns the end of the log of a child that does not log to its output."""
    essential: bool = True
    """Whether supervision fails if this child keeps exiting."""
    metrics: bool = False
    """Whether it exposes metrics."""
    prompt: bool = False
    """Whether it gets a core as soon as it wakes up (``ticker.runtime.time_slice``)."""


@dataclass(slots=True)
class RestartPolicy:
    """Decides the delay before a restart. Pure: the caller passes the time.

    The delay doubles with every crash within the last ``within`` seconds, up to ``longest``; after
    crash number ``limit`` in that time there is no restart.
    """

    limit: int = 10
    within: float = 60.0
    first: float = 0.1
    longest: float = 5.0
    _crashes: deque[float] = field(default_factory=deque)

    def crashed(self, now: float) -> float | None:
        """Record a crash; return the seconds until the restart, or None for no restart."""
        self._crashes.append(now)
        while self._crashes[0] < now - self.within:
            self._crashes.popleft()
        if len(self._crashes) >= self.limit:
            return None
        return delay(len(self._crashes), first=self.first, last=self.longest, jitter=1.0)


class Child:
    """A child process that ``run`` keeps running until ``stop``."""

    def __init__(
        self,
        spec: ChildSpec,
        say: Say,
        changed: Callable[[], None],
        limit: int = 10,
        metrics: ChildMetrics | None = None,
        forward: Forward | None = None,
    ) -> None:
        self.spec = spec
        self.up = asyncio.Event()  # set while the process is running and ready
        self.restarts = RestartPolicy(limit)
        self._say = say
        self._changed = changed
        self._metrics = metrics
        self._forwarding = forward or _prefixed(say)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def pid(self) -> int | None:
        """The process id, or None while there is no process."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def run(self) -> None:
        """Keep the process running until ``stop``. Raises ChildFailed if it keeps exiting."""
        while not self._stopping.is_set():
            exit_text, code = await self._run_once()
            self._changed()
            if self._stopping.is_set():
                return
            delay = None if code == _USAGE else self.restarts.crashed(time.monotonic())
            if delay is None and not self.spec.essential:
                self._say(self._failure_text(exit_text))
                return
            if delay is None:
                raise ChildFailed(self._failure_text(exit_text))
            self._say(f"{self.spec.name} {exit_text}; restarting it in {delay:.1f} s")
            if self._metrics is not None:
                self._metrics.restarted(self.spec.name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if there is one."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def stop(self, force: asyncio.Event, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the process: ``number``, then SIGKILL after the grace time or with ``force``."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        self.send(number)
        exited = asyncio.ensure_future(process.wait())
        forced = asyncio.ensure_future(force.wait())
        try:
            await asyncio.wait(
                {exited, forced}, timeout=self.spec.grace, return_when=asyncio.FIRST_COMPLETED
            )
            if not exited.done():
                if not force.is_set():
                    self._say(
                        f"{self.spec.name} did not stop within {self.spec.grace:.0f} s; killed"
                    )
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # also kills its own children
                await exited
        finally:
            forced.cancel()

    async def _run_once(self) -> tuple[str, int | None]:
        """Start the process and wait for its exit; return a text about the exit, and its code."""
        pipe, env, pass_fds = None, self.spec.env, self.spec.pass_fds
        try:
            if self.spec.announces:
                pipe = ReadyPipe()
                env = {**(os.environ if env is None else env), READY_VARIABLE: str(pipe.descriptor)}
                pass_fds = (*pass_fds, pipe.descriptor)
            process = self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                env=env,
                pass_fds=pass_fds,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        except OSError as error:
            if pipe is not None:
                pipe.close()
            return f"could not be started: {error}", None
        finally:
            if pipe is not None:
                pipe.started()
        if self.spec.prompt:
            set_time_slice(process.pid, SHORT)
        if self._stopping.is_set():  # ``stop`` was called while the process was being created
            process.kill()
        self._last.clear()
        reading = asyncio.create_task(self._read(process))
        problem = ""
        try:
            self._changed()
            if self.spec.ready is not None:
                try:
                    await self.spec.ready(lambda: process.returncode is None)
                except Exception as error:  # noqa: BLE001 - any error means it is not ready
                    problem = f": {error}"
                    with suppress(ProcessLookupError):
                        process.kill()
            if problem:
                if pipe is not None:
                    pipe.close()
            elif pipe is None or await pipe.announced():
                self.up.set()
            code = await process.wait()
        finally:
            self.up.clear()
            # Its own children may keep the pipe open, so do not wait for the end of the output.
            await asyncio.wait({reading}, timeout=1)
            reading.cancel()
        if problem:
            return f"failed{problem}", code
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}", code
        return f"exited with code {code}", code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Forward the output line by line, prefixed with the child's name."""
        assert process.stdout is not None
        rest = b""
        while data := await process.stdout.read(_LONGEST_LINE):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._forward(line)
        if rest:
            self._forward(rest)

    def _forward(self, line: bytes) -> None:
        # Log lines quote what untrusted clients send; the terminal must not obey it.
        text = inline(line.decode(errors="replace").rstrip())
        if text:
            self._last.append(text)
            self._forwarding(self.spec.name, text)

    def _failure_text(self, exit_text: str) -> str:
        last = self.spec.log_tail().splitlines() if self.spec.log_tail else self._last
        lines = "".join(f"\n    {line}" for line in last)
        tail = f"\n  Its last output:{lines}" if lines else ""
        return f"{self.spec.name} {exit_text} and keeps failing.{tail}"


class Supervisor:
    """Runs children. They stop in the reverse of the order in which they were started."""

    def __init__(
        self,
        say: Say,
        changed: Callable[[], None] = lambda: None,
        metrics: ChildMetrics | None = None,
        forward: Forward | None = None,
    ) -> None:
        """``metrics`` collects what the children with ``ChildSpec.metrics`` expose.

        ``forward`` writes a line of a child. By default it is said with the child's name before it.
        """
        self.children: list[Child] = []
        self.force = asyncio.Event()
        """When set, ``stop`` kills without a grace time."""
        self._say = say
        self._changed = changed
        self.metrics = metrics
        self._forward = forward
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, spec: ChildSpec, limit: int = 10) -> Child:
        """Start a child and return it at once. There is no restart after ``limit`` crashes."""
        child = self._child(spec, limit)
        if self.metrics is not None and spec.metrics:
            self.metrics.use(spec.name, child.spec.env or {})
        self.children.append(child)
        self._keep(self._run(child))
        return child

    async def replace(self, children: Sequence[Child], within: float) -> bool:
        """Start a successor of each child; once all are ready, stop the old ones.

        If one is not ready after ``within`` seconds, or exits, the successors are killed and the
        old ones stay; then the result is False.
        """
        successors = [self._child(old.spec, limit=1) for old in children]
        running = [self._keep(self._run(child)) for child in successors]
        try:
            ready = await _all_ready(successors, running, within)
        except asyncio.CancelledError:
            await self._discard(successors, running)
            raise
        if not ready:
            late = ", ".join(child.spec.name for child in successors if not child.up.is_set())
            await self._discard(successors, running)
            self._say(f"{late}: the new process did not become ready; the old one stays")
            return False
        for old, new in zip(children, successors, strict=True):
            new.restarts = RestartPolicy(old.restarts.limit)
            self.children[self.children.index(old)] = new
            if self.metrics is not None and new.spec.metrics:
                self.metrics.use(new.spec.name, new.spec.env or {})
        self._changed()
        leaving = [self._keep(old.stop(self.force, old.spec.leaves_on)) for old in children]
        await asyncio.wait(leaving)  # ``stop`` waits for them too
        return True

    def _child(self, spec: ChildSpec, limit: int) -> Child:
        metrics = self.metrics if spec.metrics else None
        inherited = os.environ if spec.env is None else spec.env
        own = {PROCESS_VARIABLE: spec.name}
        if metrics is not None:
            own |= metrics.environment(spec.name)
        spec = replace(spec, env={**inherited, **own})
        return Child(spec, self._say, self._changed, limit, metrics, self._forward)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _discard(
        self, children: Sequence[Child], running: Sequence[asyncio.Task[None]]
    ) -> None:
        now = asyncio.Event()
        now.set()
        await asyncio.gather(*(child.stop(now) for child in children))
        await asyncio.wait(running)

    async def until(self, event: Awaitable[object]) -> None:
        """Wait for ``event``. Raises ChildFailed as soon as an essential child has failed."""
        waiting = asyncio.ensure_future(event)
        try:
            both: list[asyncio.Future[Any]] = [self._failure, waiting]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for future in both:
                if future.done():
                    future.result()
        finally:
            waiting.cancel()

    async def _run(self, child: Child) -> None:
        try:
            await child.run()
        except Exception as error:  # noqa: BLE001 - raised again by ``until``
            if child not in self.children:  # a successor on trial, or an old one that leaves
                self._say(str(error))
            elif not self._failure.done():
                self._failure.set_exception(error)

    async def stop(self) -> None:
        """Stop every child, the last started first, each within its grace time or ``force``."""
        for child in reversed(self.children):
            await child.stop(self.force)
        await asyncio.gather(*self._tasks)  # also of those that leave after ``replace``
        if self._failure.done():
            self._failure.exception()  # mark a failure during the stop as retrieved


async def _all_ready(
    children: Sequence[Child], running: Sequence[asyncio.Task[None]], within: float
) -> bool:
    """Wait until all children are ready (True), one has ended or the time is over (False)."""
    ready = asyncio.ensure_future(asyncio.gather(*(child.up.wait() for child in children)))
    try:
        both: list[asyncio.Future[Any]] = [ready, *running]
        await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        return ready.done() and all(child.up.is_set() for child in children)
    finally:
        ready.cancel()
        await asyncio.gather(ready, return_exceptions=True)


def _prefixed(say: Say) -> Forward:
    return lambda child, line: say(f"{child:>8} | {escape(line)}")


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a Python module with the current interpreter."""
    return (sys.executable, "-m", *arguments)
