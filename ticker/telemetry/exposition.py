"""Prometheus' text format: the metrics of this process, as its official client writes them.

The only module that knows ``prometheus_client``. It uses the client's families and collectors of
process, platform and garbage collection, not its counters: those take a lock for every step, and
their mode for several processes keeps files whose gauges outlive their process. Here each process
answers for itself, and a supervisor joins the answers (``merged``).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client import generate_latest as generate
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ticker import __version__
from ticker.telemetry.families import Family, Histogram, MetricsSource, gauge

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """The metrics of ``sources``, of the process and of its Python. ``role`` labels the build."""

    def __init__(self, role: str, sources: Sequence[MetricsSource] = ()) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._registry.register(_Sources(role, sources))

    async def __call__(self) -> bytes:
        """Return all metrics in the text format."""
        return generate(self._registry)


class _Sources(Collector):
    def __init__(self, role: str, sources: Sequence[MetricsSource]) -> None:
        self._role = role
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        yield _metric(build_info(self._role))
        for source in self._sources:
            for family in source.metrics():
                yield _metric(family)


def build_info(role: str) -> Family:
    """Return what runs, as labels."""
    values = {(__version__, platform.python_version(), role): 1.0}
    text = "1, with the version of Ticker and of Python, and the role of the process."
    return gauge("build_info", text, values, "version", "python", "role")


def render(families: Sequence[Family]) -> bytes:
    """Return ``families`` alone in the text format."""

    class Fixed(Collector):
        def collect(self) -> Iterator[Metric]:
            return map(_metric, families)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Fixed())
    return generate(registry)


def _metric(family: Family) -> Metric:
    """Return ``family`` as the client's own object."""
    name, help, labels = family.name, family.help, list(family.labels)
    metric: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
    match family.kind:
        case "counter":
            metric = CounterMetricFamily(name, help, labels=labels)
        case "gauge":
            metric = GaugeMetricFamily(name, help, labels=labels)
        case "histogram":
            metric = HistogramMetricFamily(name, help, labels=labels)
    for values, value in family.values.items():
        if isinstance(metric, HistogramMetricFamily):
            assert isinstance(value, Histogram)
            bounds = [*map(floatToGoString, value.bounds), "+Inf"]
            buckets = list(zip(bounds, map(float, accumulate(value.counts)), strict=True))
            metric.add_metric(values, buckets, value.sum)
        else:
            assert not isinstance(value, Histogram)
            metric.add_metric(values, value)
    return metric
