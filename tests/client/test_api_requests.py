"""Requests to the API with failing networks and servers."""

from __future__ import annotations

import pytest

from tests.client.published import AWAY, DROP, published
from tests.support.http_server import Answer, Asked, answering
from tests.support.ports import free_port
from ticker.client import BadAddress, Editor, NotFound, ProtocolError, Unavailable, Unreachable


def keys(asked: list[Asked]) -> set[str]:
    return {request.headers["idempotency-key"] for request in asked}


async def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    """The first attempt may have been committed; the same key makes the repetition safe."""
    answers = (DROP, AWAY, published(repeated=True))
    async with answering(*answers) as web, Editor(web.url) as editor:
        result = await editor.publish("Hello", "en")
    assert result.repeated
    assert len(web.asked) == 3
    assert len(keys(web.asked)) == 1
    assert len({request.body for request in web.asked}) == 1


async def test_attempts_are_bounded() -> None:
    async with answering(*[AWAY] * 5) as web, Editor(web.url, attempts=3) as editor:
        with pytest.raises(Unavailable) as caught:
            await editor.publish("Hello", "en")
        assert caught.value.retry_after == 0
    assert len(web.asked) == 3


async def test_two_calls_have_two_keys_and_the_callers_own_is_kept() -> None:
    answers = (published(), published(), published())
    async with answering(*answers) as web, Editor(web.url) as editor:
        await editor.publish("Hello", "en")
        await editor.publish("Hello", "en")
        await editor.publish("Hello", "en", key="mine")
    assert len(keys(web.asked)) == 3
    assert web.asked[2].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("body", [b"<html>welcome to the proxy</html>", b"[]", b"{}", b'"x"'])
async def test_a_response_that_is_not_the_protocols_is_reported(body: bytes) -> None:
    async with answering(Answer(200, body)) as web, Editor(web.url) as editor:
        with pytest.raises(ProtocolError):
            await editor.pin("a")


async def test_an_error_page_of_a_proxy_is_still_a_refusal() -> None:
    async with (
        answering(Answer(404, b"<html>no</html>")) as web,
        Editor(web.url) as editor,
    ):
        with pytest.raises(NotFound, match="HTTP 404"):
            await editor.get("a")


async def test_no_server() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with Editor(url, attempts=2) as editor:
        with pytest.raises(Unreachable) as caught:
            await editor.list()
    assert caught.value.url == url
    assert caught.value.detail == "connection refused"
    assert caught.value.temporary


@pytest.mark.parametrize("url", ["nonsense", "ftp://a.example", "", "http://a.example:x"])
def test_an_invalid_address(url: str) -> None:
    with pytest.raises(ValueError, match="not an http or https address"):
        Editor(url)


async def test_an_invalid_port_raises_at_once() -> None:
    with pytest.raises(BadAddress):
        Editor("http://news:many")
