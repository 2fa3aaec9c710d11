"""Direct writes: no descriptor is closed or reused by mistake, and no byte is lost."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import pytest

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import ZERO, Cursor
from ticker.gateway.crowd import Crowd
from ticker.gateway.direct_socket import Recipients
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.framing import websocket_framing
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import (
    CatchingUp,
    Closed,
    Closing,
    Connecting,
    Live,
    Paused,
    State,
    Trailing,
    Waiting,
)
from ticker.gateway.subscription_group import SLICE_EVENTS
from ticker.stream.close_codes import CloseCode


class SocketSubscriber(Subscriber):
    """A subscriber on a real socket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.attach(transport)  # type: ignore[arg-type]

    def finish(self, code: CloseCode, reason: str) -> None:
        """Leave the transport open."""


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


async def connecting(
    harness: HubHarness, sock: socket.socket
) -> tuple[SocketSubscriber, asyncio.Transport]:
    """Return a subscriber that has not subscribed, and its transport."""
    loop = asyncio.get_running_loop()
    transport, subscriber = await loop.connect_accepted_socket(
        lambda: SocketSubscriber(harness.hub, websocket_framing), sock
    )
    return subscriber, transport


async def live(
    harness: HubHarness, news: InMemoryNewsroom, sock: socket.socket
) -> tuple[SocketSubscriber, asyncio.Transport]:
    """Return a live subscriber that an event has been written to directly, and its transport."""
    subscriber, transport = await connecting(harness, sock)
    harness.subscribe(subscriber, "backlog=0")
    harness.hub.advance([news.publish()])
    assert subscriber.descriptor() == sock.fileno()
    return subscriber, transport


def behind(harness: HubHarness, news: InMemoryNewsroom, subscriber: Subscriber) -> None:
    harness.subscribe(subscriber, "edition=ar&backlog=0")  # none of these events
    harness.hub.advance([news.publish() for _ in range(2 * SLICE_EVENTS)])
    harness.subscribe(subscriber, f"after={Cursor(EPOCH, ZERO)}")


def of_a_crowd(harness: HubHarness, news: InMemoryNewsroom, subscriber: Subscriber) -> None:
    subscriber.crowd = Crowd.FOR_ALL
    harness.subscribe(subscriber, "backlog=0")


Change = Callable[[HubHarness, InMemoryNewsroom, Subscriber], None]
CHANGES: dict[type[State], Change] = {
    Live: lambda harness, news, one: None,
    Trailing: of_a_crowd,
    CatchingUp: behind,
    Waiting: lambda harness, news, one: harness.subscribe(one, f"after={Cursor(EPOCH, at(9_999))}"),
    Paused: lambda harness, news, one: one.pause_writing(),
    Closing: lambda harness, news, one: one.close(CloseCode.DRAIN, "drain"),
    Closed: lambda harness, news, one: one.connection_lost(None),
}


@pytest.mark.parametrize("state", get_args(State), ids=lambda state: state.__name__)
async def test_a_subscriber_collected_in_any_state_leaves_the_descriptor_open(
    state: type[State],
) -> None:
    # A second socket object on the transport's descriptor closed it when it was collected: the
    # number was then free for the next connection, and the transport closed that one.
    gc.freeze()  # what is there already is not searched below
    harness, news = HubHarness(capacity=5_000), InMemoryNewsroom()
    with pair() as (ours, theirs):
        if state is Connecting:
            subscriber, transport = await connecting(harness, ours)
            subscriber.descriptor()
        else:
            subscriber, transport = await live(harness, news, ours)
            CHANGES[state](harness, news, subscriber)
        assert isinstance(subscriber.state, state)
        collected = weakref.ref(subscriber)
        transport.set_protocol(asyncio.Protocol())
        del subscriber
        harness = HubHarness()
        gc.collect()
        assert collected() is None
        os.fstat(ours.fileno())
        transport.write(b"still open")
        received = b""
        async with asyncio.timeout(30):
            while not received.endswith(b"still open"):
                received += await asyncio.get_running_loop().sock_recv(theirs, 1 << 20)
        transport.close()
        await asyncio.sleep(0)


async def test_a_lost_connection_is_not_written_to_even_if_leaving_its_group_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Its number may belong to another connection by then.
    harness, news = HubHarness(), InMemoryNewsroom()
    with pair() as (ours, theirs):
        subscriber, transport = await live(harness, news, ours)

        def fail(index: FilterIndex, group: object) -> None:
            raise RuntimeError("an unforeseen failure")

        monkeypatch.setattr(FilterIndex, "leave", fail)
        with pytest.raises(RuntimeError, match="unforeseen"):
            subscriber.connection_lost(None)
        theirs.recv(1 << 20)
        harness.hub.advance([news.publish()])
        harness.hub.advance([news.publish(), news.publish()])
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
        transport.close()
        await asyncio.sleep(0)


class FakeRecipient:
    """A recipient whose transport only keeps what it is given."""

    def __init__(self, descriptor: int | None, fails: bool = False) -> None:
        self.transport: Any = self
        self.written = b""
        self.aborted = False
        self._descriptor = descriptor
        self._fails = fails

    def descriptor(self) -> int | None:
        return self._descriptor

    def write(self, data: bytes) -> None:
        if self._fails:
            raise RuntimeError("an unforeseen failure")
        self.written += data

    def abort(self) -> None:
        self.aborted = True


def test_bytes_that_a_socket_does_not_take_go_to_its_transport() -> None:
    data = b"x" * 5_000_000
    with pair() as (ours, theirs):
        full, encrypted = FakeRecipient(ours.fileno()), FakeRecipient(None)
        recipients = Recipients()
        for one in (full, encrypted):
            recipients.add(one)
        assert len(recipients) == 2
        recipients.write(data)
        received = theirs.recv(len(data), socket.MSG_WAITALL)
        assert 0 < len(received) < len(data)
        assert len(received) + len(full.written) == len(data)
        assert encrypted.written == data


def test_a_transport_that_fails_is_aborted_and_the_others_are_served() -> None:
    broken, other = FakeRecipient(None, fails=True), FakeRecipient(None)
    recipients, more = Recipients(), Recipients()
    recipients.add(broken)
    more.add(other)
    recipients.extend(more)
    recipients.write(b"data")
    assert broken.aborted
    assert other.written == b"data"
