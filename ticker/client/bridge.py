"""``await Bridge(url, store).run(handler)``: handle every event, then save its cursor.

    async def handler(batch: Batch) -> None: ...

The bridge saves the cursor after the handler has returned, so no event is lost; after a crash
between the two it handles the batch again (at least once). *Exactly once* needs the effect and the
cursor in one transaction: a handler that changes a database writes ``batch.cursor`` (or, event by
event, each ``event.cursor``) in the transaction of that change, and the store's ``load`` reads it
from there. Before the bridge tries a batch again, it loads the cursor and continues after it, so a
commit whose response was lost is not repeated.

The bridge reads one event ahead of the handler and buffers nothing else; the WebSocket holds up to
16 messages, and the kernel its socket buffers. A slow handler makes the gateway pause, and close
the connection in the end (PROTOCOL.md §8); the feed then resumes after the last event it took.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Literal, TypeVar, Unpack

from ticker.client.backoff import Backoff
from ticker.client.connection_state import Retry
from ticker.client.cursors import CursorStore
from ticker.client.errors import CursorInUse
from ticker.client.events import Snapshot
from ticker.client.feed import Ticker
from ticker.client.feed_connection import Token, websocket_url
from ticker.client.filters import Filter, keywords, query_of
from ticker.client.handler import Batch, Failure, Handler, Operation, RetryLater, Skip
from ticker.client.lookahead import LookaheadFeed, StopRequested

MAX_BATCH = 100
SAVE_EVERY = 10.0
"""Seconds without a matching event until the cursor that heartbeats advanced is saved."""
T = TypeVar("T")


class Bridge:
    """A durable consumer of one newsroom's feed. The module's docstring states the guarantees."""

    def __init__(
        self,
        url: str,
        store: CursorStore,
        *,
        token: Token = "",
        start: Literal["now", "snapshot"] = "now",
        max_batch: int = MAX_BATCH,
        max_wait: float = 0.0,
        save_every: float = SAVE_EVERY,
        on_skip: Callable[[Skip], None] | None = None,
        on_failure: Callable[[Failure], None] | None = None,
        on_retry: Callable[[Retry], None] | None = None,
        new_backoff: Callable[[], Backoff] = Backoff,
        **filter: Unpack[Filter],
    ) -> None:
        """Configure the bridge; it connects when ``run`` is called.

        The filter arguments and ``token`` are those of ``Ticker``. ``start`` applies without a
        saved cursor: begin with events from now on, or with a snapshot of all matching items. A
        batch has up to ``max_batch`` events and waits up to ``max_wait`` seconds after the first
        for more; with 0 it has the events that have arrived. ``on_failure`` and ``on_retry`` are
        called before each wait. An exception from a callback ends ``run`` and leaves the batch
        unhandled.

        Raises BadAddress for a URL that is not valid and ValueError for limits out of range and for
        a misspelt facet.
        """
        if max_batch < 1 or max_wait < 0 or save_every <= 0:
            raise ValueError("max_batch must be at least 1, max_wait at least 0, save_every over 0")
        websocket_url(url)  # raise for a bad address here, not at the first connection
        self._store = store
        self._start = start
        self._max_batch = max_batch
        self._max_wait = max_wait
        self._save_every = save_every
        self._on_skip = on_skip
        self._on_failure = on_failure
        self._new_backoff = new_backoff
        chosen = keywords(filter)  # it is used more than once
        query_of(chosen)  # as for the address
        self._open = partial(Ticker, url, **chosen, token=token, on_retry=on_retry)
        self._saved: str | None = None
        self._stopping = asyncio.Event()
        self._running = False

    @property
    def cursor(self) -> str | None:
        """The last cursor that was loaded or saved."""
        return self._saved

    def stop(self) -> None:
        """Make ``run`` return after the batch in progress. Safe to call from a signal handler.

        A batch that waits for another attempt is not in progress: it comes again at the next start.
        """
        self._stopping.set()

    async def run(self, handler: Handler) -> None:
        """Handle batches until ``stop``, one at a time and in order; then return.

        An exception from the handler is a failed attempt: the bridge retries the same batch,
        without a limit on attempts, after waits with full jitter of up to 30 seconds. ``Skip`` and
        ``RetryLater`` are described in ``handler``.

        Raises CursorInUse when another process moves the cursor, FeedRefused and ProtocolError as
        ``Ticker`` does, and any exception of the first ``load``. Cancelling ``run`` cancels the
        handler; the batch comes again at the next start.
        """
        if self._running:
            raise RuntimeError("this bridge is already running")
        self._running = True
        try:
            self._saved = await self._store.load()
            if self._saved is None and self._start == "now":
                await self._save(await self._current_cursor())
            await self._follow(handler, self._saved)
        except StopRequested:
            pass
        finally:
            self._running = False

    async def _current_cursor(self) -> str:
        """Return the server's current cursor.

        It is saved before the first event, so that a bridge that crashes before that event
        continues from here, and not from a later "now".
        """
        welcomed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_welcome() -> None:
            if feed.cursor is not None and not welcomed.done():
                welcomed.set_result(feed.cursor)

        feed = self._open(backlog=0, on_welcome=on_welcome, backoff=self._new_backoff())
        async with aclosing(LookaheadFeed(feed, self._stopping)) as events:
            first = asyncio.ensure_future(events.take(None))
            try:
                await asyncio.wait((welcomed, first), return_when=asyncio.FIRST_COMPLETED)
                if welcomed.done():
                    return welcomed.result()
                event = await first  # raises, unless the server began with a snapshot
            finally:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
        assert event is not None
        return event.cursor

    async def _follow(self, handler: Handler, after: str | None) -> None:
        feed = self._open(after=after, backlog="all", backoff=self._new_backoff())
        async with aclosing(LookaheadFeed(feed, self._stopping)) as events:
            while True:
                batch = await self._next_batch(events)
                if batch is not None:
                    await self._handle(handler, batch)
                elif (idle := events.idle_cursor) not in (None, self._saved):
                    await self._save(idle)

    async def _next_batch(self, feed: LookaheadFeed) -> Batch | None:
        """Return the next batch, None if no event came within ``save_every`` seconds."""
        first = await feed.take(self._save_every)
        if first is None:
            return None
        if isinstance(first, Snapshot):
            reason = (first.reason or "unknown") if first.reset else None
            return Batch((), first.cursor, first, reason)
        events = [first]
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._max_wait
        while len(events) < self._max_batch:
            event = await feed.take_item(max(0.0, deadline - clock()))
            if event is None:
                break
            events.append(event)
        return Batch(tuple(events), events[-1].cursor)

    async def _handle(self, handler: Handler, whole: Batch) -> None:
        """Call the handler until the whole batch is handled or skipped, then save its cursor."""
        cursors = [event.cursor for event in whole.events] or [whole.cursor]
        done, skipped, attempt = 0, set[str](), 1
        backoff = self._new_backoff()
        while any(cursor not in skipped for cursor in cursors[done:]):
            rest = tuple(one for one in whole.events[done:] if one.cursor not in skipped)
            try:
                await handler(Batch(rest, whole.cursor, whole.snapshot, whole.reset, attempt))
                break
            except CursorInUse:
                raise
            except Skip as skip:
                if skip.event.cursor not in cursors[done:]:
                    raise ValueError("Skip must name an event of the current batch") from skip
                skipped.add(skip.event.cursor)
                if self._on_skip is not None:
                    self._on_skip(skip)
            except RetryLater as later:
                await self._pause(later.seconds)
            except Exception as error:  # noqa: BLE001 - whatever it raises, the batch is not done
                attempt += 1
                await self._failed("handle", error, backoff)
            stored = await self._attempt("load", self._store.load)
            if stored == self._saved:
                continue
            if stored not in cursors:
                raise CursorInUse(
                    f"another process moved the cursor from {self._saved} to {stored}"
                )
            done, attempt = cursors.index(stored) + 1, 1
            self._saved = stored
        await self._save(whole.cursor)

    async def _save(self, cursor: str) -> None:
        await self._attempt("save", lambda: self._store.save(cursor))
        self._saved = cursor

    async def _attempt(
        self, operation: Literal["load", "save"], call: Callable[[], Awaitable[T]]
    ) -> T:
        backoff = self._new_backoff()
        while True:
            try:
                return await call()
            except CursorInUse:
                raise
            except Exception as error:  # noqa: BLE001 - a user's store may raise anything
                await self._failed(operation, error, backoff)

    async def _failed(self, operation: Operation, error: Exception, backoff: Backoff) -> None:
        delay = backoff.failed()
        if self._on_failure is not None:
            self._on_failure(Failure(operation, error, backoff.failures, delay))
        await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise StopRequested
