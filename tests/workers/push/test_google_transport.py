"""google-auth's requests on the event loop's client: called in a thread, as google-auth does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from google.auth.exceptions import TransportError

from tests.support.http_server import Answer, answering
from ticker.net.client import HttpClient
from workers.push.google_transport import GoogleTransport, Response


def transport(client: HttpClient, timeout: float = 5.0) -> GoogleTransport:
    return GoogleTransport(asyncio.get_running_loop(), client, timeout)


async def called(request: GoogleTransport, url: str, **arguments: Any) -> Response:
    return await asyncio.to_thread(request, url, **arguments)


async def test_a_request_and_its_response() -> None:
    answer = Answer(200, b'{"access_token": "t"}', {"X-Thing": "a"})
    async with answering(answer, Answer(404, b"")) as web:
        client = HttpClient(timeout=5, allow=None)
        request = transport(client)
        reply = await called(
            request,
            web.url + "/token?x=1",
            method="POST",
            body="grant=1",
            headers={"Content-Type": "text/plain", "Host": "elsewhere"},
            timeout=120,
        )
        assert (reply.status, reply.data) == (200, b'{"access_token": "t"}')
        assert reply.headers["x-thing"] == "a"
        assert (await called(request, web.url)).status == 404
        await client.aclose()
    first, second = web.asked
    assert (first.method, first.path, first.body) == ("POST", "/token?x=1", b"grant=1")
    assert first.headers["content-type"] == "text/plain"
    assert f"http://{first.headers['host']}" == web.url
    assert (second.method, second.path, second.body) == ("GET", "/", b"")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nobody.invalid/", "file:///x", ""])
async def test_a_failure_is_one_that_google_auth_knows(url: str) -> None:
    client = HttpClient(timeout=5, allow=None)
    with pytest.raises(TransportError):
        await called(transport(client), url)
    await client.aclose()
    with pytest.raises(TransportError, match="closed"):
        await called(transport(client), "http://127.0.0.1:1/")


async def test_a_loop_that_is_gone_is_a_failure_too() -> None:
    client = HttpClient(timeout=5, allow=None)
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(TransportError):
        await called(GoogleTransport(loop, client, 1.0), "http://127.0.0.1:1/")
