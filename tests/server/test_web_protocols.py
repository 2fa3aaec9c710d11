"""The web process's connections: refused as the gateway's are, and forgotten when they end."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

from tests.gateway.gateway_server import gateway_server
from tests.gateway.test_websocket import UPGRADE
from tests.one_port.processes import one_port
from tests.support.waiting import wait_until
from ticker.domain.errors import Unavailable
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
KEY = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tk_" + b"a" * 32 + b"\r\n\r\n"
CALLS_MAX = 53
"""Python calls from a publish's bytes to its task; 52 in November 2026."""
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


async def test_few_calls_are_made_between_a_request_and_its_task(tmp_path: Path) -> None:
    # Each adds to the latency of every item that an editor publishes over HTTP.
    body = b'{"headline": "Ferry leaves on time", "edition": "en"}'
    head = b"POST /v1/items HTTP/1.1\r\nHost: news.test\r\nAuthorization: Bearer tk_a\r\n"
    typed = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = head + typed + body
    calls: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and "/asyncio/" not in code.co_filename:  # uvloop has its own
            calls.append(code.co_qualname)

    async with one_port(tmp_path) as (gateway, web), gateway.raw() as raw:
        for _ in range(2):  # the connection is the web process's own then
            await raw.send(request).read_until(body)
        assert web.server is not None
        [protocol] = web.server.server_state.connections
        assert isinstance(protocol, WebHttpProtocol)
        gc.disable()
        sys.setprofile(note)
        try:
            protocol.data_received(request)
        finally:
            sys.setprofile(None)
            gc.enable()
        await raw.read_until(body)
    assert "HttpToolsProtocol.on_message_complete" in calls
    assert 30 < len(calls) <= CALLS_MAX, "\n".join(calls)
