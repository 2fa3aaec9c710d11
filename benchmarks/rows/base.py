"""A row of the table: contenders that do the same work, and one figure from each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.peers import Peer
from benchmarks.reader_group import ReaderGroup

P = TypeVar("P", bound=Peer)

SETTLED = 5.0
"""Seconds from the start of a peer to its first reader. Ticker moves its memory three seconds after
its start (``ticker.runtime.settled_memory``); those 0.2 s of a core are no part of a message."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line; None is the row's own value."""

    clients: int | None = None
    seconds: float | None = None

    @property
    def warm_up(self) -> float:
        """Return the seconds before the measured ones."""
        return min(1.0, self.seconds or 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of one run. ``notes`` are shown beside it; ``warning`` says why to doubt it."""

    value: float
    notes: dict[str, float | str] = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """One measured server. ``peer`` starts it, and may be missing on this machine."""

    name: str
    title: str
    peer: type[Peer]
    run: Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of a row: at most ``most``, or ``most`` times the contender ``base``."""

    most: float
    base: str | None = None

    def text(self, unit: str) -> str:
        """Return it for a table."""
        return f"≤ {self.most:.3g} × {self.base}" if self.base else f"≤ {self.most:.3g} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary. ``bases`` are the contenders that the others are compared with."""

    name: str
    title: str
    unit: str
    bases: tuple[str, ...]
    bars: tuple[Bar, ...]
    contenders: Callable[[Options], Sequence[Contender]]
    subject: str = "ticker"
    """The contender whom the bars are for."""


@contextmanager
def running(peer: P, timed: bool = False, offer: str = "") -> Iterator[tuple[P, ReaderGroup]]:
    """Run ``peer`` for the length of a block, with readers to be connected."""
    try:
        peer.start()
        time.sleep(SETTLED)
        with ReaderGroup(peer, timed, offer) as crowd:
            yield peer, crowd
    finally:
        peer.stop()
