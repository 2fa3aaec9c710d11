"""Clients take turns in a queue, whatever the number of their items."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from benchmarks.attacks import upgrade
from tests.gateway.gateway_server import gateway_server
from tests.support.waiting import wait_until
from ticker.domain.fair_queue import FairQueue


def drain(queue: FairQueue[str]) -> list[str]:
    return [queue.popleft() for _ in range(len(queue))]


def test_a_client_with_many_items_delays_its_own() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(4):
        queue.append("192.0.2.1", f"many {number}")
    queue.append("192.0.2.2", "one")
    queue.append("192.0.2.3", "two")
    assert len(queue) == 6
    assert drain(queue) == ["many 0", "one", "two", "many 1", "many 2", "many 3"]
    with pytest.raises(IndexError):
        queue.popleft()


def test_a_client_that_comes_back_has_its_turn_after_those_that_wait() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.append("192.0.2.1", "first")
    queue.append("192.0.2.2", "second")
    assert queue.popleft() == "first"
    queue.append("192.0.2.1", "third")
    assert drain(queue) == ["second", "third"]


def test_the_addresses_of_one_network_are_one_client() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(3):
        queue.append(f"2001:db8::{number}", f"six {number}")
    queue.append("::ffff:192.0.2.2", "mapped")
    queue.append("192.0.2.2", "four")
    queue.append("", "unix")
    assert drain(queue) == ["six 0", "mapped", "unix", "six 1", "four", "six 2"]


def test_a_client_with_few_items_displaces_the_last_one_of_the_client_with_the_most() -> None:
    queue: FairQueue[str] = FairQueue()
    assert queue.displace("192.0.2.1") is None
    for number in range(3):
        queue.append("192.0.2.1", f"many {number}")
    queue.append("192.0.2.2", "one")
    assert queue.displace("192.0.2.1") is None
    assert queue.displace("192.0.2.3") == "many 2"
    assert queue.displace("192.0.2.2") is None, "it would have more than the other"
    assert queue.displace("192.0.2.3") == "many 1"
    assert len(queue) == 2
    assert drain(queue) == ["many 0", "one"]


CONNECTIONS = 20


async def test_readers_behind_a_trusted_proxy_take_turns_by_their_own_addresses() -> None:
    """All come from the proxy's address; one of them has many requests under way."""

    def get(client: str) -> bytes:
        return f"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n".encode()

    async with (
        gateway_server(trusted_proxies="127.0.0.1", unlimited_networks=()) as server,
        contextlib.AsyncExitStack() as stack,
    ):
        opened = [await stack.enter_async_context(server.raw()) for _ in range(CONNECTIONS)]
        for one in opened:
            await one.send(get("192.0.2.9")).read_until(b"hello\r\n0\r\n\r\n")
        for one in opened[:-1]:  # all arrive in one turn of the loop
            one.send(get("192.0.2.1"))
        opened[-1].send(get("192.0.2.2"))
        await wait_until(lambda: len(server.asked), (2 * CONNECTIONS).__eq__)
    later = server.asked[CONNECTIONS:]
    order = [dict(scope["headers"])[b"x-forwarded-for"] for scope in later]
    assert order.index(b"192.0.2.2") <= 2, "after one request of each client that has many"


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        ("/v1/ws?backlog=0", b"\x81\x84\0\0\0\0nope", ["add_change", "add_end"]),
        ("/v1/events?backlog=0", b"", ["add_end"]),
    ],
)
async def test_what_open_connections_cause_waits_as_their_clients(
    path: str, sent: bytes, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader behind a trusted proxy sends a message, and ends."""
    async with gateway_server(trusted_proxies="127.0.0.1", unlimited_networks=()) as server:
        queue = server.gateway.admission_queue
        added: list[tuple[str, str]] = []

        def spied(name: str) -> Any:
            add = getattr(queue, name)

            def spy(address: str, *work: Any) -> Any:
                added.append((name, address))
                return add(address, *work)

            return spy

        for name in ("add_change", "add_end"):
            monkeypatch.setattr(queue, name, spied(name))
        head = upgrade(path).replace(b"Host", b"X-Forwarded-For: 192.0.2.1\r\nHost", 1)
        async with server.raw() as raw:
            await raw.send(head).read_until(b"welcome")
            raw.send(sent).end()
            await raw.rest()
        await wait_until(lambda: server.hub.connections, (0).__eq__)
    assert added == [(name, "192.0.2.1") for name in expected]
