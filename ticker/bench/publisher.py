"""Publishes test items and retracts them, in newsrooms that show no other items.

Real readers must not see test items. They are published only in a newsroom that has no other live
or scheduled item, unless the operator names its host (``on_air``). Test items carry the tag
``bench`` and the lowest level, expire after a minute, and are retracted at the end.
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
"""Seconds after which the items of a killed run expire."""
IN_FLIGHT = 64
"""Publish requests under way at once. With a slow server items are late; the result counts them."""
RETRACTING = 8
"""Retractions under way at once."""
BATCH = 500
"""Items of one import request."""
LISTED = 200
"""Items that a newsroom lists at most."""
LIVE_STATES = ("live", "scheduled")


class LiveNewsroom(Exception):
    """``host`` is or may be a real newsroom, so no test item is published there."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} may be a real newsroom: {why}")
        self.host = host


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The number of items of a run that were retracted, and that were not."""

    retracted: int
    left: int
    """These expire within ``EXPIRES_IN`` seconds."""


class Publisher:
    """Publishes the items of one run and retracts them. ``run`` marks its headlines."""

    def __init__(self, editor: Editor, ledger: Ledger, edition: str, run: str) -> None:
        self._editor = editor
        self._ledger = ledger
        self._edition = edition
        self._run = run
        self._number = 0
        self.refused: Counter[str] = Counter()
        """Items that were not published, by reason."""
        self.behind = 0
        """Items that were published late, because ``IN_FLIGHT`` requests were under way."""
        self.acknowledged: list[float] = []
        """Seconds from request to response, for each item of the steady phase."""

    async def check(self, *, on_air: str | None) -> None:
        """Check that test items may be published here.

        Raises LiveNewsroom if they may not, and a ClientError if the key is wrong or no server
        answers.
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
                host, f"it has {len(real)} live or scheduled items, such as “{example}”"
            )
        if len(out.items) >= LISTED:
            raise LiveNewsroom(host, "test items fill its list, and other items may be behind them")

    async def steady(self, rate: float, seconds: float, advance: Advance) -> None:
        """Publish ``rate`` items a second for ``seconds``, whether or not the server keeps up.

        Raises Unreachable when the server has gone.
        """
        begun = time.perf_counter()
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> None:
            try:
                await self._publish("steady")
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

    async def publish_unseen(self, count: int) -> Position | None:
        """Publish ``count`` items while no reader is connected; return the lane's last position."""
        with _first_failure():
            async with asyncio.TaskGroup() as tasks:
                made = [tasks.create_task(self._publish("storm")) for _ in range(count)]
        places = [place for task in made if (place := task.result()) is not None]
        return max(places) if places else None

    async def burst(self, count: int) -> None:
        """Publish ``count`` items at once, as an import. Raises Unreachable and other refusals."""
        begun = time.perf_counter()
        headlines = [self._headline() for _ in range(count)]
        for headline in headlines:
            self._ledger.sending(headline, "burst", begun)
        drafts = [{"headline": headline, **self._fields()} for headline in headlines]
        done = 0
        results = self._editor.import_drafts(drafts, in_flight=-(-count // BATCH), batch_size=BATCH)
        async for batch in results:
            wrong = {draft.number for draft in batch.refusals}
            for number, headline in enumerate(headlines[done : done + batch.count], done + 1):
                self._ledger.lines[headline].acknowledged = number not in wrong
            for line in batch.refusals:
                self.refused[line.detail or "; ".join(e.message for e in line.errors)] += 1
            done += batch.count

    async def clean(self, advance: Advance) -> Cleaning:
        """Retract every item of this run that is still live; return the counts."""
        ids = {e.item for e in self._ledger.events.values() if e.line is not None}
        retracted = left = 0
        for _ in range(10):  # items that no reader got are in the list, a page at a time
            done, failed = await self._retract(ids, advance)
            retracted, left = retracted + done, left + failed
            if failed:
                break
            listed = await self._editor.list(tag=[TAG], edition=[self._edition], limit=LISTED)
            # A shared cache may be a second old: do not retract the same items again.
            mine = {i.id for i in listed.items if i.headline.startswith(self._mark)}
            ids = mine - ids
            if not ids:
                break
        return Cleaning(retracted, left)

    async def _retract(self, ids: set[str], advance: Advance) -> tuple[int, int]:
        """Retract items; return how many were retracted, and how many were not."""
        gate = asyncio.Semaphore(RETRACTING)
        failed = 0

        async def one(item: str) -> None:
            nonlocal failed
            async with gate:
                try:
                    await self._editor.retract(item, "Item of a load test")
                except (Retracted, NotFound):
                    pass  # expired meanwhile
                except ClientError:
                    failed += 1
                advance(1)

        await asyncio.gather(*(one(item) for item in sorted(ids)))
        return len(ids) - failed, failed

    async def _publish(self, phase: Phase) -> Position | None:
        """Publish one item; return its position in the lane, None if it was refused."""
        headline = self._headline()
        line = self._ledger.sending(headline, phase, time.perf_counter())
        try:
            published = await self._editor.publish_draft({"headline": headline, **self._fields()})
        except Unreachable:
            raise
        except ClientError as error:
            self.refused[str(error)] += 1
            return None
        if phase == "steady":  # items of a storm are published together and wait for each other
            self.acknowledged.append(time.perf_counter() - line.sent)
        line.acknowledged = True
        return None if published.cursor is None else position(published.cursor)

    @property
    def _mark(self) -> str:
        return f"Test {self._run}-"

    def _headline(self) -> str:
        self._number += 1
        return f"{self._mark}{self._number}: an item of the load test, which expires in a minute"

    def _fields(self) -> dict[str, object]:
        return {
            "edition": self._edition,
            "level": "ticker",
            "tags": [TAG],
            "expires_in": EXPIRES_IN,
            "note": "ticker bench",
        }


class _first_failure:
    """Raise the first failure of a TaskGroup instead of the group: one server has one fault."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, BaseExceptionGroup):
            raise error.exceptions[0] from None
