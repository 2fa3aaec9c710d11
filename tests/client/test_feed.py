"""``Ticker`` over a real socket, against a server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from tests.client.fake_gateway import Connection, Script, scripted
from tests.client.messages import (
    cursor,
    error,
    event,
    gone,
    goodbye,
    heartbeat,
    item,
    snapshot,
    welcome,
)
from tests.support.ports import free_port
from ticker.client import Event, FeedRefused, ItemEvent, ProtocolError, Retry, Snapshot, Ticker
from ticker.client.backoff import Backoff
from ticker.client.feed_connection import websocket_url


def at_once() -> Backoff:
    return Backoff(draw=lambda: 0.0)


async def take(feed: Ticker, count: int) -> list[Event]:
    async with asyncio.timeout(30):
        return [await anext(feed) for _ in range(count)]


def cursors(events: list[Event]) -> list[str]:
    return [one.cursor for one in events]


def replay(first: int, last: int, *, top: int) -> Script:
    """Return a script that replays ``first`` to ``last`` of ``top`` events, then disconnects."""

    async def act(connection: Connection) -> None:
        await connection.send(welcome("replay", top), *map(event, range(first, last + 1)))
        connection.cut()

    return act


async def first_snapshot(connection: Connection) -> None:
    await connection.send(welcome("snapshot", 5), snapshot(5, item("a")))


async def test_snapshot_then_events_typed() -> None:
    async def act(connection: Connection) -> None:
        await first_snapshot(connection)
        await connection.send(heartbeat(6), event(7), event(8, gone("item7"), "retract"))
        await connection.hold()

    async with scripted(act) as peer, Ticker(peer.url, edition="en", backoff=at_once()) as feed:
        first, second, third = await take(feed, 3)
        assert isinstance(first, Snapshot)
        assert isinstance(second, ItemEvent)
        assert isinstance(third, ItemEvent)
        assert [one.headline for one in first.items] == ["Headline of a"]
        assert (second.action, second.removal, third.removal) == ("publish", False, True)
        assert feed.cursor == third.cursor == cursor(8)
        assert feed.connected
    assert peer.queries == [{"edition": "en", "backlog": "20"}]


async def test_a_lost_connection_resumes_after_the_last_event_taken() -> None:
    async def act(connection: Connection) -> None:
        await first_snapshot(connection)
        await connection.send(event(6), event(7))
        connection.cut()

    async with (
        scripted(act, replay(8, 9, top=9), replay(10, 10, top=10)) as peer,
        Ticker(peer.url, section=["politics", "economy"], backoff=at_once()) as feed,
    ):
        assert cursors(await take(feed, 6)) == [cursor(seq) for seq in range(5, 11)]
    afters = [query.get("after") for query in peer.queries]
    assert afters == [None, cursor(7), cursor(9)]


async def test_duplicates_and_repeated_stretches_are_dropped() -> None:
    async def act(connection: Connection) -> None:
        await first_snapshot(connection)
        await connection.send(event(6), event(6), event(5), event(7))
        await connection.close(4001, "lagging")

    async with (
        scripted(act, replay(1, 9, top=9)) as peer,
        Ticker(peer.url, backoff=at_once()) as feed,
    ):
        assert cursors(await take(feed, 5)) == [cursor(seq) for seq in range(5, 10)]


async def test_a_reset_is_an_announced_snapshot() -> None:
    async def rewritten(connection: Connection) -> None:
        await connection.send(
            welcome("snapshot", 2, epoch="e2", reset=True, reason="epoch"),
            snapshot(2, item("z"), epoch="e2"),
        )
        await connection.hold()

    async with (
        scripted(first_snapshot, rewritten) as peer,
        Ticker(peer.url, backoff=at_once()) as feed,
    ):
        first, second = await take(feed, 2)
        assert isinstance(first, Snapshot)
        assert isinstance(second, Snapshot)
        assert (first.reset, second.reset, second.reason) == (False, True, "epoch")
    assert peer.queries[1]["after"] == cursor(5)


async def test_goodbye_sets_the_delay() -> None:
    async def drain(connection: Connection) -> None:
        await first_snapshot(connection)
        await connection.send(goodbye(30))
        await connection.close(1012, "drain")

    retries: list[Retry] = []
    async with (
        scripted(drain, replay(6, 6, top=6)) as peer,
        Ticker(peer.url, on_retry=retries.append) as feed,
    ):
        assert cursors(await take(feed, 2)) == [cursor(5), cursor(6)]
    assert retries == [Retry(0.03, 1, "drain")]


async def test_a_permanent_refusal_says_why_and_ends() -> None:
    async def refuse(connection: Connection) -> None:
        await connection.send(error("bad_filter", "unknown edition 'xx'; known: ar, en, es"))
        await connection.close(4400, "bad_filter")

    async with scripted(refuse) as peer, Ticker(peer.url, edition="xx") as feed:
        with pytest.raises(FeedRefused, match="known: ar, en, es") as caught:
            await take(feed, 1)
        assert (caught.value.close_code, caught.value.code) == (4400, "bad_filter")
    assert len(peer.queries) == 1


async def test_a_server_that_is_starting_is_asked_again() -> None:
    acts = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY)
    retries: list[Retry] = []
    async with (
        scripted(*acts, first_snapshot) as peer,
        Ticker(peer.url, backoff=at_once(), on_retry=retries.append) as feed,
    ):
        assert len(await take(feed, 1)) == 1
    assert [retry.failures for retry in retries] == [1, 2, 3]
    assert [retry.reason for retry in retries] == ["HTTP 503", "HTTP 429", "HTTP 502"]


async def test_a_forbidden_upgrade_ends() -> None:
    async with scripted(HTTPStatus.FORBIDDEN) as peer, Ticker(peer.url) as feed:
        with pytest.raises(FeedRefused, match="not now") as caught:
            await take(feed, 1)
        assert caught.value.close_code == 403


async def test_a_silent_link_is_dropped_and_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat and no close: the route is gone and neither side is notified."""
    monkeypatch.setattr("ticker.client.connection_state.SILENCE_MARGIN", -1.9)

    async def silent(connection: Connection) -> None:
        await connection.send(welcome("snapshot", 5, heartbeat=1), snapshot(5))
        await connection.hold()

    retries: list[Retry] = []
    async with (
        scripted(silent, replay(6, 6, top=6)) as peer,
        Ticker(peer.url, backoff=at_once(), on_retry=retries.append) as feed,
    ):
        assert cursors(await take(feed, 2)) == [cursor(5), cursor(6)]
    assert [retry.reason for retry in retries] == ["no heartbeat from the server"]


@pytest.mark.parametrize("frame", ["{broken", '{"type":"item"}', "[]", b"\x00\xff"])
async def test_protocol_errors_end_the_feed_after_three_connections(frame: str | bytes) -> None:
    async def garbled(connection: Connection) -> None:
        await connection.send(welcome("live", 5))
        await connection.socket.send(frame)
        await connection.hold()

    async with (
        scripted(garbled, garbled, garbled) as peer,
        Ticker(peer.url, backoff=at_once()) as feed,
    ):
        with pytest.raises(ProtocolError):
            await take(feed, 1)
    assert len(peer.queries) == 3


async def test_a_message_over_the_limit_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ticker.client.feed_connection.MAX_MESSAGE", 1_000)

    async def flood(connection: Connection) -> None:
        await connection.send(welcome("live", 5))
        await connection.socket.send("x" * 2_000)

    async with (
        scripted(flood, replay(6, 6, top=6)) as peer,
        Ticker(peer.url, after=cursor(5), backoff=at_once()) as feed,
    ):
        assert cursors(await take(feed, 1)) == [cursor(6)]


async def test_a_cancelled_wait_loses_nothing() -> None:
    go_on = asyncio.Event()

    async def slow(connection: Connection) -> None:
        await first_snapshot(connection)
        await go_on.wait()
        await connection.send(event(6))
        await connection.hold()

    async with scripted(slow) as peer, Ticker(peer.url) as feed:
        await take(feed, 1)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(feed)
        go_on.set()
        assert cursors(await take(feed, 1)) == [cursor(6)]
    assert len(peer.queries) == 1


async def test_a_wait_cancelled_while_connecting_leaks_nothing() -> None:
    async with scripted(first_snapshot) as peer, Ticker(peer.url) as feed:
        waiting = asyncio.create_task(anext(feed))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(await take(feed, 1)) == 1


async def test_aclose_ends_a_waiting_iteration() -> None:
    async def quiet(connection: Connection) -> None:
        await first_snapshot(connection)
        await connection.hold()

    async with scripted(quiet) as peer:
        feed = Ticker(peer.url)
        begun = asyncio.Event()

        async def listen() -> None:
            async for _ in feed:
                begun.set()

        task = asyncio.create_task(listen())
        async with asyncio.timeout(30):
            await begun.wait()
            await feed.aclose()
            await feed.aclose()
            await task
        with pytest.raises(StopAsyncIteration):
            await anext(feed)


async def test_aclose_ends_a_wait_between_attempts() -> None:
    port = free_port()
    waiting = asyncio.Event()
    feed = Ticker(
        f"http://127.0.0.1:{port}",
        backoff=Backoff(first=600, last=600, draw=lambda: 1.0),
        on_retry=lambda retry: waiting.set(),
    )
    task = asyncio.create_task(anext(feed))
    async with asyncio.timeout(30):
        await waiting.wait()
        await feed.aclose()
        with pytest.raises(StopAsyncIteration):
            await task


async def test_one_task_at_a_time() -> None:
    async def quiet(connection: Connection) -> None:
        await connection.hold()

    async with scripted(quiet) as peer, Ticker(peer.url) as feed:
        first = asyncio.create_task(anext(feed))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await anext(feed)
        await feed.aclose()
        with pytest.raises(StopAsyncIteration):
            await first


async def test_a_slow_caller_bounds_what_is_buffered() -> None:
    """A caller that does not read stops the sender: client and kernel buffers fill up."""
    sent = 0
    stuck = asyncio.Event()

    async def flood(connection: Connection) -> None:
        nonlocal sent
        await first_snapshot(connection)
        big = item("b", summary="x" * 100_000)
        for seq in range(6, 1_000):
            try:
                async with asyncio.timeout(0.5):
                    await connection.send(event(seq, big))
            except TimeoutError:
                break
            sent += 1
        stuck.set()
        connection.cut()

    async with scripted(flood) as peer, Ticker(peer.url) as feed:
        await take(feed, 1)
        async with asyncio.timeout(20):
            await stuck.wait()
    assert sent < 500  # of 100 MB


def test_the_address_of_the_socket() -> None:
    assert websocket_url("http://a.example:8000") == "ws://a.example:8000/v1/ws"
    assert websocket_url("https://a.example/news/") == "wss://a.example/news/v1/ws"
    assert websocket_url("wss://a.example") == "wss://a.example/v1/ws"
    long = f"http://{'a' * 64}.example"
    bad_ports = ("http://a.example:80a0", "http://a.example:99999")
    for wrong in ("a.example", "ftp://a.example", "http://", "", "http://[", long, *bad_ports):
        with pytest.raises(ValueError, match="not an http or https address"):
            websocket_url(wrong)
