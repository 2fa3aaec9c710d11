"""``Bridge`` over a real socket, against a server that plays a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.client.fake_gateway import Connection, FakeGateway, Script, scripted
from tests.client.messages import cursor, error, event, gone, heartbeat, item, snapshot, welcome
from tests.support.waiting import stays, wait_until
from ticker.client import (
    BadAddress,
    Batch,
    Bridge,
    CursorInUse,
    Failure,
    FeedRefused,
    Retry,
    RetryLater,
    Skip,
)
from ticker.client.backoff import Backoff


class Memory:
    """A cursor store that records every save and fails ``failures`` times."""

    def __init__(self, start: str | None = None) -> None:
        self.cursor = start
        self.saves: list[str] = []
        self.failures = 0

    async def load(self) -> str | None:
        return self.cursor

    async def save(self, cursor: str) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.cursor = cursor
        self.saves.append(cursor)


def at_once() -> Backoff:
    return Backoff(draw=lambda: 0.0)


def bridge_to(peer: FakeGateway, store: Memory, **more: object) -> Bridge:
    return Bridge(peer.url, store, new_backoff=at_once, **more)  # type: ignore[arg-type]


class Chat:
    """A handler that records its batches, then calls ``then``."""

    def __init__(self, then: Callable[[Batch], None] = lambda batch: None) -> None:
        self.batches: list[Batch] = []
        self._then = then
        self._came = asyncio.Condition()

    async def __call__(self, batch: Batch) -> None:
        async with self._came:
            self.batches.append(batch)
            self._came.notify_all()
        self._then(batch)

    @property
    def cursors(self) -> list[list[str]]:
        return [[one.cursor for one in batch.events] for batch in self.batches]

    async def has(self, count: int) -> None:
        async with asyncio.timeout(30), self._came:
            await self._came.wait_for(lambda: len(self.batches) >= count)


class Enough(Exception):
    """Raised by a callback to end ``run``."""


@asynccontextmanager
async def running(bridge: Bridge, chat: Chat) -> AsyncIterator[asyncio.Task[None]]:
    """Run the bridge; at the end stop it and raise its exception, if any."""
    task = asyncio.create_task(bridge.run(chat))
    try:
        yield task
        bridge.stop()
        async with asyncio.timeout(30):
            await task
    finally:
        task.cancel()


def replayed(*seqs: int) -> Script:
    async def act(connection: Connection) -> None:
        await connection.send(welcome("replay", seqs[-1]), *map(event, seqs))
        await connection.hold()

    return act


def quiet_at(seq: int) -> Script:
    async def act(connection: Connection) -> None:
        await connection.send(welcome("live", seq))
        await connection.hold()

    return act


async def test_the_current_cursor_is_saved_before_the_first_event() -> None:
    """A bridge that is killed before its first event continues here, not at a later "now"."""
    store, chat = Memory(), Chat()
    async with (
        scripted(quiet_at(5), replayed(6)) as peer,
        running(bridge_to(peer, store, edition="en", story="floods"), chat),
    ):
        await chat.has(1)
    facets = {"edition": "en", "story": "floods"}
    assert peer.queries == [
        {**facets, "backlog": "0"},
        {**facets, "after": cursor(5), "backlog": "all"},
    ]
    assert store.saves == [cursor(5), cursor(6)]
    assert chat.cursors == [[cursor(6)]]


async def test_start_now_with_a_server_that_sends_a_snapshot() -> None:
    async def act(connection: Connection) -> None:
        await connection.send(welcome("snapshot", 5), snapshot(5))
        await connection.hold()

    store, chat = Memory(), Chat()
    async with scripted(act, replayed(6)) as peer, running(bridge_to(peer, store), chat):
        await chat.has(1)
    assert store.saves == [cursor(5), cursor(6)]
    assert chat.cursors == [[cursor(6)]]


async def test_start_with_a_snapshot() -> None:
    async def act(connection: Connection) -> None:
        await connection.send(welcome("snapshot", 5), snapshot(5, item("a")), event(6))
        await connection.hold()

    store, chat = Memory(), Chat()
    async with (
        scripted(act) as peer,
        running(bridge_to(peer, store, start="snapshot"), chat),
    ):
        await chat.has(2)
    first, second = chat.batches
    assert first.snapshot is not None
    assert (first.reset, first.events, first.cursor) == (None, (), cursor(5))
    assert [one.id for one in first.snapshot.items] == ["a"]
    assert (second.snapshot, second.cursor) == (None, cursor(6))
    assert store.saves == [cursor(5), cursor(6)]


async def test_it_resumes_from_a_stored_cursor() -> None:
    store, chat = Memory(cursor(5)), Chat()
    async with (
        scripted(replayed(6, 7)) as peer,
        running(bridge_to(peer, store, start="snapshot", max_wait=10, max_batch=2), chat),
    ):
        await chat.has(1)
    assert peer.queries == [{"after": cursor(5), "backlog": "all"}]
    assert chat.cursors == [[cursor(6), cursor(7)]]
    assert store.saves == [cursor(7)]


async def test_batches_are_limited_to_max_batch() -> None:
    store, chat = Memory(cursor(5)), Chat()
    async with (
        scripted(replayed(*range(6, 16))) as peer,
        running(bridge_to(peer, store, max_batch=4, max_wait=0.1), chat),
    ):
        await chat.has(3)
    expected = (range(6, 10), range(10, 14), range(14, 16))
    assert chat.cursors == [[cursor(seq) for seq in one] for one in expected]
    assert store.saves == [cursor(9), cursor(13), cursor(15)]


async def test_a_failed_batch_is_retried_before_later_events() -> None:
    saved: list[list[str]] = []

    def fail_twice(batch: Batch) -> None:
        saved.append(list(store.saves))
        if batch.events[0].cursor == cursor(6) and batch.attempt < 3:
            raise ConnectionError("the chat is down")

    store, chat = Memory(cursor(5)), Chat(fail_twice)
    failures: list[Failure] = []
    async with scripted(replayed(6, 7, 8)) as peer:
        bridge = bridge_to(peer, store, max_batch=2, max_wait=10, on_failure=failures.append)
        async with running(bridge, chat):
            await chat.has(3)
            bridge.stop()
    assert chat.cursors == [[cursor(6), cursor(7)]] * 3
    assert [batch.attempt for batch in chat.batches] == [1, 2, 3]
    assert saved == [[], [], []]
    assert store.saves == [cursor(7)]
    assert [(one.operation, one.failures, str(one.error)) for one in failures] == [
        ("handle", 1, "the chat is down"),
        ("handle", 2, "the chat is down"),
    ]


async def test_the_waits_between_attempts_grow_up_to_a_bound() -> None:
    failures: list[Failure] = []

    def fail(batch: Batch) -> None:
        if batch.attempt < 12:
            raise ValueError

    store, chat = Memory(cursor(5)), Chat(fail)
    async with scripted(replayed(6)) as peer:
        bridge = Bridge(
            peer.url,
            store,
            on_failure=failures.append,
            new_backoff=lambda: Backoff(first=0.0001, last=0.001, draw=lambda: 1.0),
        )
        async with running(bridge, chat):
            await chat.has(12)
    assert [one.delay for one in failures] == [0.0001, 0.0002, 0.0004, 0.0008] + [0.001] * 7


async def test_a_skipped_event_is_reported() -> None:
    def choke(batch: Batch) -> None:
        for one in batch.events:
            if one.item.id == "item7":
                raise Skip(one, "no such character")

    store, chat = Memory(cursor(5)), Chat(choke)
    skips: list[Skip] = []
    async with (
        scripted(replayed(6, 7, 8)) as peer,
        running(bridge_to(peer, store, max_batch=3, max_wait=10, on_skip=skips.append), chat),
    ):
        await chat.has(2)
    assert chat.cursors == [[cursor(6), cursor(7), cursor(8)], [cursor(6), cursor(8)]]
    assert [(one.event.cursor, one.reason) for one in skips] == [(cursor(7), "no such character")]
    assert store.saves == [cursor(8)]


async def test_a_batch_of_skipped_events_moves_the_cursor() -> None:
    def choke(batch: Batch) -> None:
        raise Skip(batch.snapshot or batch.events[0], "no")

    async def act(connection: Connection) -> None:
        await connection.send(welcome("snapshot", 5), snapshot(5, item("a")), event(6))
        await connection.hold()

    store, chat = Memory(), Chat(choke)
    async with (
        scripted(act) as peer,
        running(bridge_to(peer, store, start="snapshot"), chat),
    ):
        await chat.has(2)
    assert len(chat.batches) == 2
    assert store.saves == [cursor(5), cursor(6)]


async def test_only_an_event_of_the_current_batch_can_be_skipped() -> None:
    """Without the check a handler that names the wrong event would be called for ever."""
    earlier: list[Batch] = []

    def wrong(batch: Batch) -> None:
        earlier.append(batch)
        if len(earlier) == 2:
            raise Skip(earlier[0].events[0], "too late")

    store, chat = Memory(cursor(5)), Chat(wrong)
    async with scripted(replayed(6, 7)) as peer:
        with pytest.raises(ValueError, match="current batch"):
            await bridge_to(peer, store, max_batch=1).run(chat)
    assert store.saves == [cursor(6)]


async def test_retry_later_is_not_a_failure() -> None:
    def throttled(batch: Batch) -> None:
        if len(chat.batches) < 4:
            raise RetryLater(0)

    store, chat = Memory(cursor(5)), Chat(throttled)
    failures: list[Failure] = []
    async with (
        scripted(replayed(6)) as peer,
        running(bridge_to(peer, store, on_failure=failures.append), chat),
    ):
        await chat.has(4)
    assert [batch.attempt for batch in chat.batches] == [1, 1, 1, 1]
    assert failures == []


async def test_an_idle_bridge_saves_the_cursor_of_heartbeats_at_intervals() -> None:
    """No event matches its filter: only heartbeats move its cursor, and not each one is saved."""
    beaten = asyncio.Event()

    async def act(connection: Connection) -> None:
        await connection.send(welcome("live", 5), *map(heartbeat, range(6, 106)))
        beaten.set()
        await connection.hold()

    store, chat = Memory(cursor(5)), Chat()
    async with (
        scripted(act) as peer,
        running(bridge_to(peer, store, save_every=0.2), chat),
        asyncio.timeout(30),
    ):
        await wait_until(lambda: store.cursor == cursor(105))
    assert 1 <= len(store.saves) < 50
    assert chat.batches == []


async def test_heartbeats_are_not_saved_past_a_waiting_event() -> None:
    """While the handler works, the next event is read ahead; its cursor is not handled yet."""
    beaten = asyncio.Event()

    class Stuck(Chat):
        async def __call__(self, batch: Batch) -> None:
            await super().__call__(batch)
            await asyncio.Event().wait()

    async def act(connection: Connection) -> None:
        await connection.send(
            welcome("replay", 7), event(6), event(7), *map(heartbeat, range(8, 12))
        )
        beaten.set()
        await connection.hold()

    store, chat = Memory(cursor(5)), Stuck()
    async with scripted(act) as peer:
        task = asyncio.create_task(bridge_to(peer, store, max_batch=1, save_every=0.001).run(chat))
        await chat.has(1)
        await beaten.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert chat.cursors == [[cursor(6)]]
    assert store.saves == []


async def test_a_reset_hands_over_the_current_items() -> None:
    async def rewritten(connection: Connection) -> None:
        await connection.send(
            welcome("snapshot", 2, epoch="e2", reset=True, reason="epoch"),
            snapshot(2, item("z"), epoch="e2"),
            event(3, epoch="e2"),
        )
        await connection.hold()

    async def drop(connection: Connection) -> None:
        await connection.send(welcome("replay", 7), event(6), event(7))
        await connection.close(1012, "drain")

    store, chat = Memory(cursor(5)), Chat()
    async with (
        scripted(drop, rewritten) as peer,
        running(bridge_to(peer, store, max_batch=2, max_wait=10), chat),
    ):
        await chat.has(2)
        bridge_saw = chat.batches[1]
    assert (bridge_saw.reset, bridge_saw.events) == ("epoch", ())
    assert bridge_saw.snapshot is not None
    assert [one.id for one in bridge_saw.snapshot.items] == ["z"]
    assert store.saves[:2] == [cursor(7), cursor(2, "e2")]


async def test_a_snapshot_does_not_overtake_the_events_before_it() -> None:
    async def act(connection: Connection) -> None:
        await connection.send(
            welcome("replay", 7),
            event(6),
            event(7),
            welcome("snapshot", 9, reset=True, reason="expired"),
            snapshot(9, item("z")),
            event(10, gone("z"), "retract"),
        )
        await connection.hold()

    store, chat = Memory(cursor(5)), Chat()
    async with (
        scripted(act) as peer,
        running(bridge_to(peer, store, max_wait=0.1), chat),
    ):
        await chat.has(3)
    assert chat.cursors == [[cursor(6), cursor(7)], [], [cursor(10)]]
    assert [batch.reset for batch in chat.batches] == [None, "expired", None]


async def test_a_reset_to_the_saved_cursor_is_handled() -> None:
    """Heartbeats moved the cursor, unsaved; then the server resets to the saved cursor."""

    async def forgets(connection: Connection) -> None:
        await connection.send(welcome("live", 5), heartbeat(7))
        await connection.close(1012, "drain")

    async def behind(connection: Connection) -> None:
        await connection.send(
            welcome("snapshot", 5, reset=True, reason="ahead"), snapshot(5, item("z"))
        )
        await connection.hold()

    def fail_once(batch: Batch) -> None:
        if batch.attempt == 1:
            raise ConnectionError

    store, chat = Memory(cursor(5)), Chat(fail_once)
    async with (
        scripted(forgets, behind) as peer,
        running(bridge_to(peer, store, start="snapshot"), chat),
    ):
        await chat.has(2)
    assert peer.queries[1]["after"] == cursor(7)
    assert [batch.reset for batch in chat.batches] == ["ahead", "ahead"]


async def test_a_refused_filter_ends_run() -> None:
    async def refuse(connection: Connection) -> None:
        await connection.send(error("bad_filter", "unknown edition 'xx'; known: ar, en, es"))
        await connection.close(4400, "bad_filter")

    for start in (None, cursor(5)):
        async with scripted(refuse) as peer:
            with pytest.raises(FeedRefused, match="known: ar, en, es"):
                await bridge_to(peer, Memory(start), edition="xx").run(Chat())


async def test_committed_events_are_not_handled_again() -> None:
    """The response to a COMMIT was lost: the effect is there, and the handler has failed."""

    def commit_and_fail(batch: Batch) -> None:
        if len(chat.batches) == 1:
            store.cursor = batch.events[1].cursor  # two of three, event by event
            raise ConnectionError("lost during COMMIT")

    store, chat = Memory(cursor(5)), Chat(commit_and_fail)
    async with (
        scripted(replayed(6, 7, 8)) as peer,
        running(bridge_to(peer, store, max_batch=3, max_wait=10), chat),
    ):
        await chat.has(2)
    assert chat.cursors == [[cursor(6), cursor(7), cursor(8)], [cursor(8)]]
    assert [batch.attempt for batch in chat.batches] == [1, 1]


async def test_a_committed_batch_is_not_handled_again() -> None:
    def commit_and_fail(batch: Batch) -> None:
        if len(chat.batches) == 1:
            store.cursor = batch.cursor
            raise ConnectionError("lost during COMMIT")

    store, chat = Memory(cursor(5)), Chat(commit_and_fail)
    async with (
        scripted(replayed(6, 7)) as peer,
        running(bridge_to(peer, store, max_batch=1), chat),
    ):
        await chat.has(2)
    assert chat.cursors == [[cursor(6)], [cursor(7)]]


async def test_two_bridges_on_one_cursor_are_detected() -> None:
    def other_bridge(batch: Batch) -> None:
        store.cursor = cursor(99)
        raise ConnectionError

    store = Memory(cursor(5))
    async with scripted(replayed(6)) as peer:
        with pytest.raises(CursorInUse, match="another process moved"):
            await bridge_to(peer, store).run(Chat(other_bridge))
    assert store.saves == []


async def test_a_handler_may_detect_it() -> None:
    def compare_and_set(batch: Batch) -> None:
        raise CursorInUse("the row says something else")

    store = Memory(cursor(5))
    async with scripted(replayed(6)) as peer:
        with pytest.raises(CursorInUse):
            await bridge_to(peer, store).run(Chat(compare_and_set))
    assert store.saves == []


async def test_a_store_may_detect_it() -> None:
    class Taken(Memory):
        async def save(self, cursor: str) -> None:
            raise CursorInUse("the lock is somebody else's")

    failures: list[Failure] = []
    async with scripted(replayed(6)) as peer:
        with pytest.raises(CursorInUse):
            await bridge_to(peer, Taken(cursor(5)), on_failure=failures.append).run(Chat())
    assert failures == []


async def test_a_failed_save_is_retried_without_the_handler() -> None:
    store, chat = Memory(cursor(5)), Chat()
    store.failures = 3
    failures: list[Failure] = []
    async with (
        scripted(replayed(6, 7)) as peer,
        running(bridge_to(peer, store, max_batch=1, on_failure=failures.append), chat),
    ):
        await chat.has(2)
    assert [(one.operation, one.failures) for one in failures] == [("save", n) for n in (1, 2, 3)]
    assert chat.cursors == [[cursor(6)], [cursor(7)]]
    assert store.saves == [cursor(6), cursor(7)]


async def test_a_failed_load_is_retried_before_the_handler() -> None:
    """Until ``load`` succeeds the batch may be committed, so the handler must not be called."""

    class Away(Memory):
        async def load(self) -> str | None:
            if chat.batches and self.failures:
                self.failures -= 1
                raise ConnectionError("the database is away")
            return await super().load()

    def commit_and_fail(batch: Batch) -> None:
        store.cursor, store.failures = batch.cursor, 2
        if len(chat.batches) == 1:
            raise ConnectionError("lost during COMMIT")

    store, chat = Away(cursor(5)), Chat(commit_and_fail)
    failures: list[Failure] = []
    async with (
        scripted(replayed(6, 7)) as peer,
        running(bridge_to(peer, store, max_batch=1, on_failure=failures.append), chat),
    ):
        await chat.has(2)
    assert [one.operation for one in failures[:3]] == ["handle", "load", "load"]
    assert chat.cursors == [[cursor(6)], [cursor(7)]]


async def test_stop_finishes_only_the_batch_in_progress() -> None:
    go_on = asyncio.Event()

    class Slow(Chat):
        async def __call__(self, batch: Batch) -> None:
            await super().__call__(batch)
            await go_on.wait()

    store, chat = Memory(cursor(5)), Slow()
    async with scripted(replayed(6, 7)) as peer:
        bridge = bridge_to(peer, store, max_batch=1)
        async with running(bridge, chat) as task:
            await chat.has(1)
            bridge.stop()
            await stays(lambda: not task.done(), 0.05)
            go_on.set()
    assert chat.cursors == [[cursor(6)]]
    assert store.saves == [cursor(6)]


async def test_stop_does_not_wait_for_another_attempt() -> None:
    def fail(batch: Batch) -> None:
        raise ConnectionError

    failed = asyncio.Event()
    store, chat = Memory(cursor(5)), Chat(fail)
    async with scripted(replayed(6)) as peer:
        bridge = Bridge(
            peer.url,
            store,
            on_failure=lambda failure: failed.set(),
            new_backoff=lambda: Backoff(first=600, last=600, draw=lambda: 1.0),
        )
        async with running(bridge, chat), asyncio.timeout(30):
            await failed.wait()
    assert (len(chat.batches), store.saves) == (1, [])


async def test_stop_before_the_server_answers() -> None:
    retried = asyncio.Event()
    bridge = Bridge(
        "http://127.0.0.1:9",
        Memory(),
        on_retry=lambda retry: retried.set(),
        new_backoff=lambda: Backoff(first=600, last=600, draw=lambda: 1.0),
    )
    async with running(bridge, Chat()), asyncio.timeout(30):
        await retried.wait()
    assert bridge.cursor is None


@pytest.mark.parametrize("callback", ["on_failure", "on_skip"])
async def test_an_exception_of_a_callback_ends_run_without_saving(callback: str) -> None:
    def give_up(event: Skip | Failure) -> None:
        raise Enough

    def fail(batch: Batch) -> None:
        raise Skip(batch.events[0], "no") if callback == "on_skip" else ConnectionError

    store = Memory(cursor(5))
    async with scripted(replayed(6)) as peer:
        with pytest.raises(Enough):
            await bridge_to(peer, store, **{callback: give_up}).run(Chat(fail))
    assert store.saves == []


async def test_on_retry_may_end_run() -> None:
    async def drop(connection: Connection) -> None:
        await connection.send(welcome("replay", 6), event(6))
        await connection.close(1012, "drain")

    def give_up(retry: Retry) -> None:
        raise Enough

    store, chat = Memory(cursor(5)), Chat()
    async with scripted(drop) as peer:
        with pytest.raises(Enough):
            await bridge_to(peer, store, on_retry=give_up).run(chat)
    assert (chat.cursors, store.saves) == ([[cursor(6)]], [cursor(6)])


async def test_a_handler_that_does_not_return_bounds_what_is_buffered_and_loses_nothing() -> None:
    """The server must stop sending; after it drops the connection, the bridge resumes."""
    sent = 0
    stuck, go_on = asyncio.Event(), asyncio.Event()
    last = 400

    def big(seq: int) -> dict[str, object]:
        return event(seq, item(f"item{seq}", summary="x" * 100_000))

    async def flood(connection: Connection) -> None:
        nonlocal sent
        await connection.send(welcome("replay", last))
        for seq in range(6, last + 1):
            try:
                async with asyncio.timeout(0.5):
                    await connection.send(big(seq))
            except TimeoutError:
                break
            sent += 1
        stuck.set()
        await go_on.wait()
        connection.cut()

    async def rest(connection: Connection) -> None:
        after = int(peer.queries[-1]["after"].rpartition("-")[2])
        await connection.send(welcome("replay", last), *map(big, range(after + 1, last + 1)))
        await connection.hold()

    class Slow(Chat):
        async def __call__(self, batch: Batch) -> None:
            seen.extend(one.cursor for one in batch.events)
            await stuck.wait()
            go_on.set()
            if batch.cursor == cursor(last):
                await super().__call__(batch)

    seen: list[str] = []
    store, chat = Memory(cursor(5)), Slow()
    async with (
        scripted(flood, rest) as peer,
        running(bridge_to(peer, store, max_batch=10), chat),
    ):
        await chat.has(1)
    assert sent < 200  # of 400, 40 MB: a handful here, the rest in the kernel's buffers
    assert seen == [cursor(seq) for seq in range(6, last + 1)]
    assert len(peer.queries) == 2


async def test_one_run_at_a_time() -> None:
    store, chat = Memory(cursor(5)), Chat()
    async with scripted(replayed(6)) as peer:
        bridge = bridge_to(peer, store)
        async with running(bridge, chat):
            await chat.has(1)
            with pytest.raises(RuntimeError):
                await bridge.run(chat)


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"max_wait": -1.0}, {"save_every": 0.0}])
def test_limits_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="max_batch must be at least 1"):
        Bridge("http://a.example", Memory(), **wrong)  # type: ignore[arg-type]


def test_an_invalid_address_raises_at_once() -> None:
    with pytest.raises(BadAddress):
        Bridge("a.example", Memory())
