"""Prometheus' text format, read by the official client's parser."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from tests.support.metrics import parse
from ticker import __version__
from ticker.telemetry.exposition import Exposition, render
from ticker.telemetry.families import Family, Histogram, counter, gauge, histogram


class Part:
    def __init__(self) -> None:
        self.count = 0

    def metrics(self) -> Iterable[Family]:
        yield counter("things_total", "Things.", self.count)


async def test_a_scrape_shows_the_counts_of_this_moment() -> None:
    part = Part()
    exposition = Exposition("server", [part])
    part.count = 3
    found = parse((await exposition()).decode())
    assert found["ticker_things_total"] == 3
    assert [name for name in found if name.startswith("ticker_build_info{")] == [
        f'ticker_build_info{{python="{sys.version.split()[0]}",role="server",'
        f'version="{__version__}"}}'
    ]
    if sys.platform == "linux":
        for name in ("process_open_fds", "process_max_fds", "process_resident_memory_bytes"):
            assert found[name] > 0
        assert found["process_cpu_seconds_total"] >= 0


def test_the_official_parser_reads_it() -> None:
    seconds = Histogram((0.25, 1))
    seconds.observe(0.2)
    seconds.observe(3)
    text = render(
        [
            counter("a_total", 'Two\nlines, "\\".', {'x\n"\\': 1}, "kind"),
            gauge("b", "B.", 1.5),
            histogram("c_seconds", "C.", seconds),
        ]
    ).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["ticker_a"].documentation == 'Two\nlines, "\\".'
    assert families["ticker_a"].samples[0].labels == {"kind": 'x\n"\\'}
    assert [family.type for family in families.values()] == ["counter", "gauge", "histogram"]
    buckets = [
        (sample.labels.get("le"), sample.value) for sample in families["ticker_c_seconds"].samples
    ]
    assert buckets == [("0.25", 1), ("1.0", 1), ("+Inf", 2), (None, 2), (None, 3.2)]
