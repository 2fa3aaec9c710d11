"""The faults: each happens for a while and is then taken back.

A fault says which promise it excuses. ``wipes`` deletes what was acknowledged before, as an
operator does who restores an old file; readers must be told, and that is checked.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from tests.chaos.newsroom import PARTS, Newsroom
from tests.chaos.schedule import FaultKind, Planned
from ticker.storage.connection import connect
from ticker.storage.scripts import command

SLOW = 2_000
"""Bytes a second of a slow network."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, and what makes it happen for the length of a block."""

    kind: FaultKind
    inject: Callable[[Newsroom, Planned], AbstractAsyncContextManager[None]]
    wipes: bool = False
    """Whether acknowledged items of before may be lost."""
    short: bool = True
    """Whether it is part of the run in the test suite."""


def _of(planned: Planned, prefix: str) -> str:
    names = [name for name in PARTS if name.startswith(prefix)]
    return names[int(planned.draw * len(names))]


def _ends(prefix: str, number: signal.Signals) -> Callable[..., AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def inject(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
        name = _of(planned, prefix)
        await newsroom.end(name, number)
        yield
        newsroom.start(name)

    return inject


def _pauses(prefix: str) -> Callable[..., AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def inject(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
        name = prefix if prefix == "store" else _of(planned, prefix)
        newsroom.send(name, signal.SIGSTOP)
        yield
        newsroom.send(name, signal.SIGCONT)

    return inject


@asynccontextmanager
async def _kill_store(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    newsroom.store.kill()
    yield
    newsroom.store.start()


def _cuts(prefix: str) -> Callable[..., AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def inject(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
        path = newsroom.paths["store" if prefix == "store" else _of(planned, prefix)]
        path.cut()
        yield
        path.restore()

    return inject


@asynccontextmanager
async def _slow_network(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    path = newsroom.paths[_of(planned, "gateway")]
    path.bytes_per_second = SLOW
    yield
    path.bytes_per_second = None


@asynccontextmanager
async def _no_memory(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    await _tell(newsroom, "CONFIG", "SET", "maxmemory", "1mb")
    yield
    await _tell(newsroom, "CONFIG", "SET", "maxmemory", "0")


@asynccontextmanager
async def _flush(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    """Delete everything but the editors' keys, which an operator would make anew."""
    redis = connect(newsroom.store.url)
    async for key in redis.scan_iter(count=1_000):
        if not key.endswith(b":editors"):
            await redis.delete(key)
    await redis.aclose()
    yield


@asynccontextmanager
async def _old_file(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    """Stop the store, put its files of a moment ago back, and start it."""
    copy = newsroom.store.copy_files()
    yield
    newsroom.store.kill()
    newsroom.store.put_files(copy)
    newsroom.store.start()


async def _tell(newsroom: Newsroom, *words: str) -> None:
    redis = connect(newsroom.store.url)
    await command(redis, *words)
    await redis.aclose()


def _fault(
    name: str,
    shortest: float,
    longest: float,
    inject: Callable[..., AbstractAsyncContextManager[None]],
    *,
    wipes: bool = False,
    short: bool = True,
) -> Fault:
    return Fault(FaultKind(name, shortest, longest), inject, wipes, short)


FAULTS: dict[str, Fault] = {
    fault.kind.name: fault
    for fault in (
        _fault("kill gateway", 0.2, 1.5, _ends("gateway", signal.SIGKILL)),
        _fault("kill web", 0.2, 1.5, _ends("web", signal.SIGKILL)),
        _fault("kill worker", 0.2, 1.5, _ends("worker", signal.SIGKILL)),
        _fault("kill store", 0.2, 1.5, _kill_store),
        _fault("stop gateway", 0.2, 1.0, _ends("gateway", signal.SIGTERM)),
        _fault("stop web", 0.2, 1.0, _ends("web", signal.SIGTERM)),
        _fault("pause gateway", 0.5, 4.0, _pauses("gateway")),
        _fault("pause web", 0.5, 4.0, _pauses("web"), short=False),
        _fault("pause worker", 0.5, 4.0, _pauses("worker"), short=False),
        _fault("pause store", 0.5, 4.0, _pauses("store")),
        _fault("cut readers off", 0.5, 4.0, _cuts("gateway")),
        _fault("cut the store off", 0.5, 4.0, _cuts("store")),
        _fault("slow network", 2.0, 6.0, _slow_network, short=False),
        _fault("store out of memory", 0.5, 3.0, _no_memory, short=False),
        _fault("flush the store", 0.2, 1.0, _flush, wipes=True, short=False),
        _fault("restore an old file", 1.0, 3.0, _old_file, wipes=True, short=False),
    )
}
