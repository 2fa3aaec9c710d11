"""When it arrives: the last of 2,000 readers, and the others while one of them is stuck."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

from benchmarks import machine
from benchmarks.peers import ALL, BY_NAME, Peer, Ticker
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample, running

RATE = 20.0
SLOW = 5.0
"""Messages a second for the last reader's time: one fan-out is over before the next begins."""
FULL = 2_000
"""Events that fill what lies between a server and a reader that does not read, and more."""
STUCK = 100
PATIENT = ("ticker", "ws", "socketio", "broadcast")
"""Peers that go on while many readers are stuck. The floor and the Starlette loop wait for them;
nchan's worker is then busy with itself and has not sent these events within half a minute."""


def last(peer: type[Peer], options: Options) -> Sample:
    """Measure milliseconds from a publish to the last reader's packet, the median."""
    with running(peer("ws"), timed=True) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or 2_000))
        crowd.publish(SLOW, options.warm_up)
        crowd.restart()
        spent = crowd.publish(SLOW, options.seconds or 10)
        times = sorted(crowd.last)
        notes = {"first": _ms(crowd.latencies.shortest), "slowest": _ms(times[-1])}
        median = statistics.median(times) * 1000
        return Sample(median, {**notes, "load core": str(spent.busy)}, spent.busy.warning)


def others(stuck: int, options: Options) -> Sample:
    """Measure the 99th percentile of those who read, in ms, with ``stuck`` who do not."""
    with running(Ticker("ws", lag_limit=600), timed=True) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or 1_000))
        with crowd.stuck([server.target()] * stuck):
            crowd.publish(1, 1, each=FULL)
            crowd.publish(RATE, options.warm_up)
            crowd.restart()
            spent = crowd.publish(RATE, options.seconds or 10)
            behind = server.metric("behind")
        p99 = crowd.latencies.percentile(99) * 1000
        notes: dict[str, float | str] = {
            "p50": _ms(crowd.latencies.percentile(50)),
            "behind": behind,
            "load core": str(spent.busy),
        }
        return Sample(p99, notes, spent.busy.warning)


def memory(peer: type[Peer], options: Options) -> Sample:
    """Measure the server's KB per stuck reader: 4,000 events at 394 bytes came after it stopped.

    What the events themselves cost the server is taken off, as two bursts without any showed it.
    """
    with running(peer("ws")) as (server, crowd):
        crowd.connect([server.target()])
        crowd.publish(1, 1, each=FULL)  # warm
        start = machine.resident(server.pids)
        crowd.publish(4, 0.5, each=FULL)
        events = machine.resident(server.pids) - start
        count = min(STUCK, options.clients or STUCK)
        with crowd.stuck([server.target()] * count):
            crowd.load.run(options.warm_up)
            before = machine.resident(server.pids)
            crowd.publish(4, 0.5, each=FULL)
            crowd.load.run(options.warm_up)
            grown = machine.resident(server.pids) - before - events
        return Sample(max(0, grown) / count / 1024, {"events took KB": events // 1024})


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def _last(options: Options) -> Sequence[Contender]:
    return [Contender(peer.name, peer.title, peer, partial(last, peer, options)) for peer in ALL]


def _others(options: Options) -> Sequence[Contender]:
    return [
        Contender(name, name, Ticker, partial(others, stuck, options))
        for name, stuck in (("none stuck", 0), ("one stuck", 1))
    ]


def _memory(options: Options) -> Sequence[Contender]:
    return [
        Contender(name, BY_NAME[name].title, BY_NAME[name], partial(memory, BY_NAME[name], options))
        for name in PATIENT
    ]


LAST = Row(
    "last",
    "Publish → last of 2,000 readers",
    "ms",
    ("floor", "nchan"),
    (Bar(1.5, "floor"),),
    _last,
)
OTHERS = Row(
    "stuck",
    "One reader that never reads among 1,000: the others' p99",
    "ms",
    ("none stuck",),
    (Bar(1.1, "none stuck"),),
    _others,
    "one stuck",
)
MEMORY = Row(
    "stuck-memory",
    "What a reader that never reads costs after 4,000 events (1.5 MB)",
    "KB/reader",
    ("ws",),
    (Bar(80),),
    _memory,
)
