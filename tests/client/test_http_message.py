"""A response as it comes in: its content in pieces, and what has no end."""

from __future__ import annotations

import pytest

from ticker.client.http_message import HEAD_MAX, Message, Response

HEAD = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"
)


def test_the_content_is_taken_in_pieces() -> None:
    message = Message(Response("http://a.example"), None)
    message.feed(HEAD)
    assert (message.head, message.complete, message.take()) == (True, False, b"")
    message.feed(b"2\r\nhi\r\n")
    assert message.take() == b"hi"
    message.feed(b"1\r\n!\r\n0\r\nX: trailer\r\n\r\n")
    assert (message.complete, message.take()) == (True, b"!")
    assert (message.cookies, message.response.headers["set-cookie"]) == (["a=1", "b=2"], "b=2")
    assert "x" not in message.response.headers


def test_cookies_of_an_interim_response_do_not_count() -> None:
    message = Message(Response("http://a.example"), None)
    message.feed(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: early=1\r\n\r\n" + HEAD)
    assert message.cookies == ["a=1", "b=2"]


def test_chunks_of_one_byte_have_no_bound_of_their_own_but_trailers_do() -> None:
    message = Message(Response("http://a.example"), None)
    message.feed(HEAD)
    for _ in range(50):
        message.feed(b"1\r\nx\r\n" * 10_000)
    assert len(message.take()) == 500_000
    small = Message(Response("http://a.example"), None)
    small.feed(HEAD + b"0\r\n")
    small.feed(b"a: b\r\n" * (HEAD_MAX // 6))
    with pytest.raises(EOFError, match="too large"):
        small.feed(b"a: b\r\n" * (HEAD_MAX // 3))
