"""Steady fan-out and bursts: server CPU per delivered message."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.peers import ALL, Peer, Ticker, Transport
from benchmarks.reader_group import Spent
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample, running

RATE = 20.0
BURST = 1_000
BURSTS = 3
FILTERS = 1_000
WINDOWS = (100, 10_000)


def fanout(transport: Transport, peer: type[Peer], options: Options) -> Sample:
    """Measure messages at a steady rate."""
    with running(peer(transport)) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or 2_000))
        crowd.publish(RATE, options.warm_up)
        return _sample(crowd.publish(RATE, options.seconds or 10))


def burst(peer: type[Peer], options: Options) -> Sample:
    """Measure 1,000 messages at once, three times one after the other."""
    with running(peer("ws")) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or 500))
        crowd.publish(RATE, options.warm_up)
        spent = [crowd.publish(1, 1, each=BURST) for _ in range(BURSTS)]
        cpu, delivered = sum(one.cpu for one in spent), sum(one.delivered for one in spent)
        wall = sum(one.wall for one in spent) / BURSTS
        return Sample(cpu / delivered * 1e6, {"delivered": delivered, "s each": round(wall, 2)})


def filters(count: int, options: Options) -> Sample:
    """Measure readers with ``count`` different filters, all of which let everything through."""
    with running(Ticker("ws")) as (server, crowd):
        clients = options.clients or 2_000
        crowd.connect([server.target(f"tag-{n % count}") for n in range(clients)])
        crowd.publish(RATE, options.warm_up)
        spent = crowd.publish(RATE, options.seconds or 10)
        return _sample(spent, groups=server.metric("subscription_groups"))


def window(size: int, options: Options) -> Sample:
    """Measure with a window of ``size`` events, full, and 10,000 items that are out."""
    settings = {"replay_window": size, "lane_events_max": 20_000}
    with running(Ticker("ws", **settings)) as (server, crowd):
        server.publish(max(WINDOWS))
        server.settle(max(WINDOWS))
        crowd.connect([server.target()] * (options.clients or 2_000))
        crowd.publish(RATE, options.warm_up)
        spent = crowd.publish(RATE, options.seconds or 10)
        return _sample(spent, window=server.metric("window_events"))


def _sample(spent: Spent, **notes: float) -> Sample:
    shown: dict[str, float | str] = {
        "delivered": spent.delivered,
        "load core": str(spent.busy),
        **notes,
    }
    return Sample(spent.micros, shown, spent.busy.warning)


def _steady(transport: Transport, options: Options) -> Sequence[Contender]:
    return [
        Contender(peer.name, peer.title, peer, partial(fanout, transport, peer, options))
        for peer in ALL
        if transport in peer.transports
    ]


def _bursts(options: Options) -> Sequence[Contender]:
    return [Contender(peer.name, peer.title, peer, partial(burst, peer, options)) for peer in ALL]


def _filters(options: Options) -> Sequence[Contender]:
    return [
        Contender(name, name, Ticker, partial(filters, count, options))
        for name, count in (("one filter", 1), ("1,000 filters", FILTERS))
    ]


def _windows(options: Options) -> Sequence[Contender]:
    return [
        Contender(f"window {size:,}", f"window {size:,}", Ticker, partial(window, size, options))
        for size in WINDOWS
    ]


_UNIT = "CPU µs/message"
WS = Row(
    "fanout-ws",
    "2,000 WebSocket readers, 390-byte events at 20/s",
    _UNIT,
    ("floor", "nchan"),
    (Bar(1.25, "floor"), Bar(1, "nchan")),
    partial(_steady, "ws"),
)
SSE = Row(
    "fanout-sse",
    "The same over event streams",
    _UNIT,
    ("floor", "nchan"),
    (Bar(1, "nchan"),),
    partial(_steady, "sse"),
)
MANY = Row(
    "burst",
    "1,000 events at once to 500 readers",
    _UNIT,
    ("floor", "nchan"),
    (Bar(1 / 3, "nchan"),),
    _bursts,
)
FILTER = Row(
    "filters",
    "1,000 distinct filters instead of one, 2,000 readers",
    _UNIT,
    ("one filter",),
    (Bar(1.2, "one filter"),),
    _filters,
    "1,000 filters",
)
WINDOW = Row(
    "window",
    "A full window of 10,000 events instead of 100, 2,000 readers",
    _UNIT,
    ("window 100",),
    (Bar(1.05, "window 100"),),
    _windows,
    "window 10,000",
)
