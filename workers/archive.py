"""The archive role: copies the lane into the archive.

It reads the lane alone, as a gateway does; its user of Redis cannot read the wire. The position is
kept in the archive, in the transaction of the changes. So a crash repeats nothing, and any number
of these workers may write one archive: the one that comes second sees that it was moved on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ticker.archive import open as archive
from ticker.archive.changes import Shown, change, changes
from ticker.archive.resume import Again, resume
from ticker.archive.store import ArchiveWriter, Restart
from ticker.config import Settings
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import (
    Heartbeat,
    LaneEntry,
    LaneEvent,
    Noop,
    Record,
    epoch_of,
    predecessor,
    read_lane,
)
from ticker.domain.timeline import Timeline
from ticker.storage.address import main_store
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.stream.lane_reader import LaneReader, NoLaneYet
from ticker.stream.lane_store import LaneStore
from ticker.telemetry.families import Family, counter, gauge
from workers.look import until_next_look
from workers.supervised_task import SupervisedTask, task_metrics

log = logging.getLogger(__name__)

BATCH = 500
"""Lane entries of one transaction: some tens of milliseconds, for which a retraction waits."""
READ_MS = 1
"""Milliseconds that a read waits for an entry."""
LOOK_EVERY = 0.2
"""Seconds between two looks at the lane when nothing is new. A read that waits would be served by
Redis with the commit of every event, before the readers on screens, and would wake this process
beside theirs."""
NO_LANE_WAIT = 0.2
"""Seconds until a newsroom that has just begun is asked for its lane again."""
STOP_WAIT = 5.0
"""Seconds that a change under way gets to end."""


class ArchiveCopy:
    """Follows the lane into ``store``. A ``SupervisedTask`` calls ``step`` and ``lost``."""

    def __init__(
        self,
        lane: LaneStore,
        store: ArchiveWriter,
        verify_every: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``verify_every`` is seconds, on ``clock``."""
        self._lane = lane
        self._store = store
        self._verify_every = verify_every
        self._clock = clock
        self._cursor: Cursor | None = None
        self._timeline = Timeline(0)
        self._damaged = False
        self._verified = clock()
        self._seen: float | None = None
        self._counts: Counter[str] = Counter()
        self._restarts: Counter[str] = Counter()

    def lost(self) -> None:
        """Forget what may no longer hold; the next step asks lane and archive."""
        self._cursor = None

    async def step(self) -> float:
        """Copy what is new in the lane; return seconds until the next step.

        Raises Unavailable when Redis or the archive is away.
        """
        try:
            cursor = await self._resume() if self._cursor is None else self._cursor
        except NoLaneYet:
            return NO_LANE_WAIT
        records, floor = await self._lane.follow(cursor.id, READ_MS, BATCH)
        if floor > cursor.id:
            self.lost()  # trimmed before it was read
        elif records:
            await self._copy(cursor, records)
        if self._clock() - self._verified >= self._verify_every:
            await self._verify()
        more = len(records) == BATCH or self._cursor is None
        return 0.0 if more else until_next_look(self._clock(), LOOK_EVERY)

    def metrics(self) -> Iterable[Family]:
        """Return what was copied, and how old the newest heartbeat is."""
        yield counter(
            "archive_changes_total", "Changes copied to the archive.", dict(self._counts), "kind"
        )
        yield counter(
            "archive_restarts_total",
            "Comparisons of the whole archive with the current items, by reason.",
            dict(self._restarts),
            "reason",
        )
        yield gauge(
            "archive_heartbeat_age_seconds",
            "Seconds since the last lane heartbeat that the archive has; -1 before the first.",
            -1.0 if self._seen is None else self._clock() - self._seen,
        )

    async def _copy(self, cursor: Cursor, records: Sequence[tuple[StreamId, Record]]) -> None:
        entries: list[LaneEntry] = []
        after = cursor
        for id, record in records:
            epoch = epoch_of(record) or self._timeline.epoch
            if not self._timeline.holds(Cursor(epoch, id)):
                break  # the rest is of an epoch that began since
            before = predecessor(record)
            if before is not None and before < after.id:
                self._damaged = True
                break
            entries.append(_entry(id, record, epoch))
            after = Cursor(epoch, id)
        if entries:
            made = list(changes(entries))
            beats = [entry.sent_ms for entry in entries if isinstance(entry, Heartbeat)]
            if not await self._store.apply(cursor, made, after, max(beats, default=0)):
                self.lost()  # another worker was faster
                return
            self._cursor = after
            self._counts.update(type(one).__name__.lower() for one in made)
            if beats:
                self._seen = self._clock()
        if len(entries) < len(records):
            self.lost()

    async def _resume(self) -> Cursor:
        """Bring archive and lane together, and return where to read on."""
        _, floor, top = await self._lane.open()
        self._timeline = await self._lane.timeline()
        held = (await self._store.position()).cursor
        plan = resume(held, self._timeline, floor, top, damaged=self._damaged)
        if isinstance(plan, Again):
            reason = "empty" if held is None else "gap" if plan.gap else "history"
            if held is not None:
                log.warning("archive: compared with the current items: %s", reason)
            shown, ids = await self._current(plan.after.id)
            restart = Restart(plan.end, shown, ids, plan.after, plan.gap)
            await self._store.restart(held, restart)
            self._restarts[reason] += 1
            self._damaged = False
            held = (await self._store.position()).cursor
        assert held is not None
        self._cursor = held
        self._verified = self._clock()
        return held

    async def _current(self, upto: StreamId) -> tuple[list[Shown], frozenset[str]]:
        """Return the current items whose events are not after ``upto``, and the ids of all."""
        checkpoint = await self._lane.load(1)
        shown: list[Shown] = []
        ids: set[str] = set()
        for number, (id, record) in enumerate(checkpoint.current):
            entry = _entry(id, record, self._timeline.epoch)
            if isinstance(entry, LaneEvent):
                ids.add(entry.item_id)
                made = change(entry) if id <= upto else None
                if isinstance(made, Shown):
                    shown.append(made)
            if number % 1_000 == 0:
                await asyncio.sleep(0)
        return sorted(shown, key=lambda one: one.at), frozenset(ids)

    async def _verify(self) -> None:
        """Look whether the lane still is the one that was read."""
        self._verified = self._clock()
        if self._cursor is None:
            return
        seen = await self._lane.verify(self._cursor.id, None)
        if seen.epoch != self._timeline.epoch or not seen.floor <= self._cursor.id <= seen.top:
            self.lost()


class ArchiveTasks:
    """The task of one worker process, and its connections. ``start`` once, ``stop`` once."""

    def __init__(self, settings: Settings) -> None:
        keys = Keys(settings.namespace)
        self._redis = connect(main_store(settings))
        self._reader = connect(main_store(settings), blocking=True)
        self._lane = LaneReader(self._redis, keys, self._reader)
        self._store = archive.writer(settings.archive_url, settings.archive_password_file)
        self.copy = ArchiveCopy(self._lane, self._store, settings.lane_heartbeat)
        self.task = SupervisedTask("archive", self.copy.step, self.copy.lost)
        self._running: asyncio.Task[None] | None = None

    def metrics(self) -> Iterable[Family]:
        """Return what was copied, and the state of the task."""
        yield from self.copy.metrics()
        yield from task_metrics((self.task,))

    def start(self) -> None:
        """Start the task in the running loop."""
        self._running = asyncio.create_task(self.task.run(), name=self.task.name)

    async def stop(self) -> None:
        """Stop the task, and close the connections."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running], timeout=STOP_WAIT)
        await self._lane.aclose()
        await self._store.aclose()
        await self._redis.aclose()
        await self._reader.aclose()


def _entry(id: StreamId, record: Record, epoch: int) -> LaneEntry:
    try:
        return read_lane(id, record, epoch)
    except Exception:  # a relay did not write it: it moves the position on and stops nothing
        log.exception("unreadable lane entry %s is not archived", id)
        return Noop(id)
