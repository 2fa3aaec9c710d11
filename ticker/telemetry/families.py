"""Metric families: what the parts of a process count, in plain numbers.

Code that is called often adds to an int or to a ``Histogram`` and knows no Prometheus: no lock, no
label look-up by a library. A scrape asks each part for its families.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

PREFIX = "ticker_"

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = tuple[str, ...]
Numbers: TypeAlias = "float | Mapping[Any, float]"
"""A number, or numbers by the values of labels: a text for one label, tuples for several."""
LATENCY_BUCKETS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0),
)
"""Upper bounds in seconds; 0.25 is the objective of docs/operations/slo.md."""


class Histogram:
    """Counts of observations by upper bound, not cumulative; the last count is above them all."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = LATENCY_BUCKETS) -> None:
        """``bounds`` ascend."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    @property
    def count(self) -> int:
        """Return the number of observations."""
        return sum(self.counts)

    def observe(self, value: float, times: int = 1) -> None:
        """Add ``times`` observations of ``value``."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times


Values: TypeAlias = Mapping[Labels, "float | Histogram"]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its values by labels; ``labels`` names these."""

    name: str
    kind: Kind
    help: str
    labels: Labels
    values: Values


class MetricsSource(Protocol):
    """A part of the process that counts."""

    def metrics(self) -> Iterable[Family]:
        """Return the families as they are now. Called on the event loop for each scrape."""


def counter(name: str, help: str, values: Numbers, *labels: str) -> Family:
    """Return a counter; ``name`` ends in ``_total``, ``labels`` names the keys of ``values``."""
    return Family(PREFIX + name, "counter", help, labels, _by_labels(values))


def gauge(name: str, help: str, values: Numbers, *labels: str) -> Family:
    """Return a gauge; ``labels`` names the keys of ``values``."""
    return Family(PREFIX + name, "gauge", help, labels, _by_labels(values))


def histogram(
    name: str, help: str, values: Histogram | Mapping[str, Histogram], *labels: str
) -> Family:
    """Return a histogram, or one for each value of a label."""
    if isinstance(values, Histogram):
        return Family(PREFIX + name, "histogram", help, (), {(): values})
    found: Values = {(key,): value for key, value in values.items()}
    return Family(PREFIX + name, "histogram", help, labels, found)


def _by_labels(values: Numbers) -> Mapping[Labels, float]:
    if not isinstance(values, Mapping):
        return {(): values}
    return {(key,) if isinstance(key, str) else key: value for key, value in values.items()}
