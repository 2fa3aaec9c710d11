"""The addresses of a name are tried in turn."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.net.calls import HEAD
from tests.net.peer import Peer, Request, Response
from ticker.net.exchange import Counts, Exchange
from ticker.net.origin import Limits, Origin
from ticker.net.reply import Reply, Unanswered
from ticker.net.resolver import Addresses, Site

LIMITS = Limits(
    connections=2,
    connections_h1=4,
    streams=10,
    waiting=10,
    connect_timeout=1.0,
    ping_timeout=1.0,
)


async def ok(request: Request) -> Response:
    return Response(200, {}, request.body)


def origin_at(port: int, *addresses: str) -> Origin:
    async def look_up(site: Site) -> list[str]:
        return list(addresses)

    site, clock = (
        Site(False, "push.example.org", port, b"push.example.org"),
        asyncio.get_running_loop().time,
    )
    found = Addresses(site, None, clock, look_up)
    return Origin(site, found, LIMITS, Counts(), clock, None, prior_knowledge=True)


async def submitted(origin: Origin) -> Reply:
    answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    origin.submit(Exchange(b"POST", b"/push", HEAD, (), b"text", answer, 0.0))
    return await answer


async def test_an_address_that_refuses_is_followed_by_the_next() -> None:
    async with Peer(ok) as peer:  # nobody listens at 127.0.0.2
        origin = origin_at(peer.port, "127.0.0.2", "127.0.0.1")
        assert await submitted(origin) == Reply(200, {}, b"text")
        assert peer.requests[0].headers[b":authority"] == b"push.example.org"
        await origin.aclose()


async def test_an_address_that_says_nothing_has_its_share_of_the_time() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.2", 0))
        mute.listen()
        async with Peer(ok) as peer:
            await peer.stop()
            peer.port = mute.getsockname()[1]
            await peer.start()
            origin = origin_at(peer.port, "127.0.0.2", "127.0.0.1")
            assert await submitted(origin) == Reply(200, {}, b"text")
            await origin.aclose()


async def test_when_all_addresses_refuse_it_is_one_failure() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        origin = origin_at(closed.getsockname()[1], "127.0.0.2", "127.0.0.1")
        with pytest.raises(Unanswered, match=r"push\.example\.org: Connection") as caught:
            await submitted(origin)
        assert not caught.value.sent
        assert origin.counts.failed == 1
        await origin.aclose()
