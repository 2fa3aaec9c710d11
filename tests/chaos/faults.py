"""The faults: each happens for a while and is then taken back.

A fault says which promise it excuses. ``wipes`` deletes what was acknowledged before, as an
operator does who restores an old file; readers must be told, and that is checked.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.chaos.newsroom import PARTS, Newsroom
from tests.chaos.schedule import FaultKind, Planned
from tests.chaos.stores import clock_missing, disk_missing
from tests.support import network_namespace
from ticker.storage.connection import connect
from ticker.storage.scripts import command

Stores = Literal["any", "single", "sentinel"]
"""The stores with which a fault can happen."""

HOUR = 3_600
FLUSH = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  if not string.match(key, ':editors$') then redis.call('DEL', key) end
end
"""
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
    stores: Stores = "any"
    fails_over: bool = False
    """Whether sentinels name another primary."""
    stays_ready: bool = False
    """Whether readiness stays green meanwhile."""
    must_answer: str = ""
    """The problem that editors are told."""
    on_demand: bool = False
    """Whether it happens only if it is asked for by name."""
    missing: Callable[[], str | None] = lambda: None
    """Returns what the machine does not have for it."""


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
    """Delete everything but the editors' keys, which an operator would make anew.

    At one moment, as FLUSHALL does: what is deleted in pieces is made anew in part meanwhile.
    """
    await _tell(newsroom, "EVAL", FLUSH, "0")
    yield


@asynccontextmanager
async def _old_file(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    """Stop the store, put its files of a moment ago back, and start it.

    In a thread: an editor's answer of before the stop is on its way, and counts as one of before
    the end of the fault only if it is read meanwhile.
    """
    store = newsroom.store
    copy = store.copy_files()
    yield

    def put_back() -> None:
        store.kill()
        store.put_files(copy)
        store.start()

    await asyncio.to_thread(put_back)


@asynccontextmanager
async def _kill_primary(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    primary = newsroom.store
    primary.kill()
    yield
    primary.start()


@asynccontextmanager
async def _pause_primary(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    primary = newsroom.store
    primary.freeze()
    yield
    primary.thaw()


@asynccontextmanager
async def _kill_replica(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    group = newsroom.stores.group
    assert group is not None
    replicas = [server for server in group.servers if server is not group.current()]
    replica = replicas[int(planned.draw * len(replicas))]
    replica.kill()
    yield
    group.start_replica(replica)


@asynccontextmanager
async def _kill_sentinel(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    group = newsroom.stores.group
    assert group is not None
    number = int(planned.draw * len(group.ports))
    group.kill_sentinel(number)
    yield
    group.start_sentinel(number)


@asynccontextmanager
async def _partition(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
    """Cut the machine of the store off; with sentinels, it is the primary's, and has parts."""
    machine = newsroom.stores.machine
    assert machine is not None
    machine.cut()
    yield
    machine.restore()


def _sets_clock(seconds: int) -> Callable[..., AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def inject(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
        clock = newsroom.stores.clock
        assert clock is not None
        clock.set_forward(seconds)
        yield
        clock.set_forward(-seconds)

    return inject


def _fills_disk(fsync: str) -> Callable[..., AbstractAsyncContextManager[None]]:
    """Fill the store's disk. With appendfsync ``always`` the server ends itself then."""

    @asynccontextmanager
    async def inject(newsroom: Newsroom, planned: Planned) -> AsyncIterator[None]:
        store = newsroom.store
        await _tell(newsroom, "CONFIG", "SET", "appendfsync", fsync)
        filler = store.directory / "filler"
        await asyncio.to_thread(_fill, filler)
        yield
        filler.unlink()
        if store.ended():
            store.start()
        else:
            await _tell(newsroom, "CONFIG", "SET", "appendfsync", "always")

    return inject


def _fill(file: Path) -> None:
    """Write to ``file`` until the disk is full, to the last byte."""
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while filler.write(bytes(size)) == size:
                    os.fsync(filler.fileno())
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


async def _tell(newsroom: Newsroom, *words: str) -> None:
    redis = connect(newsroom.store.url)
    await command(redis, *words)
    await redis.aclose()


def _fault(
    name: str,
    shortest: float,
    longest: float,
    inject: Callable[..., AbstractAsyncContextManager[None]],
    **further: Any,
) -> Fault:
    return Fault(FaultKind(name, shortest, longest), inject, **further)


def usual(stores: Stores) -> list[str]:
    """Return the names of the faults of a run that names none."""
    return sorted(
        name
        for name, fault in FAULTS.items()
        if fault.stores in ("any", stores) and not fault.on_demand and fault.missing() is None
    )


def refusal(name: str, stores: Stores) -> str | None:
    """Return why a fault cannot happen with these stores on this machine."""
    fault = FAULTS[name]
    if fault.stores not in ("any", stores):
        wanted = "--store sentinel" if fault.stores == "sentinel" else "a single store"
        return f"{name!r} needs {wanted}"
    return fault.missing()


FAULTS: dict[str, Fault] = {
    fault.kind.name: fault
    for fault in (
        _fault("kill gateway", 0.2, 1.5, _ends("gateway", signal.SIGKILL)),
        _fault("kill web", 0.2, 1.5, _ends("web", signal.SIGKILL)),
        _fault("kill worker", 0.2, 1.5, _ends("worker", signal.SIGKILL)),
        _fault("kill store", 0.2, 1.5, _kill_store, stores="single"),
        _fault("stop gateway", 0.2, 1.0, _ends("gateway", signal.SIGTERM)),
        _fault("stop web", 0.2, 1.0, _ends("web", signal.SIGTERM)),
        _fault("pause gateway", 0.5, 4.0, _pauses("gateway")),
        _fault("pause web", 0.5, 4.0, _pauses("web"), short=False),
        _fault("pause worker", 0.5, 4.0, _pauses("worker"), short=False),
        _fault("pause store", 0.5, 4.0, _pauses("store"), stores="single"),
        _fault("cut readers off", 0.5, 4.0, _cuts("gateway")),
        _fault("cut the store off", 0.5, 4.0, _cuts("store"), stores="single"),
        _fault("slow network", 2.0, 6.0, _slow_network, short=False),
        _fault("store out of memory", 0.5, 3.0, _no_memory, short=False, stores="single"),
        _fault("flush the store", 0.2, 1.0, _flush, wipes=True, short=False, stores="single"),
        _fault(
            "restore an old file", 1.0, 3.0, _old_file, wipes=True, short=False, stores="single"
        ),
        *(
            _fault(
                f"clock an hour {way}",
                *(2.0, 5.0, _sets_clock(seconds)),
                short=False,
                stores="single",
                stays_ready=True,
                missing=clock_missing,
            )
            for way, seconds in (("forward", HOUR), ("back", -HOUR))
        ),
        _fault(
            *("disk full", 2.0, 5.0, _fills_disk("everysec")),
            short=False,
            stores="single",
            must_answer="store-disk-full",
            missing=disk_missing,
        ),
        _fault(
            *("disk full, store ends", 2.0, 5.0, _fills_disk("always")),
            short=False,
            stores="single",
            missing=disk_missing,
        ),
        *(
            _fault(name, 5.0, 8.0, inject, short=False, stores="sentinel", fails_over=True)
            for name, inject in (("kill primary", _kill_primary), ("pause primary", _pause_primary))
        ),
        *(
            _fault(name, 2.0, 5.0, inject, short=False, stores="sentinel")
            for name, inject in (("kill replica", _kill_replica), ("kill sentinel", _kill_sentinel))
        ),
        _fault(
            *("partition", 10.0, 14.0, _partition),
            short=False,
            fails_over=True,
            on_demand=True,
            missing=network_namespace.missing,
        ),
    )
}
