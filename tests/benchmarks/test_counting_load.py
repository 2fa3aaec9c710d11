"""Readers that count, against a server of a few lines in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.counting_load import CountingLoad, CountingReader, LoadError
from benchmarks.frame_counters import ws_messages
from tests.support.waiting import simulated_delay_sync
from ticker.bench.parsers import request
from ticker.stream import frames

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@contextmanager
def server(answer: bytes, *later: bytes) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """Answer every connection with ``answer``, then with ``later``; keep it open."""
    heard: list[bytes] = []
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return
            kept.append(sock)
            heard.append(sock.recv(4096))
            sock.sendall(answer)
            for piece in later:
                simulated_delay_sync(0.01)
                sock.sendall(piece)
            if not answer:
                sock.close()

    door = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield door.getsockname(), heard
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()
        for sock in kept:
            sock.close()


@pytest.mark.parametrize("stamped", [False, True])
def test_what_follows_the_handshake_arrives_once(stamped: bool) -> None:
    got: dict[int, list[bytes]] = {}
    times: list[float] = []

    def arrived(
        reader: CountingReader[tuple[bytes, ...]], found: tuple[bytes, ...], when: float
    ) -> None:
        got.setdefault(reader.index, []).extend(found)
        times.append(when)

    two = frames.ws_text(b"one") + frames.ws_text(b"two")
    before = time.time()
    with server(UPGRADED[:20], UPGRADED[20:] + two[:3], two[3:]) as (address, heard):
        load = CountingLoad(address, ws_messages, arrived, stamped=stamped)
        try:
            load.open([request("ws", "here", "/v1/ws?edition=en")] * 3)
            assert load.opened == 3
            assert load.until(lambda: sum(map(len, got.values())) == 6, 5)
        finally:
            load.close()
    assert got == {n: [b"one", b"two"] for n in range(3)}
    assert all(before - 0.1 < when < time.time() + 0.1 for when in times)
    assert heard[0].startswith(b"GET /v1/ws?edition=en HTTP/1.1\r\nHost: here\r\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "refused: HTTP/1.1 404 Not Found"),
        (b"", "cannot open the feed: the connection was closed"),
    ],
)
def test_a_refusal_is_an_error_that_says_why(answer: bytes, said: str) -> None:
    with server(answer) as (address, _):
        load = CountingLoad(address, ws_messages, lambda *_: None)
        try:
            with pytest.raises(LoadError, match=said):
                load.open([request("ws", "here", "/")], timeout=5)
        finally:
            load.close()


def test_nobody_there_is_an_error() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        load = CountingLoad(sock.getsockname(), ws_messages, lambda *_: None)
        try:
            with pytest.raises(LoadError, match="cannot open the feed: Connection refused"):
                load.open([request("ws", "here", "/")], timeout=5)
        finally:
            load.close()
