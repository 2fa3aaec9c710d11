"""The gate: who gets a connection, and in which order load is shed at the limit."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from typing import Any

import pytest

from tests.gateway.gateway_server import gateway_server
from tests.support.clock import FakeClock
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.budgets import MALFORMED, REFUSALS
from ticker.domain.errors import TooMany, Unavailable
from ticker.domain.token_buckets import WIDER
from ticker.gateway.connection_gate import (
    CROWD,
    REFUSED_MAX,
    SEVERAL_FILTERS_CROWD,
    CloseUnread,
    ConnectionGate,
)
from ticker.gateway.crowd import Crowd

KEY = b"GET /v1/items HTTP/1.1\r\nAuthorization: Bearer tk_" + b"a" * 32 + b"\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Peer:
    """A transport that knows its peer's address."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def get_extra_info(self, name: str) -> Any:
        assert name == "peername"
        return (self._address, 4_000)


def gate(descriptors: int = 400, **settings: Any) -> ConnectionGate:
    clock = FakeClock()
    budgets = Settings(trusted_proxies="10.0.0.1", **settings).budgets(clock)
    return ConnectionGate(budgets, descriptors, clock, lambda most: 0)


def opened(it: ConnectionGate, address: str, times: int = 1) -> list[Any]:
    return [it.open(Peer(address)) for _ in range(times)]  # type: ignore[arg-type]


def test_one_address_holds_so_many_and_others_are_served() -> None:
    it = gate(address_connections=3)
    verdicts = opened(it, "192.0.2.1", 5)
    assert verdicts[:3] == [None] * 3
    assert all(isinstance(verdict, TooMany) for verdict in verdicts[3:])
    assert opened(it, "192.0.2.2") == [None]
    assert opened(it, "127.0.0.1", 20) == [None] * 20, "unlimited"
    assert opened(it, "10.0.0.1", 20) == [None] * 20, "a proxy's clients count, not the proxy"


def test_a_connection_that_ends_gives_its_place_back() -> None:
    it = gate(address_connections=1)
    first: Any = Peer("192.0.2.1")
    assert it.open(first) is None
    assert isinstance(opened(it, "192.0.2.1")[0], TooMany)
    it.closed(first)
    it.closed(first)
    assert opened(it, "192.0.2.1") == [None]


def test_new_connections_have_a_rate() -> None:
    it = gate(descriptors=10_000, address_connections=5, address_connects=1.0)
    for _ in range(100):
        peer: Any = Peer("192.0.2.1")
        assert it.open(peer) is None
        it.closed(peer)
    assert isinstance(opened(it, "192.0.2.1")[0], TooMany)


def test_an_address_that_goes_on_after_many_refusals_gets_no_answer() -> None:
    it = gate(descriptors=10_000, address_connections=1)
    burst = int(REFUSALS.burst)
    verdicts = opened(it, "192.0.2.1", 1 + burst + 3)
    assert verdicts[0] is None
    assert all(isinstance(verdict, TooMany) for verdict in verdicts[1 : 1 + burst])
    assert verdicts[1 + burst :] == [CloseUnread()] * 3
    assert it.closed_unread == 3
    assert opened(it, "192.0.2.2") == [None]


def test_then_its_connections_need_no_transport() -> None:
    it = gate(descriptors=10_000, address_connections=50, address_connects=0.001)
    spent = 100 + int(REFUSALS.burst)  # a hundred connections, then the refusals
    for number in range(spent):
        assert not it.shuts_out("192.0.2.1"), number
        peer: Any = Peer("192.0.2.1")
        it.open(peer)
        it.closed(peer)
    assert it.shuts_out("192.0.2.1")
    assert it.closed_unread == 1
    assert opened(it, "192.0.2.1") == [CloseUnread()], "as it would have been"
    for other in ("192.0.2.2", "127.0.0.1", "10.0.0.1", ""):
        assert not it.shuts_out(other)


def test_a_request_waits_as_the_client_that_a_trusted_proxy_reports() -> None:
    it = gate()
    head = b"GET / HTTP/1.1\r\nX-FORWARDED-FOR: 192.0.2.9\r\nx-forwarded-for:192.0.2.1\r\n\r\n"

    def waits_as(peer: str, data: bytes) -> str:
        return it.waits_as(Peer(peer), data)  # type: ignore[arg-type]

    assert waits_as("10.0.0.1", head) == "192.0.2.1"
    assert waits_as("10.0.0.1", GET) == "10.0.0.1"
    assert waits_as("192.0.2.5", head) == "192.0.2.5", "nobody trusts it"
    assert waits_as("10.0.0.1", GET + head) == "10.0.0.1", "a body has no headers"
    assert waits_as("10.0.0.1", b"\r\n\r\n" + head) == "192.0.2.1", "empty lines before a request"
    proxy: Any = Peer("10.0.0.1")
    it.open(proxy)
    assert it.holder(proxy) == "10.0.0.1"
    assert it.request(proxy, "192.0.2.1") is None
    assert it.holder(proxy) == "192.0.2.1"


def test_refused_connections_that_stay_have_a_bound_and_the_oldest_goes() -> None:
    it = gate(descriptors=10_000, address_connections=1)
    peers = [Peer("192.0.2.1") for _ in range(REFUSED_MAX + 3)]
    verdicts: list[Any] = [it.open(peer) for peer in peers]  # type: ignore[arg-type]
    assert all(isinstance(verdict, TooMany) for verdict in verdicts[1:])
    assert [peer.aborted for peer in peers] == [False, True, True] + [False] * REFUSED_MAX
    assert len(it) == REFUSED_MAX + 1


def test_at_the_limit_attackers_are_refused_then_laggards_cut_then_nothing_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    asked: list[int] = []
    lagging = [5]

    def shed(most: int) -> int:
        asked.append(most)
        cut = min(most, lagging[0])
        lagging[0] -= cut
        for transport in list(peers)[:cut]:
            it.closed(transport)
            peers.remove(transport)
        return cut

    unlimited = (ip_network("0.0.0.0/0"),)
    it = ConnectionGate(Settings(unlimited_networks=unlimited).budgets(clock), 400, clock, shed)
    peers: list[Any] = []

    def open_one() -> Any:
        peer: Any = Peer("192.0.2.1")
        verdict = it.open(peer)
        peers.append(peer)
        return verdict

    assert [open_one() for _ in range(300)] == [None] * 300
    assert not caplog.records
    refused = [open_one() for _ in range(50)]
    assert all(isinstance(verdict, Unavailable) for verdict in refused)
    assert not asked, "nobody is cut while the reserve lasts"
    assert [record.levelno for record in caplog.records] == [logging.WARNING], "one line a minute"
    # Attackers never use up the reserve: the oldest refused one goes.
    for _ in range(200):
        assert isinstance(open_one(), Unavailable)
    assert len(it) <= 350
    # Editors may: laggards make room for them, and then nothing is left.
    verdicts: list[Any] = []
    for _ in range(120):
        verdicts.append(open_one())
        it.serves(peers[-1], Unavailable("full", 1), KEY)
    assert it.laggards_shed == 5
    assert isinstance(verdicts[10], Unavailable)
    assert verdicts[-1] == CloseUnread(at_once=True), "its descriptor is needed"
    assert it.closed_unread
    clock.now += 61
    open_one()
    assert len(caplog.records) == 2


def test_an_editor_is_served_from_the_reserve_but_not_past_a_rate() -> None:
    it = gate()
    peer: Any = Peer("192.0.2.1")
    full, spent = Unavailable("full", 1), TooMany("too many", 1)
    assert it.serves(peer, full, KEY)
    assert not it.serves(peer, full, GET)
    assert not it.serves(peer, full, KEY.replace(b"tk_", b"xx_"))
    assert not it.serves(peer, full, GET + KEY), "a body has no headers"
    assert not it.serves(peer, spent, KEY)


def test_a_proxys_requests_hold_a_place_until_they_are_answered() -> None:
    it = gate(address_connections=1)
    first, second = Peer("10.0.0.1"), Peer("10.0.0.1")
    for peer in (first, second):
        it.open(peer)  # type: ignore[arg-type]
    one: Any = first
    other: Any = second
    assert it.request(one, "192.0.2.1") is None
    assert isinstance(it.request(other, "192.0.2.1"), TooMany)
    assert it.request(other, "192.0.2.2") is None
    it.answered(one)
    it.answered(other)
    assert it.request(other, "192.0.2.1") is None
    it.closed(other)
    assert it.request(one, "192.0.2.1") is None


def test_requests_have_a_rate_at_direct_and_reported_addresses() -> None:
    it = gate(address_requests=0.1)
    direct: Any = Peer("192.0.2.1")
    proxied: Any = Peer("10.0.0.1")
    it.open(direct)
    it.open(proxied)
    assert it.request(direct, "198.51.100.1") is None
    assert isinstance(it.request(direct, "198.51.100.2"), TooMany), "an attacker's claim is ignored"
    assert it.request(proxied, "198.51.100.1") is None
    assert isinstance(it.request(proxied, "198.51.100.1"), TooMany)


def test_a_request_that_another_process_would_refuse_is_refused_here() -> None:
    it = gate(address_requests=0.1)
    chunked = b"POST /v1/beacon HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    one, other, free, proxy = map(Peer, ("192.0.2.1", "192.0.2.2", "127.0.0.1", "10.0.0.1"))
    peers: list[Any] = [one, other, free, proxy]
    for peer in peers:
        it.open(peer)
        assert it.turned_away(peer, GET) is None
    spender, sender, *others = peers
    assert it.request(spender, "") is None
    verdicts = [it.turned_away(spender, GET) for _ in range(int(REFUSALS.burst) + 1)]
    assert all(isinstance(verdict, TooMany) for verdict in verdicts[:-1])
    assert verdicts[-1] == CloseUnread(), "after many, none is told"
    assert isinstance(it.turned_away(spender, KEY), TooMany), "an editor is told in any case"
    for _ in range(int(MALFORMED.burst)):
        assert it.turned_away(sender, chunked) is None
        it.malformed(sender)
    assert isinstance(it.turned_away(sender, chunked), TooMany)
    assert it.turned_away(sender, GET) is None, "its other requests are served"
    for peer in others:
        it.malformed(peer)
        assert it.turned_away(peer, GET) is None, "no limits, or an address that is not known yet"


async def test_a_refused_client_reads_why_and_its_place_is_free_again() -> None:
    settings: dict[str, Any] = {
        "unlimited_networks": (),
        "trusted_proxies": "",
        "address_connections": 2,
    }
    async with gateway_server(**settings) as s:
        async with s.raw(GET) as one, s.raw(GET) as two:
            await one.read_until(b"hello")
            await two.read_until(b"hello")
            for request in (GET, b"GET /v1/ws HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * 100_000):
                async with s.raw(request) as third:
                    answer = await third.rest()
                assert answer.startswith(b"HTTP/1.1 429 ")
                assert b"\r\nretry-after: 5\r\n" in answer
        await wait_until(lambda: not len(s.gateway.gate))
        async with s.raw(GET) as again:
            await again.read_until(b"hello")


async def test_requests_of_one_address_are_limited_in_their_order() -> None:
    settings: dict[str, Any] = {
        "unlimited_networks": (),
        "trusted_proxies": "",
        "address_requests": 0.3,
    }
    async with gateway_server(**settings) as s, s.raw(GET * 5) as raw:
        answer = await raw.rest()
    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert answer.count(b"HTTP/1.1 429 ") == 1


def test_an_address_is_crowded_beyond_some_connections_and_others_are_not() -> None:
    it = gate(descriptors=10_000)
    peers: list[Any] = [Peer("192.0.2.1") for _ in range(CROWD + 1)]
    other: Any = Peer("192.0.2.2")
    local: list[Any] = [Peer("127.0.0.1") for _ in range(CROWD + 1)]
    for peer in [*peers[:CROWD], other, *local]:
        it.open(peer)
    assert it.crowd(peers[0]) is Crowd.FOR_SEVERAL_FILTERS
    it.open(peers[-1])
    assert it.crowd(peers[-1]) is Crowd.FOR_ALL
    assert it.crowd(other) is Crowd.NONE
    assert it.crowd(local[0]) is Crowd.NONE, "an address without limits"
    for number in range(CROWD + 1):
        proxied: Any = Peer("10.0.0.1")
        it.open(proxied)
        it.reader(proxied, "192.0.2.3")
        several = Crowd.FOR_SEVERAL_FILTERS if number >= SEVERAL_FILTERS_CROWD else Crowd.NONE
        assert it.crowd(proxied) is (Crowd.FOR_ALL if number == CROWD else several)


def test_a_network_is_crowded_although_each_of_its_addresses_holds_few() -> None:
    it = gate(descriptors=10_000)
    hosts: list[Any] = [Peer(f"2001:db8:0:{number:x}::1") for number in range(WIDER * CROWD + 1)]
    other: Any = Peer("2001:db8:1::1")
    for host in hosts:
        it.open(host)
        assert (it.crowd(host) is Crowd.FOR_ALL) is (host is hosts[-1])
    it.open(other)
    assert it.crowd(other) is Crowd.NONE
