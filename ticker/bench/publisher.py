"""The editor's side of a run: may test lines go out here, publish them, take them back.

Real readers must not see test lines. So lines go out only into a newsroom where nothing is out or
scheduled but test lines, unless the operator names its host on purpose (``on_air``). They carry the
tag ``bench``, the lowest level and an expiry of a minute, and are retracted at the end.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ticker.bench.ledger import Ledger, Phase, Position
from ticker.bench.parsers import position
from ticker.bench.reader_group import Advance
from ticker.client.errors import ClientError, NotFound, Retracted, Unreachable

if TYPE_CHECKING:
    from ticker.client import Editor

TAG = "bench"
EXPIRES_IN = 60
"""Seconds: what a run that was killed leaves behind is gone after that."""
IN_FLIGHT = 64
"""Publish requests under way at once; with a slower server lines are late, and that is said."""
RETRACTING = 8
"""Retractions under way at once."""
BATCH = 500
"""Lines of one import request."""
LISTED = 200
"""Items that a newsroom lists at most."""
LIVE_STATES = ("live", "scheduled")


class LiveNewsroom(Exception):
    """This is, or may be, a real newsroom: test lines may not go out at ``host``."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} may be a real newsroom: {why}")
        self.host = host


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What became of our lines at the end."""

    retracted: int
    left: int
    """To their expiry."""


class Publisher:
    """Publishes the lines of one run and takes them back. ``run`` tells its lines from others'."""

    def __init__(self, editor: Editor, ledger: Ledger, edition: str, run: str) -> None:
        self._editor = editor
        self._ledger = ledger
        self._edition = edition
        self._run = run
        self._number = 0
        self.refused: Counter[str] = Counter()
        """Lines that were not published, by reason."""
        self.behind = 0
        """Lines that went out late, because ``IN_FLIGHT`` requests were under way."""
        self.acknowledged: list[float] = []
        """Seconds that each line of the steady phase took, request to answer."""

    async def check(self, *, on_air: str | None) -> None:
        """Find out whether test lines may go out here.

        Raises OnAir if they may not, and a ClientError if the key is wrong or nothing answers.
        """
        listed = await self._editor.list(all=True, limit=LISTED)
        out = await self._editor.list(limit=LISTED)
        real = {item.id: item for item in out.items if TAG not in item.tags}
        for item in listed.items:
            if item.json.get("state") in LIVE_STATES and TAG not in item.tags:
                real[item.id] = item
        host = urlsplit(self._editor.url).netloc
        if on_air == host:
            return
        if real:
            example = next(iter(real.values())).headline
            raise LiveNewsroom(
                host, f"lines are out or scheduled ({len(real)}), such as “{example}”"
            )
        if len(out.items) >= LISTED:
            raise LiveNewsroom(host, "test lines fill its list, and other lines may be behind them")

    async def steady(self, rate: float, seconds: float, advance: Advance) -> None:
        """Publish ``rate`` lines a second for ``seconds``, whether or not the server keeps up.

        Raises Unreachable when the server has gone.
        """
        begun = time.perf_counter()
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> None:
            try:
                await self._line("steady")
            finally:
                gate.release()
                advance(1)

        with _first_failure():
            async with asyncio.TaskGroup() as tasks:
                for number in range(round(rate * seconds)):
                    await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                    self.behind += gate.locked()
                    await gate.acquire()
                    tasks.create_task(one())

    async def behind_their_backs(self, count: int) -> Position | None:
        """Publish ``count`` lines while nobody listens; return where the lane then stands."""
        with _first_failure():
            async with asyncio.TaskGroup() as tasks:
                made = [tasks.create_task(self._line("storm")) for _ in range(count)]
        places = [place for task in made if (place := task.result()) is not None]
        return max(places) if places else None

    async def burst(self, count: int) -> None:
        """Publish ``count`` lines at once, as an import. Raises Unreachable and other refusals."""
        begun = time.perf_counter()
        headlines = [self._headline() for _ in range(count)]
        for headline in headlines:
            self._ledger.sending(headline, "burst", begun)
        drafts = [{"headline": headline, **self._fields()} for headline in headlines]
        done = 0
        results = self._editor.import_lines(drafts, in_flight=-(-count // BATCH), batch_lines=BATCH)
        async for batch in results:
            wrong = {line.line for line in batch.refusals}
            for number, headline in enumerate(headlines[done : done + batch.lines], done + 1):
                self._ledger.lines[headline].acknowledged = number not in wrong
            for line in batch.refusals:
                self.refused[line.detail or "; ".join(e.message for e in line.errors)] += 1
            done += batch.lines

    async def clean(self, advance: Advance) -> Cleaning:
        """Retract every line of this run that is still out; return what was done."""
        ids = {e.item for e in self._ledger.events.values() if e.line is not None}
        retracted = left = 0
        for _ in range(10):  # what no reader got is found in the list, a page at a time
            done, failed = await self._retract(ids, advance)
            retracted, left = retracted + done, left + failed
            if failed:
                break
            listed = await self._editor.list(tag=[TAG], edition=[self._edition], limit=LISTED)
            # A shared cache may be a second old: what was just retracted is not asked for again.
            mine = {i.id for i in listed.items if i.headline.startswith(self._mark)}
            ids = mine - ids
            if not ids:
                break
        return Cleaning(retracted, left)

    async def _retract(self, ids: set[str], advance: Advance) -> tuple[int, int]:
        """Retract items; return how many that are now, and how many could not be."""
        gate = asyncio.Semaphore(RETRACTING)
        failed = 0

        async def one(item: str) -> None:
            nonlocal failed
            async with gate:
                try:
                    await self._editor.retract(item, "Benchmark line")
                except (Retracted, NotFound):
                    pass  # expired meanwhile
                except ClientError:
                    failed += 1
                advance(1)

        await asyncio.gather(*(one(item) for item in sorted(ids)))
        return len(ids) - failed, failed

    async def _line(self, phase: Phase) -> Position | None:
        """Publish one line; return where it is in the lane, None if it was refused."""
        headline = self._headline()
        line = self._ledger.sending(headline, phase, time.perf_counter())
        try:
            published = await self._editor.publish_draft({"headline": headline, **self._fields()})
        except Unreachable:
            raise
        except ClientError as error:
            self.refused[str(error)] += 1
            return None
        if phase == "steady":  # those of a storm go out together and wait for each other
            self.acknowledged.append(time.perf_counter() - line.sent)
        line.acknowledged = True
        return None if published.cursor is None else position(published.cursor)

    @property
    def _mark(self) -> str:
        return f"Test {self._run}-"

    def _headline(self) -> str:
        self._number += 1
        return f"{self._mark}{self._number}: a line of the load test, gone again in a minute"

    def _fields(self) -> dict[str, object]:
        return {
            "edition": self._edition,
            "level": "ticker",
            "tags": [TAG],
            "expires_in": EXPIRES_IN,
            "note": "ticker bench",
        }


class _first_failure:
    """Turn the group of failures of a TaskGroup into its first: one server has one trouble."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, BaseExceptionGroup):
            raise error.exceptions[0] from None
