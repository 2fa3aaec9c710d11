"""One run from beginning to end: connect, publish, burst, storm, count, clean up."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from ticker.bench import system
from ticker.bench.latencies import Latencies
from ticker.bench.ledger import Ledger, Phase
from ticker.bench.parsers import NotTicker
from ticker.bench.plan import Plan, Progress
from ticker.bench.publisher import TAG, Publisher
from ticker.bench.reader import Closed
from ticker.bench.reader_group import ReaderGroup
from ticker.bench.result import BUSY, Ending, ItemCounts, Result, Server, Storm, Work
from ticker.bench.target import find
from ticker.client.errors import ClientError, FeedRefused, ProtocolError, Unreachable

if TYPE_CHECKING:
    from ticker.client import Editor

STORM_ITEMS = 20
"""Items that every reader misses in a storm, so that the server sends a replay."""
LONG = 0.5
"""Seconds; in a shorter period the generator may use a whole core."""
SETTLE = 10.0
"""Seconds without an arrival after which missing events count as lost."""


class Run:
    """One run. ``stop`` ends it early; the result holds everything measured so far."""

    def __init__(self, plan: Plan, editor: Editor | None, progress: Progress) -> None:
        self.plan = plan
        self.ledger = Ledger()
        edition = plan.edition or "en"
        self.result = Result(
            url=plan.url,
            transport=plan.transport,
            edition=edition if plan.publish else plan.edition,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            publish=plan.publish,
            wanted=plan.clients,
            rate=plan.rate,
        )
        self._progress = progress
        self._stop = asyncio.Event()
        self._group: ReaderGroup | None = None
        self._publisher: Publisher | None = None
        if plan.publish:
            assert editor is not None
            self._publisher = Publisher(editor, self.ledger, edition, secrets.token_hex(3))

    def stop(self) -> None:
        """End the run now: once for an early result, twice to skip the clean-up too."""
        self._stop.set()

    async def go(self) -> Result:
        """Run, and return the result. Raises LiveNewsroom or a ClientError if it cannot begin."""
        result = self.result
        if self._publisher is not None:
            await self._publisher.check(on_air=self.plan.on_air)
        query = {"backlog": "0"}
        if self.result.edition is not None:
            query["edition"] = self.result.edition
        if self._publisher is not None:
            query["tag"] = TAG
        target = await find(self.plan.url, self.plan.transport, query)
        group = self._group = ReaderGroup(target, self.ledger)
        try:
            self._look_for_server()
            await self._first()
            result.ending = await self._until_stopped()
            if result.ending == "interrupted":
                result.notes.append("Interrupted: these are the figures until then.")
                await self._land()
        finally:
            group.leave_absent()
            self._conclude(group)
            group.close()
        if self._publisher is not None:
            self._stop.clear()
            await self._clean(self._publisher)
        return result

    def _look_for_server(self) -> None:
        """Find the server's processes, if it runs here."""
        group, notes = self._group, self.result.notes
        assert group is not None
        local = group.target.address in ("127.0.0.1", "::1")
        pids = [self.plan.pid] if self.plan.pid is not None else []
        if not pids and local:
            pids = system.listeners(group.target.port)
        used = system.usage(pids)
        if used is not None:
            self.result.server = Server(pids, used.rss)
            for pid in pids:
                limit = system.file_limit(pid)
                if limit is not None and limit < self.plan.clients + system.SPARE_FILES:
                    notes.append(
                        f"The server (process {pid}) may open {limit:,} files: fewer than clients."
                    )
        elif local or self.plan.pid is not None:
            notes.append("The server's processes are not visible here; name one with --pid.")

    async def _first(self) -> None:
        """Connect one reader, to find a wrong address or filter.

        Raises Unreachable, FeedRefused or ProtocolError.
        """
        group, url = self._group, self.plan.url
        assert group is not None
        await group.connect(1, 1.0, lambda count: None)
        match group.trouble:
            case None:
                return
            case NotTicker(status=status) as error if status >= 500:
                raise Unreachable(url, str(error))
            case NotTicker(status=status) as error if status >= 400 and status != 404:
                raise FeedRefused(status, "refused", str(error))
            case NotTicker() as error:
                raise ProtocolError(f"{url} does not answer like a Ticker server: {error}")
            case Closed(code=code) as error if 4400 <= code < 4500:
                name, _, detail = str(error).partition(": ")
                raise FeedRefused(code, name if detail else "closed", detail or name)
            case error:
                raise Unreachable(url, next(iter(group.failures), str(error)))

    async def _until_stopped(self) -> Ending:
        """Measure until it is done, until ``stop``, or until the server has gone."""
        assert self._group is not None
        measuring = asyncio.ensure_future(self._measure())
        stopped = asyncio.ensure_future(self._stop.wait())
        gone = asyncio.ensure_future(self._group.gone.wait())
        everything = (measuring, stopped, gone)
        try:
            await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
            if measuring.done():
                measuring.result()
                return "complete"
            if stopped.done():
                return "interrupted"
            self.result.trouble = next(iter(self._group.drops))
            return "server gone"
        except Unreachable as error:
            self.result.trouble = error.detail
            return "server gone"
        finally:
            for task in everything:
                task.cancel()
            await asyncio.gather(*everything, return_exceptions=True)

    async def _measure(self) -> None:
        plan, group = self.plan, self._group
        assert group is not None
        advance = self._progress.phase("Connecting", plan.clients)
        advance(1)
        await group.connect(plan.clients - 1, plan.connect_rate, advance)
        await asyncio.sleep(self.plan.quiet)  # the server has finished the last handshakes
        self.result.connected = group.live
        if self.result.server is not None:
            used = system.usage(self.result.server.pids)
            self.result.server.rss_connected = used.rss if used else 0
        if self._publisher is None:
            await self._listen()
        else:
            await self._publish(self._publisher)
        if plan.storm:
            await self._storm(group)

    async def _listen(self) -> None:
        seconds = round(self.plan.seconds)
        advance = self._progress.phase("Listening", seconds)
        async with self._working() as work:
            self.result.listened = work
            for _ in range(seconds):
                await asyncio.sleep(1)
                advance(1)
            await self._quiet()

    async def _publish(self, publisher: Publisher) -> None:
        plan = self.plan
        count = round(plan.rate * plan.seconds)
        if count:
            advance = self._progress.phase("Publishing", count)
            async with self._working() as work:
                self.result.steady = ItemCounts(work, 0, Latencies(), Latencies())
                await publisher.steady(plan.rate, plan.seconds, advance)
                await self._settle("steady")
        if plan.burst:
            advance = self._progress.phase("Burst", 1)
            async with self._working() as work:
                self.result.burst = ItemCounts(work, 0, Latencies(), Latencies())
                await publisher.burst(plan.burst)
                await self._settle("burst")
            advance(1)

    async def _storm(self, group: ReaderGroup) -> None:
        advance = self._progress.phase("Storm", group.live)
        clients = group.live
        group.hang_up()
        goal, missed = None, 0
        if self._publisher is not None:
            goal = await self._publisher.publish_unseen(STORM_ITEMS)
            missed = self.ledger.published()["storm"]
        await asyncio.sleep(self.plan.quiet)  # the server has noticed that they are gone
        async with self._working() as work:
            seconds = await group.storm(goal, advance)
        back = group.returns.count
        work.arrivals = back
        whole = seconds if back == clients else None
        self.result.storm = Storm(clients, back, missed, whole, group.returns, work)
        await self._settle("storm")
        if self._publisher is None:
            await self._quiet()

    async def _land(self) -> None:
        """Wait for the events that were under way at an interruption."""
        for phase in get_args(Phase):
            await self._settle(phase, 2 * self.plan.quiet)

    async def _settle(self, phase: Phase, patience: float = SETTLE) -> None:
        """Wait until everybody has everything, or nothing comes for ``patience`` seconds."""
        last, since = -1, time.perf_counter()
        while self.ledger.waiting(phase) and time.perf_counter() - since < patience:
            if self.ledger.delivered != last:
                last, since = self.ledger.delivered, time.perf_counter()
            await asyncio.sleep(0.02)

    async def _quiet(self) -> None:
        """Wait until nothing arrives for a moment; on a busy site, ten seconds at most."""
        end = time.perf_counter() + SETTLE
        last = -1
        while self.ledger.delivered != last and time.perf_counter() < end:
            last = self.ledger.delivered
            await asyncio.sleep(self.plan.quiet)

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[Work]:
        """Measure the block, also when it raises."""
        pids = self.result.server.pids if self.result.server else []
        work, before = Work(), system.usage(pids)
        begun, own, delivered = time.perf_counter(), system.own_cpu(), self.ledger.delivered
        try:
            yield work
        finally:
            work.seconds = time.perf_counter() - begun
            work.own_cpu = system.own_cpu() - own
            work.arrivals = self.ledger.delivered - delivered
            after = system.usage(pids)
            if before is not None and after is not None:
                work.server_cpu = after.cpu - before.cpu

    def _conclude(self, group: ReaderGroup) -> None:
        """Count, before the readers disconnect."""
        result, ledger = self.result, self.ledger
        result.connects = group.connects
        result.connected = max(result.connected, group.live)
        result.failures, result.drops = dict(group.failures), dict(group.drops)
        result.resets = group.resets
        published = ledger.published()
        for name, lines in (("steady", result.steady), ("burst", result.burst)):
            if lines is not None:
                phase: Phase = "steady" if name == "steady" else "burst"
                lines.published = published[phase]
                lines.to_one = ledger.arrivals.get(phase, lines.to_one)
                lines.to_last = ledger.to_last(phase)
        if self._publisher is not None:
            result.acknowledged = Latencies(self._publisher.acknowledged)
            result.refused, result.behind = dict(self._publisher.refused), self._publisher.behind
        else:
            result.spread = ledger.spread()
        result.verdict = ledger.verdict()
        works = [part.work for part in (result.steady, result.burst, result.storm) if part]
        if any(work.busy > BUSY and work.seconds > LONG for work in works):
            result.notes.append(
                "The load generator used most of a core: its own queue is in these times. "
                "Take fewer clients or a lower rate, or run it on a machine of its own."
            )

    async def _clean(self, publisher: Publisher) -> None:
        """Retract the items of this run, unless ``stop`` is called again."""
        advance = self._progress.phase("Cleaning up", len(self.ledger.lines))
        cleaning = asyncio.ensure_future(publisher.clean(advance))
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({cleaning, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (cleaning, stopped):
            task.cancel()
        done, _ = await asyncio.gather(cleaning, stopped, return_exceptions=True)
        if not isinstance(done, BaseException):
            self.result.cleaning = done
        elif not isinstance(done, asyncio.CancelledError | ClientError):
            raise done
