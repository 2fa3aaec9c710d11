"""Supervise child processes: restart them after crashes, and stop them in order.

A child that exits is restarted after a growing delay. If it exits too often, or with a usage error,
supervision fails (``ChildFailed``). The exception is a child that has served, while another one
serves readers: these are not disconnected, and the child is tried again, at most a minute apart.

Children have sessions of their own, so that Ctrl-C in a terminal reaches only the supervisor. On
Linux the kernel kills them if the supervisor is killed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from ticker.runtime.child import Child, ChildMetrics, ChildSpec, Forward, Say
from ticker.runtime.restart_policy import RestartPolicy
from ticker.telemetry.logs import PROCESS_VARIABLE


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
        return Child(spec, self._say, self._changed, limit, metrics, self._forward, self._needed)

    def _needed(self, child: Child) -> bool:
        """Tell whether no other child serves readers."""
        others = (one for one in self.children if one is not child and one.spec.serves_readers)
        return not any(one.up.is_set() for one in others)

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


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a Python module with the current interpreter."""
    return (sys.executable, "-m", *arguments)
