"""Counts and durations of requests, and the Prometheus text format (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)
"""Upper bounds in seconds. A publish takes about 3 ms, a poll with a cursor ahead up to 2 s."""

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples. A sample is a name with labels, and a value."""

    name: str
    kind: Kind
    help: str
    samples: tuple[tuple[str, float], ...]


class RequestMetrics:
    """Count responses and their durations. The route table bounds the number of series."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._counts: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count one response of the route ``path``, ``seconds`` after its request."""
        request = (path, method, status)
        self._requests[request] = self._requests.get(request, 0) + 1
        counts = self._counts.get(path)
        if counts is None:
            counts = self._counts[path] = [0] * (len(BUCKETS) + 1)
        counts[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[path] = self._seconds.get(path, 0.0) + seconds

    def families(self) -> list[Family]:
        """Return the HTTP metrics."""
        requests = tuple(
            (_sample("ticker_http_requests_total", route=p, method=m, status=str(s)), float(n))
            for (p, m, s), n in sorted(self._requests.items())
        )
        name = "ticker_http_request_duration_seconds"
        durations: list[tuple[str, float]] = []
        for path, counts in sorted(self._counts.items()):
            bounds = [*map(repr, BUCKETS), "+Inf"]
            for bound, total in zip(bounds, accumulate(counts), strict=True):
                durations.append((_sample(f"{name}_bucket", route=path, le=bound), float(total)))
            durations.append((_sample(f"{name}_sum", route=path), self._seconds[path]))
            durations.append((_sample(f"{name}_count", route=path), float(sum(counts))))
        return [
            Family(
                "ticker_http_requests_total",
                "counter",
                "HTTP requests by route, method and status.",
                requests,
            ),
            Family(name, "histogram", "Seconds from request to response.", tuple(durations)),
        ]


def from_samples(samples: Mapping[str, float], descriptions: Mapping[str, str]) -> list[Family]:
    """Return ``samples`` by name (``name{label="x"}``) as families.

    A name that ends in ``_total`` is a counter, any other a gauge; the prefix ``ticker_`` is added
    if it is missing. ``descriptions`` are help texts by name without the prefix.
    """
    families: dict[str, list[tuple[str, float]]] = {}
    for sample, value in samples.items():
        full = sample if sample.startswith("ticker_") else f"ticker_{sample}"
        families.setdefault(full.partition("{")[0], []).append((full, value))
    return [
        Family(
            name,
            "counter" if name.endswith("_total") else "gauge",
            descriptions.get(short := name.removeprefix("ticker_"), short.replace("_", " ") + "."),
            tuple(found),
        )
        for name, found in sorted(families.items())
    ]


def render(families: Iterable[Family]) -> bytes:
    """Return ``families`` in the text format that Prometheus scrapes."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escape(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines.extend(f"{sample} {_number(value)}" for sample, value in family.samples)
    return ("\n".join(lines) + "\n").encode()


def _sample(name: str, **labels: str) -> str:
    pairs = ",".join(f'{key}="{_quote(value)}"' for key, value in labels.items())
    return f"{name}{{{pairs}}}"


def _quote(value: str) -> str:
    return _escape(value).replace('"', '\\"')


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
