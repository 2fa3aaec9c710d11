"""Measure the readers' delay under each attack, against the same attack beside the newsroom.

    python -m benchmarks.attack                    a newsroom of its own, every attack
    python -m benchmarks.attack pipelined silent   these alone
    python -m benchmarks.attack --rounds 10 --seconds 3
    python -m benchmarks.attack --rate 1 --seconds 30 --rounds 2

A newsroom runs as it is shipped, with limits for every address. An editor publishes 60 items a
second, or ``--rate``, whether the last one has its answer or not, and 20 healthy readers from an
address of their own receive them. Each attack comes from an address of its own and is repeated
while that is measured. The figures, all in the clock of this machine:

    reader   the item is in the lane (Redis' own time, whole milliseconds) → the kernel has it for a
             reader (``benchmarks.arrivals``)
    editor   the request is sent → the item is in the lane
    whole    the request is sent → the kernel has it for a reader

The attacker stands for a client on another machine. On this one it keeps a core busy, and the
kernel does its network work here, whoever is attacked. So each attack is also aimed at a sink, a
process beside the newsroom that refuses everything (``benchmarks.sink``). Attacker and sink get
only the CPU time that nobody else wants (``benchmarks.attack_cores``). What an attack on the
newsroom costs its readers beyond an attack on the sink is the newsroom's own work. The aim is a
reader's p99 of at most 1.5 × the one beside the attacked sink; the ratio to an idle machine is
printed too.

A machine's own noise changes within minutes, so one run alternates short slices: idle, the sink,
the crowd, the attack, and in the next round the other way round. Each kind's items are pooled.
``p99 of the slices`` has the lowest and the highest one: a ratio within the sink's own spread shows
nothing. The first slice begins eight seconds after the newsroom's start, when it has settled (Linux
joins memory into huge pages about three seconds after it).

The crowd is well-behaved readers, as many as one time of the attack opens, from addresses
of their own. Only attacks whose connections are live subscriptions have one: that many readers cost
what they cost also without an attack, and the last ratio shows what the attack adds to it.

An attack has a new address in each round, so its budgets are full and each slice has its beginning.
``times`` tells how often the attack went through. The last line has the share of a core that each
process used, and the share of the time that it waited for one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from benchmarks.arrivals import Arrivals
from benchmarks.attack_cores import CpuUse, yield_to_others
from benchmarks.attacks import ALL, SOURCES
from benchmarks.peers.base import free_port
from ticker.storage.connection import connect as connect_redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command as redis_command

READERS = 20
START = 60.0
STEP = 0.02
SETTLE = 1.0
"""Seconds after a crowd or an attack in which its connections end."""
SETTLED = 8.0
"""Seconds after the newsroom's start at which the first slice begins."""
CROWD = ("subscribe_anew", "never_reading")
"""Attacks that are compared with well-behaved readers too."""


@dataclass(frozen=True, slots=True)
class Target:
    """A newsroom that runs."""

    url: str
    key: str
    redis_url: str
    processes: dict[str, int]
    """Ids of its processes by name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The length of each slice, and how many items are published in a second of it."""

    seconds: float
    rate: float


WARM = Plan(seconds=1.0, rate=60.0)
"""Before the first slice."""


@dataclass(slots=True)
class Times:
    """Seconds of every item and reader; the editor's part of every item. One slice, or several."""

    reader: list[float] = field(default_factory=list)
    editor: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    lost: int = 0
    rounds: int = 0
    cores: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Shares of a core that each process has used and waited for, summed over the slices."""
    slices: list[float] = field(default_factory=list)
    """The reader's p99 of each slice that has been added."""

    def add(self, other: Times) -> None:
        """Add what another slice has found."""
        self.reader += other.reader
        self.editor += other.editor
        self.whole += other.whole
        self.lost += other.lost
        self.rounds += other.rounds
        self.slices.append(percentile(other.reader, 0.99))
        for name, (ran, waited) in other.cores.items():
            ran_before, waited_before = self.cores.get(name, (0.0, 0.0))
            self.cores[name] = ran + ran_before, waited + waited_before


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of ``values`` are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(
    target: Target, attack: str | None, plan: Plan, turn: int = 0, aim: int | None = None
) -> Times:
    """Return the times of every item and reader of one slice, in the round ``turn``.

    ``aim`` is the port that is attacked, if it is not the newsroom's.
    """
    url = target.url
    port = int(url.rpartition(":")[2])
    arrivals = Arrivals("127.0.0.1", port)
    for _ in range(READERS):
        await arrivals.connect()
    attacker = None
    processes = dict(target.processes, measuring=os.getpid())
    if attack is not None:
        attacker = await asyncio.create_subprocess_exec(
            sys.executable,
            *["-m", "benchmarks.attacks", attack, "127.0.0.1", str(aim or port)],
            source(attack, turn),
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=yield_to_others,
        )
        processes["attacker"] = attacker.pid
        assert attacker.stdout is not None
        await attacker.stdout.readexactly(1)  # it has been loaded
    use = CpuUse(processes)
    sent = await publish(target, plan)
    for _ in range(int(10 / STEP)):
        if len(arrivals.received) == READERS * len(sent):
            break
        await asyncio.sleep(STEP)
    times = Times(lost=READERS * len(sent) - len(arrivals.received), cores=use.shares())
    if attacker is not None:
        attacker.kill()
        output, _ = await attacker.communicate()
        times.rounds = len(output)
    arrivals.close()
    carried = await in_lane(target.redis_url)
    times.editor = [carried[headline] - at for headline, at in sent.items()]
    for headline, now in arrivals.received:
        times.reader.append(now - carried[headline])
        times.whole.append(now - sent[headline])
    return times


def source(attack: str, turn: int) -> str:
    """Return an address of the attack's own in this round, with full budgets."""
    return f"127.{64 + turn}.0.{66 + list(SOURCES).index(attack)}"


async def publish(target: Target, plan: Plan) -> dict[str, float]:
    """Publish the items of one slice; return when each was sent, by its headline.

    An item is sent when its time comes, not when the one before it has its answer: a slow answer
    must not thin out the measurement.
    """
    sent: dict[str, float] = {}
    headers = {"authorization": f"Bearer {target.key}"}

    async def one(http: httpx.AsyncClient) -> None:
        headline = f"Measured {time.perf_counter_ns()}"
        sent[headline] = time.time()
        answer = await http.post("/v1/items", json={"headline": headline, "edition": "en"})
        answer.raise_for_status()

    async with httpx.AsyncClient(base_url=target.url, headers=headers, timeout=30) as http:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(plan.seconds * plan.rate)):
                await asyncio.sleep(max(0.0, began + number / plan.rate - time.perf_counter()))
                group.create_task(one(http))
    return sent


async def in_lane(redis_url: str) -> dict[str, float]:
    """Return when each item came into the lane, by its headline, in seconds since 1970."""
    redis = connect_redis(redis_url)
    try:
        entries: Any = await redis_command(redis, "XRANGE", Keys("ticker").live, "-", "+")
    finally:
        await redis.aclose()
    return {
        orjson.loads(record[b"e"])["item"]["headline"]: int(record[b"c"]) / 1000
        for _, record in entries
        if b"e" in record and b"c" in record
    }


@contextlib.asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[Target]:
    """Run ``ticker up`` and yield it when it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "ticker", "up", "--data", str(folder), "--port", str(port)]
    environment = {**os.environ, "TICKER_UNLIMITED_NETWORKS": '["127.0.0.1/32"]'}
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(START):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"{url}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(STEP)
        socket = f"unix://{folder / 'valkey' / 'valkey.sock'}"
        processes = json.loads((folder / "run.json").read_text())["children"]
        yield Target(url, (folder / "key").read_text().strip(), socket, processes)
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """Run ``benchmarks.sink`` with the attacker's right to the CPU; yield its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.sink"),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=yield_to_others,
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def run(names: Sequence[str], plan: Plan, rounds: int) -> None:
    """Measure each attack, idle, an attacked sink, and a crowd where it has one; print the rows."""
    with tempfile.TemporaryDirectory() as folder:
        async with newsroom(Path(folder)) as target, sink() as aim:
            await asyncio.sleep(SETTLED)
            await measure(target, None, WARM)  # warm
            for name in names:
                kinds: dict[str, tuple[str | None, int | None]] = {
                    "idle": (None, None),
                    "sink": (name, aim),
                }
                if name in CROWD:
                    kinds["readers"] = "readers", None
                kinds[name] = name, None
                pools = await alternate(target, kinds, plan, rounds)
                beside = [kind for kind in pools if kind != name]
                for kind, times in pools.items():
                    against = {other: pools[other] for other in beside if kind == name}
                    print(row(f"{name}: {kind}" if kind != name else name, times, against))
                print(end="", flush=True)


async def alternate(
    target: Target, kinds: dict[str, tuple[str | None, int | None]], plan: Plan, rounds: int
) -> dict[str, Times]:
    """Measure a slice of each kind in each round, every second one backwards; return all.

    ``kinds`` has the attack of each, and the port that it aims at.
    """
    pools = {kind: Times() for kind in kinds}
    for turn in range(rounds):
        for kind in kinds if turn % 2 == 0 else reversed(kinds):
            attack, aim = kinds[kind]
            pools[kind].add(await measure(target, attack, plan, turn, aim))
            if attack is not None:
                await asyncio.sleep(SETTLE)
    return pools


def row(name: str, times: Times, against: Mapping[str, Times]) -> str:
    """Return the lines of a result: p50 and p99 of each part, × the p99 of each in ``against``."""
    parts = []
    for part in ("reader", "editor", "whole"):
        values = getattr(times, part)
        middle, high = percentile(values, 0.5), percentile(values, 0.99)
        ratios = "".join(
            f" {high / percentile(getattr(other, part), 0.99):.1f} x {kind}"
            for kind, other in against.items()
        )
        parts.append(f"{part} {middle * 1e3:5.1f} {high * 1e3:6.1f} ms{ratios}")
    count = len(times.slices)
    cores = "  ".join(
        f"{process} {ran / count:.0%}+{waited / count:.0%}"
        for process, (ran, waited) in times.cores.items()
    )
    spread = f"{min(times.slices) * 1e3:.1f}-{max(times.slices) * 1e3:.1f} ms"
    lost = f"  lost {times.lost}" if times.lost else ""
    return (
        f"{name:24} {'   '.join(parts)}\n{'':24} {len(times.editor)} items, "
        f"p99 of the slices {spread}, times {times.rounds}{lost}\n{'':24} {cores}"
    )


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("attacks", nargs="*", choices=[*ALL, []], help="all, if none is named")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of each slice")
    parser.add_argument("--rate", type=float, default=60.0, help="items published in a second")
    parser.add_argument("--rounds", type=int, default=6, help="slices of each kind (at most 100)")
    options = parser.parse_args()
    names = options.attacks or list(ALL)
    asyncio.run(run(names, Plan(options.seconds, options.rate), options.rounds))


if __name__ == "__main__":
    main()
