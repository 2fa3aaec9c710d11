"""The web process's connections: refused as the gateway's are, and forgotten when they end."""

from __future__ import annotations

from typing import Any

from tests.gateway.gateway_server import gateway_server
from tests.gateway.test_websocket import UPGRADE
from tests.support.waiting import wait_until
from ticker.domain.errors import Unavailable
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
KEY = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tk_" + b"a" * 32 + b"\r\n\r\n"
WEB: dict[str, Any] = {"http": WebHttpProtocol, "ws": NoWebSocket}


async def test_a_refused_websocket_gives_its_place_back() -> None:
    async with gateway_server(**WEB, trusted_proxies="", unlimited_networks=()) as s:
        async with s.raw(UPGRADE) as raw:
            assert (await raw.rest()).startswith(b"HTTP/1.1 404 ")
        await wait_until(lambda: not len(s.gateway.gate))


async def test_an_address_has_so_many_connections() -> None:
    settings: dict[str, Any] = {
        "trusted_proxies": "",
        "unlimited_networks": (),
        "address_connections": 1,
    }
    async with gateway_server(**WEB, **settings) as s, s.raw(GET) as first:
        await first.read_until(b"hello")
        async with s.raw(GET) as second:
            assert (await second.rest()).startswith(b"HTTP/1.1 429 ")


async def test_at_the_limit_an_editor_is_served_and_a_attacker_is_not() -> None:
    async with gateway_server(**WEB) as s:
        gate = s.gateway.gate

        def full(transport: Any, *, known: bool = False) -> Unavailable:
            return Unavailable("full", 10)

        gate.open = full  # type: ignore[method-assign]
        async with s.raw(GET) as attacker:
            answer = await attacker.rest()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 10\r\n" in answer
        async with s.raw(KEY) as editor:
            await editor.read_until(b"hello")
