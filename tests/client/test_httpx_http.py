"""The editors' client through httpx, as with a proxy."""

from __future__ import annotations

import httpx
import pytest

from ticker.client.editor import Editor
from ticker.client.errors import BadAddress, Unreachable
from ticker.client.httpx_http import HttpxHttp


async def test_requests_and_responses_are_the_same() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"cursor": "c", "items": []})

    transport = httpx.MockTransport(answer)
    async with Editor("http://a.example/base", "tk_key", transport=transport) as editor:
        assert (await editor.list(tag=["a b"], limit=3)).cursor == "c"
    assert str(asked[0].url) == "http://a.example/base/v1/items?tag=a+b&limit=3"
    assert asked[0].headers["authorization"] == "Bearer tk_key"


async def test_failures_are_those_of_the_client() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    http = HttpxHttp("http://a.example", 5, httpx.MockTransport(fail))
    with pytest.raises(Unreachable, match="no route"):
        await http.send("GET", "/", headers={})
    await http.aclose()
    other = HttpxHttp("ftp://a.example", 5, None)
    with pytest.raises(BadAddress):
        await other.send("GET", "/", headers={})
    await other.aclose()
    with pytest.raises(BadAddress):
        HttpxHttp("http://a.example:x", 5, None)
