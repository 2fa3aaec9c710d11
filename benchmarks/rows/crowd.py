"""Ten thousand readers: one event to all of them, and a hundred events in a second.

These are two of the scenarios that AnyCable publishes for itself and others; the third, readers who
lose their network, is in benchmarks/flaky.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.peers import ALL, Peer, Ticker
from benchmarks.reader_group import ReaderGroup, Spent
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample, running

CLIENTS = 10_000
EVENTS, RATE = 100, 100.0
"""How many events, and how many a second."""
TWO = "ticker, 2 gateways"
"""On all cores, the load's too; the others have one core and one process."""
SLOW = 1.0
"""Events a second, so that one has reached everybody before the next begins."""


def single(peer: Callable[[], Peer], options: Options) -> Sample:
    """Measure the 99th percentile of publish → reader, in ms, with one event at a time."""
    return _measure(peer, options, lambda crowd: crowd.publish(SLOW, options.seconds or 5))


def stream(peer: Callable[[], Peer], options: Options) -> Sample:
    """Measure the 99th percentile of publish → reader, in ms, of 100 events at 10 ms."""
    return _measure(peer, options, lambda crowd: crowd.publish_apart(RATE, EVENTS))


def _measure(
    peer: Callable[[], Peer], options: Options, publish: Callable[[ReaderGroup], Spent]
) -> Sample:
    with running(peer(), timed=True) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or CLIENTS))
        crowd.publish(SLOW, options.warm_up)
        crowd.restart()
        spent = publish(crowd)
        notes: dict[str, float | str] = {
            "p50": f"{crowd.latencies.percentile(50) * 1000:.1f} ms",
            "longest": f"{crowd.latencies.longest * 1000:.1f} ms",
            "delivered": spent.delivered,
            "load core": str(spent.busy),
        }
        return Sample(crowd.latencies.percentile(99) * 1000, notes, spent.busy.warning)


def _contenders(
    measure: Callable[[Callable[[], Peer], Options], Sample], options: Options
) -> Sequence[Contender]:
    found = [
        Contender(peer.name, peer.title, peer, partial(measure, partial(peer, "ws"), options))
        for peer in ALL
    ]
    two = partial(Ticker, "ws", gateways=2)
    return [*found, Contender(TWO, TWO, Ticker, partial(measure, two, options))]


SINGLE = Row(
    "crowd",
    "One event to 10,000 readers: p99",
    "ms",
    ("floor",),
    (Bar(100),),
    partial(_contenders, single),
    TWO,
)
STREAM = Row(
    "stream",
    "100 events at 10 ms to 10,000 readers: p99",
    "ms",
    ("floor",),
    (Bar(1_000),),
    partial(_contenders, stream),
)
