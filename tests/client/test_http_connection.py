"""The server that an address names, and connections to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import uvloop

from tests.support.http_server import Answer, answering
from ticker.client.http_connection import HttpConnection, Server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://a.example", Server("a.example", 80, False, "a.example")),
        ("https://A.example:443/x?y", Server("a.example", 443, True, "a.example:443")),
        ("https://user@ñ.example:8", Server("xn--ida.example", 8, True, "xn--ida.example:8")),
        ("http://[::1]:81/", Server("::1", 81, False, "[::1]:81")),
    ],
)
def test_the_server_of_an_address(url: str, server: Server) -> None:
    assert Server.of(urlsplit(url)) == server


@pytest.mark.parametrize(
    "url",
    ["", "a.example", "ftp://a.example", "http://", "http://a:b", f"http://{'a' * 64}.example"],
)
def test_addresses_without_a_server(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Server.of(urlsplit(url))


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("address", [None, "127.0.0.1"])
def test_a_connection_on_either_loop_and_to_a_given_address(
    new_loop: Callable[[], asyncio.AbstractEventLoop], address: str | None
) -> None:
    async def ask() -> None:
        async with answering(Answer(200, b"here")) as web:
            server = Server.of(urlsplit(web.url))
            named = server if address is None else Server("a.invalid", server.port, False, "a")
            connection = await HttpConnection.open(named, None, address)
            assert connection.peer == "127.0.0.1"
            await connection.send(named.request_head("GET", "/x", {"A": "b"}).encode())
            assert (await connection.read()).startswith(b"HTTP/1.1 200 ")
            await connection.close()
        assert (web.asked[0].path, web.asked[0].headers["host"]) == ("/x", named.authority)
        assert web.asked[0].headers["a"] == "b"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ask())
