"""The load engine against real servers: plain and TLS, IPv4 and IPv6, by hand and by a loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.net.certificates import certificate
from tests.support.waiting import wait_until
from ticker.bench.load import Connection, Load

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
BODY = b"x" * 300_000
"""More than TLS hands out at once, and than a socket buffer holds."""


class Taker(Connection):
    """A connection that keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.got = b""
        self.reasons: list[str] = []

    def request(self) -> bytes:
        return REQUEST

    def received(self, data: bytes, now: float) -> None:
        self.got += data

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)


@contextmanager
def server(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """Answer each connection, one after the other, with ``BODY`` and close it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.create_server((host, 0), family=family)

    def serve() -> None:
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return
            try:
                with tls.wrap_socket(sock, server_side=True) if tls else sock as line:
                    if line.recv(4096) == REQUEST:
                        line.sendall(BODY)
            except OSError:
                pass  # the other side has gone, as some tests want it

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield door.getsockname()[:2]
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()


def pumped(load: Load, *takers: Taker) -> None:
    """Pump until every connection has ended, at most some seconds."""
    for _ in range(500):
        if all(taker.reasons for taker in takers):
            return
        load.pump(0.02)
    raise AssertionError("a connection is still open")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_everything_arrives_and_the_end_is_said(host: str) -> None:
    with server(host=host) as address:
        load = Load(address)
        takers = [Taker() for _ in range(3)]
        for taker in takers:
            load.connect(taker)
        pumped(load, *takers)
        load.close()
    assert [taker.got for taker in takers] == [BODY] * 3
    assert [taker.reasons for taker in takers] == [["the connection was closed"]] * 3


def test_tls_hands_out_what_it_has_read_ahead() -> None:
    made = certificate()
    with server(made.server) as address:
        load = Load(address, tls=made.client, server_name="localhost")
        taker = Taker()
        load.connect(taker)
        pumped(load, taker)
        load.close()
    assert taker.got == BODY


def test_a_certificate_that_nobody_signed_is_refused() -> None:
    made = certificate()
    with server(made.server) as address:
        load = Load(address, tls=ssl.create_default_context(), server_name="localhost")
        taker = Taker()
        load.connect(taker)
        pumped(load, taker)
        load.close()
    assert taker.got == b""
    assert "CERTIFICATE_VERIFY_FAILED" in taker.reasons[0]


def test_a_refused_connection_is_lost_once() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        load = Load(sock.getsockname())
        taker = Taker()
        load.connect(taker)
        pumped(load, taker)
        load.close()
    assert taker.reasons == ["Connection refused"]


def test_a_connection_that_was_ended_here_is_not_lost_and_can_be_opened_again() -> None:
    with server() as address:
        load = Load(address)
        taker = Taker()
        load.connect(taker)
        load.end(taker)
        load.pump(0.05)
        assert (taker.reasons, taker.sock) == ([], None)
        load.send(taker, b"nothing")  # there is no connection: nothing happens
        load.connect(taker)
        pumped(load, taker)
        load.close()
    assert taker.got == BODY


async def test_an_event_loop_pumps() -> None:
    with server() as address:
        load = Load(address)
        load.attach(asyncio.get_running_loop())
        taker = Taker()
        load.connect(taker)
        await wait_until(lambda: bool(taker.reasons))
        load.close()
    assert taker.got == BODY
