"""Watches the feeds of the wire desk, and makes drafts of their entries.

One worker at a time looks, the one with the lease; the others wait for it. A look that is cut off
at any point is repeated: entries are known by their keys, so none becomes two drafts, and what was
seen is saved only after its drafts are. Two workers that both look do no harm for the same reason.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from ticker.config import Settings
from ticker.domain.clock import rfc3339
from ticker.domain.errors import Duplicate, Invalid, TickerError, Unavailable
from ticker.domain.messages import Message, coded, message_of, said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.wire_author import author, setter
from ticker.imports import watch_step
from ticker.imports.drafts import Defaults, Draft, ParsedInput, Unreadable
from ticker.imports.payload import Download
from ticker.imports.watch_step import SLOWEST, WatchState, keys_of
from ticker.publishing.import_line import read_line
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService, system_clock
from ticker.telemetry.families import Family, counter, gauge
from ticker.wires import reader
from ticker.wires.download import Refused, client, fetch
from ticker.wires.feed import ERROR_MAX, Feed, FeedState, Note, noted
from ticker.wires.selection import Selection, select
from ticker.wires.store import Known, Wires

log = logging.getLogger(__name__)

LEASE_MS = 15_000
"""Milliseconds after which a worker that died is replaced."""
STEP = 0.5
"""Seconds between two questions which feeds are due; the lease is renewed at each."""
IDLE = 2.0
"""The same while there are no feeds, or another worker looks at them."""
AT_ONCE = 4
"""Looks under way. A further feed waits; a look ends within a minute."""
LINES_AT_ONCE = 50
SEEN_MAX = 5_000
"""Entries of one feed that are remembered."""
GONE = 410

Read: TypeAlias = Callable[[Download, Defaults, Taxonomy], Awaitable[ParsedInput]]


class WireDesk:
    """Looks at feeds. A ``SupervisedTask`` calls ``step`` and ``lost``; ``aclose`` ends it."""

    def __init__(
        self,
        wires: Wires,
        items: ItemService,
        settings: Settings,
        clock: Callable[[], int] = system_clock,
        read: Read = reader.read,
    ) -> None:
        """``clock`` returns milliseconds since 1970."""
        self._wires = wires
        self._items = items
        self._taxonomy = settings.taxonomy
        self._http = client(settings.outbound_private_networks)
        self._clock = clock
        self._read = read
        self._worker = secrets.token_hex(8)
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._leads = False
        self._states: dict[str, FeedState] = {}
        """Of the feeds that this worker has looked at, for metrics."""
        self._outcomes: Counter[str] = Counter()

    def lost(self) -> None:
        """Forget the lease: only Redis knows who has it."""
        self._leads = False

    async def aclose(self) -> None:
        """End the looks, close the connections, and release the lease if this worker has it."""
        await self._end_looks()
        await self._http.aclose()
        if self._leads:
            try:
                await self._wires.release(self._worker)
            except Unavailable:
                return  # the lease expires by itself

    def metrics(self) -> Iterable[Family]:
        """Return the state of each feed, as far as this worker looks at them."""
        states = self._states if self._leads else {}
        yield gauge(
            "wire_failures",
            "Looks at a feed of the wire desk in a row that failed; 0 while it works.",
            {name: state.failures for name, state in states.items()},
            "wire",
        )
        yield gauge(
            "wire_read_timestamp_seconds",
            "When a feed of the wire desk was last read, in seconds since 1970.",
            {name: (state.read_ms or 0) / 1000 for name, state in states.items()},
            "wire",
        )
        yield counter(
            "wire_entries_total",
            "Entries of feeds of the wire desk, by what became of them.",
            dict(self._outcomes),
            "outcome",
        )

    async def step(self) -> float:
        """Begin the looks that are due; return the seconds until the next step.

        Raises Unavailable when Redis is away.
        """
        names = await self._wires.names()
        self._states = {name: state for name, state in self._states.items() if name in names}
        if not names:
            return IDLE
        self._leads = await self._wires.lead(self._worker, LEASE_MS)
        if not self._leads:
            await self._end_looks()
            return IDLE
        for name in await self._wires.due(self._clock()):
            if len(self._looks) >= AT_ONCE:
                break
            if name not in self._looks:
                task = asyncio.create_task(self._look(name), name=f"wire {name}")
                self._looks[name] = task
                task.add_done_callback(lambda _, name=name: self._looks.pop(name, None))  # type: ignore[misc]
        return STEP

    async def idle(self) -> None:
        """Wait until no look is under way."""
        while self._looks:
            await asyncio.wait(list(self._looks.values()))

    async def _end_looks(self) -> None:
        looks = list(self._looks.values())
        for task in looks:
            task.cancel()
        if looks:
            await asyncio.wait(looks)

    async def _look(self, name: str) -> None:
        try:
            known = await self._wires.known(name)
            if known is None:
                return
            state, watch = await self._looked(known)
            if await self._wires.save(known, self._worker, state, watch):
                self._states[name] = state
                _log(known, state)
        except Unavailable as error:
            log.warning("wire %s: interrupted, looking again: %s", name, error.detail)
        except Exception:  # of one feed: the others go on, and it is looked at later
            log.exception("wire %s: unexpected error", name)
            await self._put_off(name)

    async def _put_off(self, name: str) -> None:
        try:
            if (known := await self._wires.known(name)) is not None:
                state = self._failed(known, said("feed-unexpected"), None)
                await self._wires.save(known, self._worker, state, None)
        except Unavailable:
            return  # it is due, and looked at again when Redis is back

    async def _looked(self, known: Known) -> tuple[FeedState, WatchState | None]:
        """Look at a feed once. Return its state, and what was seen if that has changed."""
        feed, before = known.feed, known.state
        watch = replace(known.watch, older=before.older, unchanged=before.unchanged)
        try:
            conditions = watch_step.conditions(watch)
            answer = await fetch(self._http, feed.url, conditions, feed.authorization)
            if answer.unchanged:
                watch = watch_step.unchanged(watch)
                return self._fine(known, unchanged=watch.unchanged), None
            if (older := watch_step.older(watch, answer)) is not None:
                return self._fine(known, older=older.older), None
            digest = sha256(answer.data).hexdigest()[:32]
            if digest == before.body:
                return self._fine(known, unchanged=0, older=0), None
            parsed = await self._read(answer, feed.defaults, self._taxonomy)
        except Refused as error:
            after = SLOWEST if error.status == GONE else error.after
            return self._failed(known, message_of(error), after), None
        except Unreadable as error:
            return self._failed(known, message_of(error), None), None
        now = self._clock()

        def choose() -> tuple[watch_step.Look, Selection]:
            found = watch_step.look(watch, answer, parsed, now / 1000, seen_max=SEEN_MAX)
            return found, select(found.lines, watch.seen, before, now)

        # Thousands of entries are compared: schedule and relay go on meanwhile.
        found, chosen = await asyncio.to_thread(choose)
        counts, again, notes, refusal = await self._import(feed, chosen.lines)
        self._outcomes.update(counts)
        state = self._fine(
            replace(known, state=chosen.state),
            older=0,
            unchanged=0,
            format=parsed.format,
            entries=len(parsed.entries) + len(parsed.rejected),
            unreadable=len(parsed.rejected),
            new=before.new + counts["new"],
            updated=before.updated + counts["updated"],
            withdrawn=before.withdrawn + counts["withdrawn"],
            duplicates=before.duplicates + counts["duplicate"],
            refused=before.refused + counts["refused"],
            refusal=before.refusal if refusal is None else _reason(refusal),
            refusal_said=before.refusal_said if refusal is None else _problem(refusal),
            notes=noted(before.notes, notes),
            body=None if again else digest,
        )
        return state, watch_step.without(found.state, again)

    async def _import(
        self, feed: Feed, lines: Sequence[Draft]
    ) -> tuple[Counter[str], list[str], list[Note], TickerError | None]:
        """Import lines; return what became of them, which to try again, and notes for editors."""
        counts: Counter[str] = Counter()
        again: list[str] = []
        notes: list[Note] = []
        refusal: TickerError | None = None
        by = author(feed.name)
        authors = (by, *(setter(feed.name, name) for name in feed.setters))
        for start in range(0, len(lines), LINES_AT_ONCE):
            few = lines[start : start + LINES_AT_ONCE]
            entries: list[Incoming] = []
            for line in few:
                try:
                    entries.append(read_line(dict(line), self._taxonomy))
                except Invalid as error:
                    counts["refused"] += 1
                    refusal = error
            await asyncio.sleep(0)
            results = await self._items.importer.run(
                entries, by=by, wire_only=True, authors=authors
            )
            for entry, result in zip(entries, results, strict=True):
                if isinstance(result, Unavailable):
                    again.append(str(entry.key))
                elif isinstance(result, Duplicate):
                    counts["duplicate"] += 1
                elif isinstance(result, TickerError):
                    counts["refused"] += 1
                    refusal = result
                else:
                    counts[_outcome(result)] += 1
                    notes += await self._note(entry, result)
        if again and set(again) >= set(keys_of(lines)):
            raise Unavailable("the store accepts no writes; trying again")
        return counts, again, notes, refusal

    async def _note(self, entry: Incoming, result: Imported) -> list[Note]:
        if result.source_did is None or result.id is None:
            return []
        item = await self._items.get(result.id)
        headline = None if entry.draft is None else entry.draft.headline
        if headline == item.headline:
            return []  # what readers see is what the source says
        at = rfc3339(self._clock())
        return [Note(result.id, result.source_did, headline, item.version, at)]

    def _fine(self, known: Known, **changes: object) -> FeedState:
        now = self._clock()
        state: FeedState = replace(known.state, **changes)  # type: ignore[arg-type]
        return replace(
            state,
            looked_ms=now,
            read_ms=now,
            next_ms=now + known.feed.every * 1000,
            failures=0,
            failing_ms=None,
            error=None,
            error_said=None,
        )

    def _failed(self, known: Known, why: Message, after: float | None) -> FeedState:
        now, state = self._clock(), known.state
        failures = state.failures + 1
        counted = replace(known.watch, failures=failures)
        wait = watch_step.pause(counted, known.feed.every, after, random.random())
        return replace(
            state,
            looked_ms=now,
            next_ms=now + int(wait * 1000),
            failures=failures,
            failing_ms=state.failing_ms or now,
            error=why[:ERROR_MAX],
            error_said={"detail": why[:ERROR_MAX], **coded(why)},
        )


def _outcome(result: Imported) -> str:
    return {"published": "new", "unknown": "unchanged"}.get(result.action, result.action)


def _reason(error: TickerError) -> str:
    errors = getattr(error, "errors", None) or ()
    told = "; ".join(f"{one.field}: {one.message}" for one in errors)
    return (told or error.detail)[:ERROR_MAX]


def _problem(error: TickerError) -> dict[str, object]:
    """Return what a problem document says of a refusal."""
    return {
        "detail": error.detail[:ERROR_MAX],
        **coded(error.detail),
        "errors": error.extra().get("errors"),
    }


def _log(known: Known, state: FeedState) -> None:
    """Say once that a feed fails, and once that it works again."""
    if state.failures == 1:
        log.warning("wire %s: %s", known.feed.name, state.error)
    elif known.state.failures and not state.failures:
        log.info("wire %s: works again after %d attempts", known.feed.name, known.state.failures)
