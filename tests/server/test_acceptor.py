"""Connections are accepted together and started by turns of their clients."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from tests.support.waiting import wait_until
from ticker.gateway.connection_gate import ConnectionGate
from ticker.gateway.delayed_close import DelayedClose
from ticker.server import acceptor
from ticker.server.acceptor import STARTED, Acceptor

MANY = 200
CROWD, OTHER, SPENT = "127.0.0.2", "127.0.0.3", "127.0.0.4"


class Gate:
    """A gate with room, which closes the connections of ``SPENT`` unread."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.closes = DelayedClose(100, lambda: 0.0)

    def __len__(self) -> int:
        return 0

    def shuts_out(self, client: str) -> bool:
        return client == SPENT


class Listening(socket.socket):
    """A listening socket of a process that may have no descriptor left."""

    failures = 0

    def _accept(self) -> tuple[int, Any]:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "no descriptor")
        accepted: tuple[int, Any] = super()._accept()  # type: ignore[misc]
        return accepted


class Server:
    """An acceptor, and the addresses of the connections that have started."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.started: list[str] = []
        self.socket = Listening()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1_000)
        self.socket.setblocking(False)
        self.address = self.socket.getsockname()
        self.clients: list[socket.socket] = []
        self.acceptor: Acceptor | None = None

    def connect(self, source: str, count: int = 1) -> None:
        for _ in range(count):
            client = socket.create_connection(self.address, source_address=(source, 0))
            client.setblocking(False)
            self.clients.append(client)

    def run(self) -> Acceptor:
        self.acceptor = Acceptor(self.socket, cast(ConnectionGate, self.gate), self._protocol)
        return self.acceptor

    def _protocol(self) -> asyncio.Protocol:
        server = self

        class Started(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                server.started.append(transport.get_extra_info("peername")[0])

        return Started()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server(Gate())
    with closed(one):
        yield one


@contextlib.contextmanager
def closed(server: Server) -> Iterator[None]:
    try:
        yield
    finally:
        if server.acceptor is not None:
            server.acceptor.close()
        server.socket.close()
        for client in server.clients:
            client.close()


async def test_a_client_does_not_wait_behind_the_many_connections_of_another(
    server: Server,
) -> None:
    server.connect(CROWD, MANY)
    server.connect(OTHER)
    server.run()
    await wait_until(lambda: len(server.started), (MANY + 1).__eq__)
    # They are accepted in seven turns, in which the others start, and then it is its turn.
    assert server.started.index(OTHER) <= 9 * STARTED
    assert server.started.count(CROWD) == MANY


async def test_few_connections_start_in_one_turn(server: Server) -> None:
    server.connect(CROWD, MANY)
    server.run()
    started = []
    while len(server.started) < MANY:
        started.append(len(server.started))
        await asyncio.sleep(0)
    steps = [later - earlier for earlier, later in itertools.pairwise(started)]
    assert max(steps) <= STARTED


async def test_a_client_whose_budgets_are_spent_is_closed_without_a_transport(
    server: Server,
) -> None:
    server.connect(SPENT, 3)
    server.connect(OTHER)
    server.run()
    await wait_until(lambda: server.started, [OTHER].__eq__)
    assert len(server.gate.closes) == 3, "they stay for a moment"
    server.gate.closes.close_all()
    for client in server.clients[:3]:
        assert client.recv(1) == b""


async def test_what_was_accepted_is_served_after_the_end(server: Server) -> None:
    server.connect(CROWD, MANY)
    accepting = server.run()
    await wait_until(lambda: server.started)
    accepting.close()
    with pytest.raises(ConnectionRefusedError):
        server.connect(OTHER)
    before = len(server.started)
    await accepting.wait_closed()
    assert len(server.started) > before


async def test_without_a_free_descriptor_it_looks_again(server: Server) -> None:
    server.socket.failures = 2
    server.connect(OTHER)
    server.run()
    await wait_until(lambda: server.started, [OTHER].__eq__)


async def test_meanwhile_it_does_not_spin(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "NO_DESCRIPTOR_PAUSE", 60.0)
    server.socket.failures = 9
    server.connect(OTHER)
    server.run()
    await wait_until(lambda: server.socket.failures, (8).__eq__)
    for _ in range(50):
        await asyncio.sleep(0)
    assert server.socket.failures == 8


async def test_what_has_no_room_waits_in_the_kernel() -> None:
    server = Server(Gate(most=1))
    with closed(server):
        server.connect(CROWD, MANY)
        server.run()
        await wait_until(lambda: len(server.started), MANY.__eq__)
