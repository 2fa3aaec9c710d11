"""Rounds: every contender once, in an order that changes, and what comes out over all rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from benchmarks.counting_load import LoadError
from benchmarks.peers import Missing, Peer
from benchmarks.reader_group import Lost
from benchmarks.rows import Contender, Options, Row, Sample


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, and the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Collection[float]) -> Spread:
        """Return the spread of one or more ``values``."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(slots=True)
class Result:
    """All samples of a row, by contender; a sample's place in the list is its round."""

    row: Row
    titles: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[Sample | None]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def value(self, name: str) -> Spread | None:
        """Return the figures of one contender, None if it never came through."""
        values = [one.value for one in self.samples.get(name, []) if one is not None]
        return Spread.of(values) if values else None

    def ratio(self, name: str, base: str) -> Spread | None:
        """Return how many times ``base`` a contender is, taken within each round."""
        pairs = zip(self.samples.get(name, []), self.samples.get(base, []), strict=False)
        values = [a.value / b.value for a, b in pairs if a and b and b.value]
        return Spread.of(values) if values else None

    def notes(self, name: str) -> dict[str, float | str]:
        """Return the notes of the last run."""
        done = [one for one in self.samples.get(name, []) if one is not None]
        return done[-1].notes if done else {}

    def warnings(self, name: str) -> list[str]:
        """Return why to doubt a contender's figures."""
        return [one.warning for one in self.samples.get(name, []) if one and one.warning]


def run(
    row: Row,
    rounds: int,
    options: Options,
    peers: Collection[str] | None,
    say: Callable[[str], None],
) -> Result:
    """Run ``row`` for ``rounds`` rounds with those of ``peers`` (None: all) that are here."""
    result = Result(row)
    contenders: list[Contender] = []
    usable: dict[type[Peer], str] = {}
    for one in row.contenders(options):
        if peers is not None and one.peer.name not in peers:
            continue
        if one.peer not in usable:
            try:
                one.peer.check()
                usable[one.peer] = ""
            except Missing as error:
                usable[one.peer] = str(error)
        if usable[one.peer]:
            result.missing[one.name] = usable[one.peer]
            say(f"{row.name}: {one.name} is skipped: {usable[one.peer]}")
            continue
        contenders.append(one)
        result.titles[one.name] = one.title
        result.versions[one.peer.name] = one.peer.version()
        result.samples[one.name] = []
    for number in range(rounds):
        turn = number % max(1, len(contenders))
        order = contenders[turn:] + contenders[:turn]
        for one in order if number % 2 == 0 else reversed(order):
            result.samples[one.name].append(_sample(one, result, number + 1, rounds, say))
    return result


def _sample(
    one: Contender, result: Result, number: int, rounds: int, say: Callable[[str], None]
) -> Sample | None:
    begun = time.perf_counter()
    where = f"{result.row.name} {number}/{rounds} {one.name}"
    try:
        sample = one.run()
    except (Lost, LoadError, RuntimeError, OSError) as error:
        say(f"{where}: FAILED: {error}")
        result.failures.append(f"{where}: {error}")
        return None
    notes = ", ".join(f"{name} {value}" for name, value in sample.notes.items())
    warning = f"  ! {sample.warning}" if sample.warning else ""
    took = time.perf_counter() - begun
    say(f"{where}: {sample.value:.2f} {result.row.unit} ({notes}; {took:.0f} s){warning}")
    return sample
