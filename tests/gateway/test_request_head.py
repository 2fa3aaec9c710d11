"""The parser of plain request heads."""

from __future__ import annotations

import pytest

from ticker.gateway.request_head import read_head


def test_a_head_is_read_with_its_lists_joined() -> None:
    head = read_head(
        b"GET /v1/events?edition=en HTTP/1.1\r\n"
        b"Host: x\r\nAccept: a\r\nACCEPT: b\r\nX-Empty:\r\n\r\n"
    )
    assert head is not None
    assert (head.path, head.query) == ("/v1/events", "edition=en")
    assert head.headers == {"host": "x", "accept": "a, b", "x-empty": ""}


def test_an_empty_body_is_no_body() -> None:
    head = read_head(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert head is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\nEvil: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    ],
)
def test_a_request_that_is_not_plain_is_left_to_a_full_parser(data: bytes) -> None:
    assert read_head(data) is None
