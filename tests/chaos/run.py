"""One run: publishers and readers at work, faults by the schedule, and the verdict."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import readers as reading
from tests.chaos.checker import Verdict, check
from tests.chaos.failover_times import times
from tests.chaos.faults import FAULTS
from tests.chaos.newsroom import Newsroom, running
from tests.chaos.publishers import Publisher
from tests.chaos.readers import Reader
from tests.chaos.records import Act, Injected
from tests.chaos.schedule import COOL_DOWN, RECOVERY, Planned, draw
from tests.chaos.stores import Wanted
from tests.support.redis_servers import Kind, RedisServer
from tests.support.waiting import simulated_delay, wait_until
from ticker.config import Durability

RECOVERY_SECONDS = 60.0
"""Seconds after a fault within which a new item must be on every screen."""
PUBLISHERS = 2
READY_EVERY = 0.2
"""Seconds between two questions whether all are ready."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options. ``faults`` are names; a run is replayed by its seed, time, store and faults."""

    seed: int
    seconds: float
    """How long it takes, at most if the number of faults is given."""
    faults: Sequence[str]
    store: Kind = "valkey"
    readers: int = 12
    pause: float = 0.05
    """Seconds between two requests of a publisher."""
    recovery: float = RECOVERY
    """Seconds without a fault after each, at least. What is published is on every screen first."""
    most: int | None = None
    """Faults at most; what fits in ``seconds`` if None."""
    sentinels: bool = False
    """A primary, two replicas and three sentinels instead of one server."""
    secured: bool = False
    """They have TLS, passwords and users."""
    durability: Durability = "fsync"

    def wanted(self) -> Wanted:
        """Return what the faults need."""
        return Wanted(
            self.store,
            self.sentinels,
            self.secured,
            self.durability,
            partition="partition" in self.faults,
            clock=any(name.startswith("clock") for name in self.faults),
            small_disk=any(name.startswith("disk") for name in self.faults),
        )


async def run(options: Options, folder: Path) -> Verdict:
    """Run and return the verdict; logs are in ``folder``."""
    kinds = [FAULTS[name].kind for name in options.faults]
    plan = draw(options.seed, options.seconds, kinds, options.recovery)[: options.most]
    async with running(options.wanted(), folder) as newsroom:
        return await _Run(newsroom, options).go(plan)


class _Run:
    def __init__(self, newsroom: Newsroom, options: Options) -> None:
        self._newsroom = newsroom
        self._options = options
        self._began = time.monotonic()
        self._readers: list[Reader] = []
        self._cut_off: set[str] = set()
        """Names of those whose gateway a partition cuts off, together with the primary."""
        # Then an editor reaches the servers of one side only.
        webs = 1 if newsroom.cut_off("web-1") else len(newsroom.webs)
        for number in range(options.readers):
            kind = reading.KINDS[number % len(reading.KINDS)]
            gateway = number // len(reading.KINDS) % len(newsroom.gateways)
            url = newsroom.gateways[gateway]
            reader = kind(f"{kind.transport}-{number + 1}", url, self._clock)
            self._readers.append(reader)
            if newsroom.cut_off(f"gateway-{gateway + 1}"):
                self._cut_off.add(reader.log.name)
        self._publishers = [
            Publisher(
                chr(ord("A") + number),
                (newsroom.webs[number:] + newsroom.webs[:number])[:webs],
                newsroom.key,
                self._clock,
                options.seed + number,
                options.pause,
            )
            for number in range(PUBLISHERS)
        ]

    def _clock(self) -> float:
        return time.monotonic() - self._began

    async def go(self, plan: Sequence[Planned]) -> Verdict:
        done = asyncio.Event()
        reading_task = asyncio.create_task(reading.running(self._readers, done))
        try:
            await wait_until(lambda: all(reader.log.seen for reader in self._readers))
            publishing = [asyncio.create_task(one.run()) for one in self._publishers]
            faults = await self._faults(plan)
            left = max(0.0, self._options.seconds - self._clock())
            await simulated_delay(left if self._options.most is None else min(left, COOL_DOWN / 4))
            for publisher in self._publishers:
                publisher.stopped.set()
            await asyncio.gather(*publishing)
            await self._settled()
        finally:
            done.set()
            await reading_task
        lane = await self._newsroom.lane()
        logs = [reader.log for reader in self._readers]
        for fault in faults:
            if fault.decided is not None:
                reached = [log for log in logs if log.name not in self._cut_off]
                asked = logs if fault.name != "partition" else reached
                found = times(fault.decided, self._acts(), lane, asked)
                fault.to_publish, fault.to_screens = found
        return check(self._acts(), lane, logs, faults)

    def _acts(self) -> list[Act]:
        return [act for publisher in self._publishers for act in publisher.acts]

    async def _faults(self, plan: Sequence[Planned]) -> list[Injected]:
        found: list[Injected] = []
        for planned in plan:
            await simulated_delay(max(0.0, planned.at - self._clock()))
            found += await self._prepared(planned.name)
            if self._clock() + planned.lasts > self._options.seconds - COOL_DOWN and found:
                break  # recoveries took longer than planned
            found.append(await self._fault(planned))
        return found

    async def _prepared(self, name: str) -> list[Injected]:
        """Wait until the sentinels and servers are all right again.

        A partition cuts one machine off: the primary moves there first, by a failover by hand,
        which is returned.
        """
        group = self._newsroom.stores.group
        if group is None:
            return []
        await wait_until(lambda: asyncio.to_thread(group.whole), seconds=RECOVERY_SECONDS)
        if name != "partition" or self._newsroom.store is group.servers[0]:
            return []
        moved = Injected("failover by hand", self._clock(), 0.0)
        moved.may_lose = self._options.durability != "replicated"
        await asyncio.to_thread(group.promote, group.servers[0])
        await wait_until(lambda: asyncio.to_thread(group.whole), seconds=RECOVERY_SECONDS)
        moved.ended = self._clock()
        moved.recovered = await self._recovery(moved.ended)
        return [moved]

    async def _fault(self, planned: Planned) -> Injected:
        fault = FAULTS[planned.name]
        fails_over = fault.fails_over and self._options.sentinels
        happened = Injected(
            *(planned.name, self._clock(), 0.0, fault.wipes),
            may_lose=fails_over and self._options.durability != "replicated",
            must_answer=fault.must_answer,
        )
        old = self._newsroom.store if fails_over else None
        watch = asyncio.create_task(self._watch(happened, old, fault.stays_ready))
        async with fault.inject(self._newsroom, planned):
            await simulated_delay(planned.lasts)
        happened.ended = self._clock()
        happened.recovered = await self._recovery(happened.ended)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        for publisher in self._publishers:
            happened.refusals += Counter(
                problem for at, problem in publisher.refusals if at >= happened.began
            )
        return happened

    async def _watch(self, fault: Injected, old: RedisServer | None, stays_ready: bool) -> None:
        """Note when the sentinels decide, and who is not ready, until cancelled."""
        group = self._newsroom.stores.group
        if group is not None and old is not None:
            await wait_until(
                lambda: asyncio.to_thread(group.decided, old), seconds=RECOVERY_SECONDS
            )
            fault.decided = self._clock()
        while stays_ready:
            fault.red += await self._newsroom.red()
            await simulated_delay(READY_EVERY)

    async def _recovery(self, since: float) -> float | None:
        """Return when an item published after ``since`` was on every screen; None if never."""

        def fresh() -> Act | None:
            return next(
                (
                    act
                    for act in self._acts()
                    if act.kind == "publish" and act.began > since and act.acknowledged
                ),
                None,
            )

        try:
            act = await wait_until(fresh, seconds=RECOVERY_SECONDS)
            assert act is not None
            item = act.item
            await wait_until(
                lambda: all(reader.saw(item) for reader in self._readers),
                seconds=RECOVERY_SECONDS,
            )
        except AssertionError:
            return None
        return self._clock()

    async def _settled(self) -> None:
        """Wait until every reader has the lane's newest event; the checker tells who has not."""
        lane = await self._newsroom.lane()
        last = lane[-1].cursor.id if lane else None

        def at_the_end() -> bool:
            return all(
                last is None or reader.log.seen[-1].cursor.id >= last for reader in self._readers
            )

        try:
            await wait_until(at_the_end, seconds=RECOVERY_SECONDS)
        except AssertionError:
            return
