"""The channel: messages arrive whole and in order, with their own descriptors."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.support.waiting import wait_until
from ticker.one_port.channel import DATA_MAX, Channel, Kind, Message


class End:
    """One end of a channel and what it has received."""

    def __init__(self, sock: socket.socket) -> None:
        self.messages: list[Message] = []
        self.closed = 0
        self.channel = Channel(sock, self.messages.append, self._closed)

    def _closed(self) -> None:
        self.closed += 1


@pytest.fixture
def pipes() -> Iterator[list[tuple[int, int]]]:
    """Pairs of a reading and a writing end; the reading ends are the test's to give away."""
    made = [os.pipe() for _ in range(3)]
    yield made
    for _, writing in made:
        os.close(writing)


async def test_connections_arrive_in_order_with_their_bytes(pipes: list[tuple[int, int]]) -> None:
    ours, theirs = socket.socketpair()
    a, b = End(ours), End(theirs)
    for number, (reading, writing) in enumerate(pipes):
        os.write(writing, b"%d" % number)
        data = b"%d" % number * 200_000 * number  # more than the socket takes at once
        a.channel.send(Message(Kind.CONNECTION, reading, data, 1.5, 1e6 + 0.001))
        a.channel.send(Message(Kind.DRAIN))
    b.channel.send(Message(Kind.HELLO))
    await wait_until(lambda: (len(a.messages), len(b.messages)) == (1, 6))
    for number, message in enumerate(b.messages[::2]):
        assert (len(message.data), message.seconds) == (200_000 * number, 1.5)
        assert message.until == 1e6 + 0.001
        assert os.read(message.descriptor, 9) == b"%d" % number
        os.close(message.descriptor)
    a.channel.close()
    await wait_until(lambda: b.closed)
    assert (a.closed, b.closed) == (1, 1)


async def test_what_was_not_sent_or_not_read_is_closed_with_the_channel(
    pipes: list[tuple[int, int]],
) -> None:
    ours, theirs = socket.socketpair()
    a = End(ours)
    a.channel.send(Message(Kind.CONNECTION, pipes[0][0], b"x" * DATA_MAX))
    a.channel.send(Message(Kind.CONNECTION, pipes[1][0]))
    assert a.channel.waiting == 2
    a.channel.close()
    theirs.close()
    a.channel.send(Message(Kind.CONNECTION, pipes[2][0]))
    for _, writing in pipes:
        with pytest.raises(BrokenPipeError):
            os.write(writing, b"x")


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!BfdI", 99, 0, 0, 0),
        struct.pack("!BfdI", Kind.CONNECTION, 0, 0, 0),  # without a descriptor
        struct.pack("!BfdI", Kind.CONNECTION, 0, 0, DATA_MAX + 1),
    ],
)
async def test_a_peer_that_speaks_something_else_is_closed(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        end = End(ours)
        theirs.sendall(data)
        await wait_until(lambda: end.closed)
        assert theirs.recv(9) == b""


async def test_an_ended_side_still_receives() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        end = End(ours)
        end.channel.end()
        loop = asyncio.get_running_loop()
        theirs.setblocking(False)
        assert await loop.sock_recv(theirs, 9) == b""
        theirs.sendall(struct.pack("!BfdI", Kind.TAKEN, 0, 0, 0))
        await wait_until(lambda: end.messages == [Message(Kind.TAKEN)])
        end.channel.close()
