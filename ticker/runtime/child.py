"""One child process: started, watched, restarted after a crash, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from ticker.domain.terminal_text import inline
from ticker.runtime.die_with_parent import die_with_parent
from ticker.runtime.ready_signal import READY_VARIABLE, ReadyPipe
from ticker.runtime.restart_policy import RestartPolicy
from ticker.runtime.time_slice import SHORT, set_time_slice
from ticker.telemetry.logs import escape

_LONGEST_LINE = 8_192  # bytes; longer lines of output are split
_LAST_LINES = 15  # lines of a child's output for the message of ``ChildFailed``
_USAGE = 2  # the exit code of a usage or configuration error, which a quick restart cannot cure

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

    def __init__(self, text: str, code: int | None = None) -> None:
        """``code`` is the exit code of its last process, if it was started."""
        super().__init__(text)
        self.code = code


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
    serves_readers: bool = False
    """Whether supervision goes on for the sake of this child when another one keeps exiting."""
    metrics: bool = False
    """Whether it exposes metrics."""
    prompt: bool = False
    """Whether it gets a core as soon as it wakes up (``ticker.runtime.time_slice``)."""


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
        needed: Callable[[Child], bool] = lambda _: True,
    ) -> None:
        """``needed`` tells whether no reader is served without this child."""
        self.spec = spec
        self.up = asyncio.Event()  # set while the process is running and ready
        self.served = False
        """Whether it has been ready, or, if it does not tell, whether its owner has seen it work.

        Before, its failure is one of the whole start."""
        self.restarts = RestartPolicy(limit)
        self._say = say
        self._changed = changed
        self._metrics = metrics
        self._forwarding = forward or _prefixed(say)
        self._needed = needed
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
            if delay is None and (not self.served or self._needed(self)):
                raise ChildFailed(self._failure_text(exit_text), code)
            if delay is None:
                delay = self.restarts.retry(time.monotonic())
                self._say(self._failure_text(exit_text))
                self._say(f"Readers are served; {self.spec.name} is tried again in {delay:.0f} s")
            else:
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
            elif pipe is None:
                self.up.set()
            elif await pipe.announced():
                self.served = True
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


def _prefixed(say: Say) -> Forward:
    return lambda child, line: say(f"{child:>8} | {escape(line)}")
