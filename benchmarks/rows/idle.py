"""Readers to whom nothing happens: their memory, their heartbeats, their coming back at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from benchmarks import machine
from benchmarks.peers import ALL, Centrifugo, Nchan, Peer, Ticker
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample, running
from ticker.api.story_text_cache import POLL_INTERVAL

P = TypeVar("P", bound=Peer)

CLIENTS = 5_000
MISSED = 20
BEAT = 3.0
"""Seconds between the newsroom's own heartbeats through the lane."""
WATCH = 4.0
"""Seconds from a storm's begin for which Redis is watched: longer than the tail's own beat."""
TAIL = ("xread",)
VERIFY = ("multi", "exec", "exists", "xinfo|stream", "xrange")
REPORT = ("evalsha", "eval", "time", "hset", "pexpire", "hgetall", "hdel")
"""The reports of a process: one script, once a second at most. Its first looks at all others."""


def memory(peer: type[Peer], options: Options) -> Sample:
    """Measure the server's resident KB per connection.

    Others come first and stay: they take up what the server's start has freed.
    """
    with running(peer("ws")) as (server, crowd):
        clients = options.clients or CLIENTS
        crowd.connect([server.target()] * (clients * 2 // 5))
        crowd.publish(20, 0)
        crowd.load.run(options.warm_up)
        before = machine.resident(server.pids)
        crowd.connect([server.target()] * clients)
        crowd.load.run(options.warm_up)
        grown = machine.resident(server.pids) - before
        return Sample(grown / clients / 1024, {"server MB": (before + grown) >> 20})


def quiet(peer: type[Peer], options: Options) -> Sample:
    """Measure the share of a core that connections and their heartbeats cost, in per cent."""
    with running(peer("ws")) as (server, crowd):
        crowd.connect([server.target()] * (options.clients or CLIENTS))
        crowd.load.run(options.warm_up)
        received, begun = crowd.load.received, time.perf_counter()
        before = machine.cpu(server.pids)
        end = begun + (options.seconds or 52)  # each reader's heartbeat twice
        while (left := end - time.perf_counter()) > 0:
            if isinstance(server, Ticker):
                server.beat()
            crowd.load.run(min(left, BEAT))
        share = (machine.cpu(server.pids) - before) / (time.perf_counter() - begun)
        return Sample(share * 100, {"heartbeat KB": (crowd.load.received - received) >> 10})


def resume(options: Options) -> Sample:
    """Measure the server's CPU µs per resume, and what Redis was asked meanwhile."""
    with running(Ticker("ws")) as (server, crowd):
        server.publish(MISSED)
        server.settle(MISSED)
        cursor = server.cursor()
        server.publish(MISSED)
        server.settle(2 * MISSED)
        clients = options.clients or CLIENTS
        server.valkey.call("CONFIG", "RESETSTAT")
        before, begun = machine.cpu(server.pids), time.perf_counter()
        crowd.connect([server.target(after=cursor)] * clients, at_once=clients)
        crowd.wait(clients * MISSED)
        wall, cpu = time.perf_counter() - begun, machine.cpu(server.pids) - before
        # The tail's own reads and verifications shall be seen, too: so this is no blind count.
        crowd.load.run(max(0.0, (options.seconds or WATCH) - wall))
        asked = server.valkey.command_counts()
        notes = {
            "s in all": round(wall, 2),
            "resumes": server.metric('welcomes_total{outcome="replay",reason=""}'),
        }
        watch = time.perf_counter() - begun
        other = _other(asked, watch)
        watched = f"in {watch:.0f} s"
        redis = (
            f"{watched}: tail {asked.get('xread', 0)} xread, {asked.get('multi', 0)} verifications"
        )
        return Sample(
            cpu / clients * 1e6,
            {**notes, "redis": f"{redis}, other {sum(other.values())}"},
            f"Redis was asked: {other}" if other else "",
        )


def history(options: Options) -> Sample:
    """Measure the same for nchan, whose readers get the last 20 messages."""
    return _resumed(Nchan("ws"), lambda server: server.target(resume=True), MISSED, options)


def recovery(options: Options) -> Sample:
    """Measure the same for Centrifugo, whose readers get the 20 messages in one frame."""
    return _resumed(
        Centrifugo("ws"), lambda server: server.target(after=server.top() - MISSED), 1, options
    )


def _resumed(peer: P, target: Callable[[P], str], frames: int, options: Options) -> Sample:
    """Measure readers that come back to ``target`` and get what they missed in ``frames``."""
    with running(peer) as (server, crowd):
        server.publish(2 * MISSED)
        time.sleep(0.5)
        clients = options.clients or CLIENTS
        targets = [target(server)] * clients
        before, begun = machine.cpu(server.pids), time.perf_counter()
        crowd.connect(targets, at_once=clients)
        crowd.wait(clients * frames)
        cpu = machine.cpu(server.pids) - before
        return Sample(cpu / clients * 1e6, {"s in all": round(time.perf_counter() - begun, 2)})


def _other(asked: dict[str, int], seconds: float) -> dict[str, int]:
    """Return the commands that are neither of the tail (tail.py) nor of the count of readers.

    A verification asks for epoch (HGET) and floor (GET), and a read for the floor after a gap. The
    web process looks every ``POLL_INTERVAL`` seconds whether the texts of stories are new (HGET).
    """
    expected = (*TAIL, *VERIFY, *REPORT, "get", "hget")
    left = {name: n for name, n in asked.items() if name not in expected}
    verified = asked.get("multi", 0)
    extra = {
        "get": asked.get("get", 0) - asked.get("xread", 0) - verified,
        "hget": asked.get("hget", 0) - verified - int(seconds / POLL_INTERVAL),
    }
    # The counts may be taken between the two commands of one read.
    return left | {name: n for name, n in extra.items() if n > 1}


def _memory(options: Options) -> Sequence[Contender]:
    return [
        Contender(peer.name, peer.title, peer, partial(memory, peer, options))
        for peer in ALL
        if peer.name != "floor"
    ]


def _quiet(options: Options) -> Sequence[Contender]:
    return [
        Contender(peer.name, peer.title, peer, partial(quiet, peer, options))
        for peer in (Ticker, Nchan)
    ]


def _storm(options: Options) -> Sequence[Contender]:
    return [
        Contender("ticker", Ticker.title, Ticker, partial(resume, options)),
        Contender("nchan", Nchan.title, Nchan, partial(history, options)),
        Contender("centrifugo", Centrifugo.title, Centrifugo, partial(recovery, options)),
    ]


MEMORY = Row(
    "memory",
    "Resident memory per idle WebSocket, 5,000 of them",
    "KB/connection",
    ("nchan",),
    (Bar(8),),
    _memory,
)
STORM = Row(
    "storm",
    "5,000 readers resuming at once, each 20 events behind",
    "CPU µs/resume",
    ("nchan",),
    (Bar(80),),
    _storm,
)
IDLE = Row(
    "idle",
    "5,000 readers and their heartbeats, nothing else",
    "% of a core",
    ("nchan",),
    (Bar(1),),
    _quiet,
)
