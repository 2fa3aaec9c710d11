"""``await Bridge(url, store).run(handler)``: every event handled, then its cursor saved.

    async def handler(batch: Batch) -> None: ...

The cursor is saved when the handler has returned, so an event is never lost; at a crash between
the two the batch is handled again. *Exactly once* needs effect and cursor in one transaction: a
handler whose effect is a change in a database writes ``batch.cursor`` (or, event by event, each
``event.cursor``) in the transaction of that change, and its store's ``load`` reads it from there.
The bridge asks the store before it tries a batch again and goes on behind what it finds, so that
also a commit whose answer was lost is not done twice.

Nothing is buffered: one event is read ahead of the handler, and behind it wait the WebSocket's 16
messages and the kernel's buffers. A handler that takes long makes the gateway pause and at worst
close the link (PROTOCOL.md §8); the feed comes back with the cursor of the last event it took.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Literal, TypeVar

from ticker.client.backoff import Backoff
from ticker.client.cursors import CursorStore
from ticker.client.errors import InUse, Stopped
from ticker.client.events import Snapshot
from ticker.client.feed import OneOrMany, Ticker, socket_address
from ticker.client.handover import BACKLOG, Batch, Doing, Failure, Handler, Later, Skip
from ticker.client.reading import Reading, Stopping
from ticker.client.resume import Retry

MAX_BATCH = 100
SAVE_EVERY = 10.0
"""Seconds without a matching event after which the cursor that heartbeats moved is saved."""
T = TypeVar("T")


class Bridge:
    """A durable consumer of one newsroom's feed. See the module for what it promises."""

    def __init__(
        self,
        url: str,
        store: CursorStore,
        *,
        edition: OneOrMany = (),
        section: OneOrMany = (),
        region: OneOrMany = (),
        tag: OneOrMany = (),
        story: OneOrMany = (),
        level: str | None = None,
        start: Literal["now", "snapshot"] = "now",
        max_batch: int = MAX_BATCH,
        linger: float = 0.0,
        save_every: float = SAVE_EVERY,
        on_skip: Callable[[Skip], None] | None = None,
        on_failure: Callable[[Failure], None] | None = None,
        on_retry: Callable[[Retry], None] | None = None,
        new_backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        """Describe the bridge; nothing connects before ``run``.

        The facets are those of ``Ticker``. ``start`` says how to begin without a cursor: with what
        happens from now on, or with a snapshot of the newest ``BACKLOG`` items. A batch has up to
        ``max_batch`` events and waits up to ``linger`` seconds for more than the first; with 0 it
        has what has arrived. ``on_failure`` and ``on_retry`` hear of failures and lost links before
        the wait. What a callback raises ends ``run``, and the batch is not counted as handled.
        Raises BadAddress, and ValueError for limits that cannot be.
        """
        if max_batch < 1 or linger < 0 or save_every <= 0:
            raise ValueError("max_batch is at least 1, linger not below 0, save_every above 0")
        socket_address(url)  # a wrong address is told here, not at the first connection
        self._store = store
        self._start = start
        self._max_batch = max_batch
        self._linger = linger
        self._save_every = save_every
        self._on_skip = on_skip
        self._on_failure = on_failure
        self._new_backoff = new_backoff
        self._open = partial(
            Ticker,
            url,
            edition=_all(edition),
            section=_all(section),
            region=_all(region),
            tag=_all(tag),
            story=_all(story),
            level=level,
            on_retry=on_retry,
        )
        self._saved: str | None = None
        self._stopping = asyncio.Event()
        self._running = False

    @property
    def cursor(self) -> str | None:
        """The cursor that is known to be saved."""
        return self._saved

    def stop(self) -> None:
        """Let ``run`` return after the batch in hand: ``loop.add_signal_handler(SIGTERM, stop)``.

        A batch that waits for another attempt is not in hand: it comes again at the next start.
        """
        self._stopping.set()

    async def run(self, handler: Handler) -> None:
        """Handle batches until ``stop``, one at a time and in order; then return.

        What the handler raises is a failed attempt: the batch comes again after a wait with full
        jitter up to 30 seconds, as often as it takes, and nothing after it before. ``Skip``,
        ``Later`` and ``InUse`` mean what they say. Raises InUse when the store's cursor is moved by
        somebody else, Stopped and Misunderstood as ``Ticker`` does, and what the first ``load``
        raises. Cancelling it cancels the handler; the batch comes again at the next start.
        """
        if self._running:
            raise RuntimeError("this bridge is running")
        self._running = True
        try:
            self._saved = await self._store.load()
            if self._saved is None and self._start == "now":
                await self._save(await self._now())
            await self._follow(handler, self._saved)
        except Stopping:
            pass
        finally:
            self._running = False

    async def _now(self) -> str:
        """Return the server's position.

        It is saved before anything else: a bridge that dies before its first event must not start
        at another "now".
        """
        welcomed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_welcome() -> None:
            if feed.cursor is not None and not welcomed.done():
                welcomed.set_result(feed.cursor)

        feed = self._open(backlog=0, on_welcome=on_welcome, backoff=self._new_backoff())
        async with aclosing(Reading(feed, self._stopping)) as reading:
            first = asyncio.ensure_future(reading.take(None))
            try:
                await asyncio.wait((welcomed, first), return_when=asyncio.FIRST_COMPLETED)
                if welcomed.done():
                    return welcomed.result()
                event = await first  # raises, unless the server began with a snapshot after all
            finally:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
        assert event is not None
        return event.cursor

    async def _follow(self, handler: Handler, after: str | None, reset: str | None = None) -> None:
        feed = self._open(after=after, backlog=BACKLOG, backoff=self._new_backoff())
        try:
            async with aclosing(Reading(feed, self._stopping)) as reading:
                while True:
                    batch = await self._next(reading, reset)
                    if batch is not None:
                        await self._handle(handler, batch)
                        reset = None
                    elif (quiet := reading.quiet_cursor) not in (None, self._saved):
                        await self._save(quiet)
        except Stopped as refused:
            if refused.code != "bad_cursor" or after is None:
                raise
        # PROTOCOL.md §3: drop it and connect without one. What was missed is unknown: a reset.
        await self._follow(handler, None, "bad_cursor")

    async def _next(self, reading: Reading, reset: str | None) -> Batch | None:
        """Return the next batch, None if nothing came in ``save_every`` seconds."""
        first = await reading.take(self._save_every)
        if first is None:
            return None
        if isinstance(first, Snapshot):
            reason = (first.reason or "unsaid") if first.reset else reset
            return Batch((), first.cursor, first, reason)
        events = [first]
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._linger
        while len(events) < self._max_batch:
            event = await reading.take_item(max(0.0, deadline - clock()))
            if event is None:
                break
            events.append(event)
        return Batch(tuple(events), events[-1].cursor)

    async def _handle(self, handler: Handler, whole: Batch) -> None:
        """Have ``whole`` handled, however many attempts it takes, and save its cursor."""
        cursors = [event.cursor for event in whole.events] or [whole.cursor]
        done, skipped, attempt = 0, set[str](), 1
        backoff = self._new_backoff()
        while any(cursor not in skipped for cursor in cursors[done:]):
            rest = tuple(one for one in whole.events[done:] if one.cursor not in skipped)
            try:
                await handler(Batch(rest, whole.cursor, whole.snapshot, whole.reset, attempt))
                break
            except InUse:
                raise
            except Skip as skip:
                if skip.event.cursor not in cursors[done:]:
                    raise ValueError("Skip is for an event of the batch in hand") from skip
                skipped.add(skip.event.cursor)
                if self._on_skip is not None:
                    self._on_skip(skip)
            except Later as later:
                await self._pause(later.seconds)
            except Exception as error:  # noqa: BLE001 - whatever it raises, the batch is not done
                attempt += 1
                await self._failed("handle", error, backoff)
            kept = await self._attempt("load", self._store.load)
            if kept == self._saved:
                continue
            if kept not in cursors:
                raise InUse(f"the cursor was at {self._saved}, and somebody moved it to {kept}")
            done, attempt = cursors.index(kept) + 1, 1
            self._saved = kept
        await self._save(whole.cursor)

    async def _save(self, cursor: str) -> None:
        await self._attempt("save", lambda: self._store.save(cursor))
        self._saved = cursor

    async def _attempt(self, doing: Literal["load", "save"], call: Callable[[], Awaitable[T]]) -> T:
        backoff = self._new_backoff()
        while True:
            try:
                return await call()
            except InUse:
                raise
            except Exception as error:  # noqa: BLE001 - a store of the user's own raises anything
                await self._failed(doing, error, backoff)

    async def _failed(self, doing: Doing, error: Exception, backoff: Backoff) -> None:
        delay = backoff.failed()
        if self._on_failure is not None:
            self._on_failure(Failure(doing, error, backoff.failures, delay))
        await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise Stopping


def _all(values: OneOrMany) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)
