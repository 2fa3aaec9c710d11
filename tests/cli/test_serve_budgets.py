"""``ticker serve --workers N``: an address has one budget, and a gateway with room takes over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.cli.conftest import Newsroom
from tests.cli.test_serve import children, ready
from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync
from ticker.runtime.data_directory import read_run

pytestmark = pytest.mark.processes

BURST = 10
"""Requests of an address at once; one a second comes back."""
PLACES = 40
"""Readers of one gateway."""
ADDRESS = "127.0.0.2"
"""An address with limits; those of the machine's own have none here."""


class Port:
    """The port of two gateways and a web process."""

    def __init__(self, number: int, supervisor: int) -> None:
        self.number = number
        _, *self.gateways = children(supervisor)  # in the order of their start

    @contextmanager
    def without(self, gateways: Sequence[int]) -> Iterator[None]:
        """Stop these gateways meanwhile: the others accept every connection."""
        for gateway in gateways:
            os.kill(gateway, signal.SIGSTOP)
        try:
            yield
        finally:
            for gateway in gateways:
                os.kill(gateway, signal.SIGCONT)

    def ask(self, opened: ExitStack, path: str, source: str) -> str:
        """Return the answer's status, and of an event stream its first event."""
        sock = opened.enter_context(
            socket.create_connection(("127.0.0.1", self.number), 20, (source, 0))
        )
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while b"event: " not in answer and b'{"' not in answer:
            answer += (part := sock.recv(65_536))
            assert part, answer
        status = answer.split(b" ", 2)[1].decode()
        event = answer.partition(b"event: ")[2].partition(b"\n")[0].decode()
        return f"{status} {event}".strip()

    def readers(self, opened: ExitStack, count: int, source: str = ADDRESS) -> list[str]:
        return [self.ask(opened, "/v1/events", source) for _ in range(count)]

    def polls_until_refused(self, opened: ExitStack) -> int:
        """Return how many polls were answered before the first refusal."""
        for count in range(10 * BURST):
            if self.ask(opened, "/v1/items", "127.0.0.3") == "429":
                return count
            opened.close()
        raise AssertionError("no poll was refused")


@pytest.fixture(scope="module")
def port(newsroom: Newsroom) -> Iterator[Port]:
    number, run = free_port(), read_run(newsroom.data)
    assert run is not None
    environment = os.environ | {
        "TICKER_REDIS_URL": run["redis_url"],
        "TICKER_DRAIN_TIME": "0",
        "TICKER_MAX_CONNECTIONS": str(PLACES),
        "TICKER_ADDRESS_CONNECTIONS": "8",
        "TICKER_ADDRESS_REQUESTS": str(BURST / 10),
        "TICKER_UNLIMITED_NETWORKS": '["127.0.0.1/32"]',
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ticker", "serve", "--port", str(number), "--workers", "2"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_sync(lambda: ready(number) and len(children(process.pid)) == 3, seconds=60)
        for gateway in children(process.pid)[1:]:
            with Port(number, process.pid).without([gateway]):
                wait_until_sync(lambda: ready(number), seconds=60)
        yield Port(number, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said


def test_a_gateway_with_room_takes_what_another_one_has_no_room_for(port: Port) -> None:
    with ExitStack() as opened:
        said = port.readers(opened, 2 * PLACES, "127.0.0.1")
        assert said == ["200 welcome"] * 2 * PLACES
        assert port.readers(opened, 1, "127.0.0.1") == ["200 goodbye"], "both are full"


def test_an_address_has_one_budget_of_requests(port: Port) -> None:
    first, second = port.gateways
    with ExitStack() as opened:
        with port.without([first]):
            assert port.polls_until_refused(opened) >= BURST
        with port.without([second]):
            assert port.polls_until_refused(opened) < BURST, "some come back in a second"


def test_an_address_has_one_budget_of_connections_until_the_process_dies(port: Port) -> None:
    first, second = port.gateways
    with ExitStack() as opened:
        with port.without([first]):
            assert port.readers(opened, 4) == ["200 welcome"] * 4
        with port.without([second]):
            assert port.readers(opened, 6) == ["200 welcome"] * 4 + ["429"] * 2
        os.kill(second, signal.SIGKILL)

        def found_room() -> bool:
            return port.readers(opened, 1) == ["200 welcome"]

        wait_until_sync(found_room, seconds=60)
        assert port.readers(opened, 4) == ["200 welcome"] * 3 + ["429"]
    assert httpx.get(f"http://127.0.0.1:{port.number}/healthz").is_success
