"""Keep a few child processes running, and stop them in order.

A child that stops by itself is started again after a growing pause; one that does so too often
ends the whole (``GaveUp``). Children are in sessions of their own, so that Ctrl-C in a terminal
reaches the supervisor only, and on Linux the kernel kills them if the supervisor is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ticker.domain.backoff import delay
from ticker.runtime.child_processes import die_with_parent

_LONGEST_LINE = 8_192  # bytes; longer output is cut into lines of this length
_LAST_LINES = 15  # of each child, for the message when it is given up
_USAGE = 2  # the exit code of a command that was called or configured wrongly

Say = Callable[[str], None]
Alive = Callable[[], bool]


class GaveUp(Exception):
    """A child does not stay up; the text says which, how it ended, and its last words."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One child: what to run, and how long it may take to stop."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    pass_fds: Sequence[int] = ()
    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL."""
    ready: Callable[[Alive], Awaitable[None]] | None = None
    """Awaited after every start; raises when the child will not come up."""
    last_words: Callable[[], str] | None = None
    """What to show of it when it is given up, for a child that does not write to its output."""
    essential: bool = True
    """Whether the others are to stop, too, when this one does not stay up."""


@dataclass(slots=True)
class Restarts:
    """When to start a child again: a decision about times, without a clock.

    The pause doubles with every crash of the last ``within`` seconds, up to ``longest``; the
    crash number ``limit`` in that time is the last.
    """

    limit: int = 10
    within: float = 60.0
    first: float = 0.1
    longest: float = 5.0
    _crashes: deque[float] = field(default_factory=deque)

    def crashed(self, now: float) -> float | None:
        """Return the seconds to wait before the next start, or None to give up."""
        self._crashes.append(now)
        while self._crashes[0] < now - self.within:
            self._crashes.popleft()
        if len(self._crashes) >= self.limit:
            return None
        return delay(len(self._crashes), first=self.first, last=self.longest, jitter=1.0)


class Child:
    """A process that is kept running. ``run`` is its life, ``stop`` its end."""

    def __init__(self, spec: Spec, say: Say, changed: Callable[[], None], limit: int = 10) -> None:
        self.spec = spec
        self.up = asyncio.Event()  # set while the process runs and has said it is ready
        self.restarts = Restarts(limit)
        self._say = say
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def pid(self) -> int | None:
        """Return the process id, or None while there is no process."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def run(self) -> None:
        """Keep the process running until ``stop``. Raises GaveUp when it does not stay up."""
        while not self._stopping.is_set():
            how, code = await self._one_life()
            self._changed()
            if self._stopping.is_set():
                return
            pause = None if code == _USAGE else self.restarts.crashed(time.monotonic())
            if pause is None and not self.spec.essential:
                self._say(self._obituary(how))
                return
            if pause is None:
                raise GaveUp(self._obituary(how))
            self._say(f"{self.spec.name} {how}; starting it again in {pause:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def stop(self, hurry: asyncio.Event) -> None:
        """End the process: SIGTERM, and SIGKILL after the grace time or when ``hurry`` is set."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        ended = asyncio.ensure_future(process.wait())
        hurried = asyncio.ensure_future(hurry.wait())
        try:
            await asyncio.wait(
                {ended, hurried}, timeout=self.spec.grace, return_when=asyncio.FIRST_COMPLETED
            )
            if not ended.done():
                if not hurry.is_set():
                    self._say(f"{self.spec.name} did not stop in {self.spec.grace:.0f} s; killed")
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # its session: what it started, too
                await ended
        finally:
            hurried.cancel()

    async def _one_life(self) -> tuple[str, int | None]:
        """Start the process and wait for its end; return how it ended, and its exit code if any."""
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                env=self.spec.env,
                pass_fds=self.spec.pass_fds,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        except OSError as error:
            return f"could not be started: {error}", None
        if self._stopping.is_set():  # said while the process was being made
            process.kill()
        self._last.clear()
        reading = asyncio.create_task(self._read(process))
        problem = ""
        try:
            self._changed()
            if self.spec.ready is not None:
                try:
                    await self.spec.ready(lambda: process.returncode is None)
                except Exception as error:  # noqa: BLE001 - whatever it is, the child is not up
                    problem = f": {error}"
                    with suppress(ProcessLookupError):
                        process.kill()
            if not problem:
                self.up.set()
            code = await process.wait()
        finally:
            self.up.clear()
            # What it started may hold the pipe open, so do not wait for the end of the output.
            await asyncio.wait({reading}, timeout=1)
            reading.cancel()
        if problem:
            return f"failed{problem}", code
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}", code
        return f"stopped by itself with exit code {code}", code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Pass the output on, line by line, with the child's name in front."""
        assert process.stdout is not None
        rest = b""
        while data := await process.stdout.read(_LONGEST_LINE):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._line(line)
        if rest:
            self._line(rest)

    def _line(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self._last.append(text)
            self._say(f"{self.spec.name:>6} | {text}")

    def _obituary(self, how: str) -> str:
        last = self.spec.last_words().splitlines() if self.spec.last_words else self._last
        lines = "".join(f"\n    {line}" for line in last)
        words = f"\n  Its last lines:{lines}" if lines else ""
        return f"{self.spec.name} {how}, and starting it again does not help.{words}"


class Supervisor:
    """Children in the order in which they start; they stop in the opposite order."""

    def __init__(self, say: Say, changed: Callable[[], None] = lambda: None) -> None:
        self.children: list[Child] = []
        self.hurry = asyncio.Event()
        self._say = say
        self._changed = changed
        self._lives: list[asyncio.Task[None]] = []
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, spec: Spec, limit: int = 10) -> Child:
        """Start a child and return it at once; ``limit`` is the crash that is its last."""
        child = Child(spec, self._say, self._changed, limit)
        self.children.append(child)
        self._lives.append(asyncio.create_task(self._live(child), name=spec.name))
        return child

    async def until(self, event: Awaitable[object]) -> None:
        """Wait for ``event``. Raises GaveUp as soon as a child does not stay up."""
        waiting = asyncio.ensure_future(event)
        try:
            both: list[asyncio.Future[Any]] = [self._failure, waiting]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for future in both:
                if future.done():
                    future.result()
        finally:
            waiting.cancel()

    async def _live(self, child: Child) -> None:
        try:
            await child.run()
        except Exception as error:  # noqa: BLE001 - raised again by ``until``
            if not self._failure.done():
                self._failure.set_exception(error)

    async def stop(self) -> None:
        """Stop every child, the youngest first; each within its grace time, or ``hurry``."""
        for child in reversed(self.children):
            await child.stop(self.hurry)
        await asyncio.gather(*self._lives)
        if self._failure.done():
            self._failure.exception()  # a second failure, while stopping, is no news


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours with this very interpreter."""
    return (sys.executable, "-m", *arguments)
