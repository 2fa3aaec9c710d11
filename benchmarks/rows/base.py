"""What a row of the table is: contenders that do the same work, and one figure from each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.crowd import Crowd
from benchmarks.peers import Peer


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None is the row's own."""

    clients: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of one run. ``notes`` are shown beside it; ``warning`` says why to doubt it."""

    value: float
    notes: dict[str, float | str] = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """One who runs. ``peer`` is what is started (and may be missing here)."""

    name: str
    title: str
    peer: type[Peer]
    run: Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``bases`` are the contenders that the others are compared with."""

    name: str
    title: str
    unit: str
    bar: str
    bases: tuple[str, ...]
    contenders: Callable[[Options], Sequence[Contender]]
    rated: bool = True
    """Whether the load comes at a rate: then its core must not be the bottleneck."""


@contextmanager
def running(peer: Peer, small: int = 0) -> Iterator[Crowd]:
    """Run ``peer`` for the length of a block, with readers to be connected."""
    try:
        peer.start()
        with Crowd(peer, small) as crowd:
            yield crowd
    finally:
        peer.stop()
