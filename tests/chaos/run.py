"""One run: publishers and readers at work, faults by the schedule, and the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import readers as reading
from tests.chaos.checker import Verdict, check
from tests.chaos.faults import FAULTS
from tests.chaos.newsroom import Newsroom, running
from tests.chaos.publishers import Publisher
from tests.chaos.readers import Reader
from tests.chaos.records import Act, Injected
from tests.chaos.schedule import Planned, draw
from tests.support.redis_servers import Kind
from tests.support.waiting import simulated_delay, wait_until

RECOVERY_SECONDS = 60.0
"""Seconds after a fault within which a new item must be on every screen."""
PUBLISHERS = 2


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``faults`` are names; a run is replayed by its seed, time, store and faults."""

    seed: int
    seconds: float
    faults: Sequence[str]
    store: Kind = "valkey"
    readers: int = 12
    pause: float = 0.05
    """Seconds between two requests of a publisher."""


async def run(options: Options, folder: Path) -> Verdict:
    """Run and return the verdict; logs are in ``folder``."""
    plan = draw(options.seed, options.seconds, [FAULTS[name].kind for name in options.faults])
    async with running(options.store, folder) as newsroom:
        return await _Run(newsroom, options).go(plan)


class _Run:
    def __init__(self, newsroom: Newsroom, options: Options) -> None:
        self._newsroom = newsroom
        self._options = options
        self._began = time.monotonic()
        self._readers: list[Reader] = []
        for number in range(options.readers):
            kind = reading.KINDS[number % len(reading.KINDS)]
            url = newsroom.gateways[number // len(reading.KINDS) % len(newsroom.gateways)]
            self._readers.append(kind(f"{kind.transport}-{number + 1}", url, self._clock))
        self._publishers = [
            Publisher(
                chr(ord("A") + number),
                newsroom.webs[number:] + newsroom.webs[:number],
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
            await simulated_delay(max(0.0, self._options.seconds - self._clock()))
            for publisher in self._publishers:
                publisher.stopped.set()
            await asyncio.gather(*publishing)
            await self._settled()
        finally:
            done.set()
            await reading_task
        lane = await self._newsroom.lane()
        return check(self._acts(), lane, [reader.log for reader in self._readers], faults)

    def _acts(self) -> list[Act]:
        return [act for publisher in self._publishers for act in publisher.acts]

    async def _faults(self, plan: Sequence[Planned]) -> list[Injected]:
        found = []
        for planned in plan:
            await simulated_delay(max(0.0, planned.at - self._clock()))
            fault = FAULTS[planned.name]
            began = self._clock()
            async with fault.inject(self._newsroom, planned):
                await simulated_delay(planned.lasts)
            happened = Injected(planned.name, began, self._clock(), fault.wipes)
            happened.recovered = await self._recovery(happened.ended)
            found.append(happened)
        return found

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
