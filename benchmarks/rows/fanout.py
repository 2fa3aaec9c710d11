"""Steady fan-out and bursts: server CPU per delivered message."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.peers import ALL, Peer, Transport
from benchmarks.rows.base import Contender, Options, Row, Sample, running

RATE = 20.0
WARM_UP = 1.0


def fanout(transport: Transport, peer: type[Peer], options: Options) -> Sample:
    """Measure messages at a steady rate."""
    with running(peer(transport)) as crowd:
        crowd.connect([crowd.peer.target()] * (options.clients or 2_000))
        crowd.publish(RATE, WARM_UP)
        spent = crowd.publish(RATE, options.seconds or 10)
        return Sample(
            spent.micros,
            {"delivered": spent.delivered, "load core": str(spent.busy)},
            spent.busy.warning,
        )


def burst(peer: type[Peer], options: Options) -> Sample:
    """Measure 1,000 messages at once, three times."""
    with running(peer("ws")) as crowd:
        crowd.connect([crowd.peer.target()] * (options.clients or 500))
        crowd.publish(RATE, WARM_UP)
        spent = crowd.publish(1, min(3, options.seconds or 3), each=1_000)
        return Sample(spent.micros, {"delivered": spent.delivered, "wall s": round(spent.wall, 2)})


def _all(transport: Transport, options: Options) -> Sequence[Contender]:
    return [
        Contender(peer.name, peer.title, peer, partial(fanout, transport, peer, options))
        for peer in ALL
        if transport in peer.transports
    ]


def _bursts(options: Options) -> Sequence[Contender]:
    return [Contender(peer.name, peer.title, peer, partial(burst, peer, options)) for peer in ALL]


WS = Row(
    "fanout-ws",
    "2,000 WebSocket readers, 390 bytes at 20/s",
    "CPU µs/message",
    "≤ 1.25 × floor, < nchan",
    ("floor", "nchan"),
    partial(_all, "ws"),
)
SSE = Row(
    "fanout-sse",
    "the same over event streams",
    "CPU µs/message",
    "< nchan",
    ("floor", "nchan"),
    partial(_all, "sse"),
)
BURST = Row(
    "burst",
    "1,000 events at once to 500 readers",
    "CPU µs/message",
    "≤ 1/3 of nchan",
    ("floor", "nchan"),
    _bursts,
    rated=False,
)
