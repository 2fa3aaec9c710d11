"""RFC 9112 on real sockets, on both server roles: each row names its section.

After each message comes one more request. It is answered only if the server knows for sure where
the message before it has ended.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import pytest

from tests.gateway.gateway_server import gateway_server
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol

NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REFUSED, SERVED, LAST = (400,), (200, 200), (200,)
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
"""What Java's client sends with every request."""


class Row(NamedTuple):
    section: str
    case: str
    message: bytes
    statuses: tuple[int, ...]


def get(section: str, case: str, lines: bytes, statuses: tuple[int, ...] = REFUSED) -> Row:
    """Return a row of a GET request with these header lines besides ``Host``."""
    return Row(section, case, b"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % lines, statuses)


def line(section: str, case: str, line: bytes, statuses: tuple[int, ...] = REFUSED) -> Row:
    """Return a row of a request with this request line."""
    return Row(section, case, b"%s\r\nHost: x\r\n\r\n" % line, statuses)


def host(case: str, value: bytes, statuses: tuple[int, ...] = REFUSED) -> Row:
    message = b"GET / HTTP/1.1\r\nHost:%s\r\n\r\n" % value
    return Row("3.2", f"Host: {case}", message, statuses)


def post(section: str, case: str, rest: bytes, statuses: tuple[int, ...] = REFUSED) -> Row:
    """Return a row of a POST request; ``rest`` is what follows ``Host``."""
    return Row(section, case, b"POST / HTTP/1.1\r\nHost: x\r\n" + rest, statuses)


def chunked(case: str, body: bytes, statuses: tuple[int, ...] = REFUSED) -> Row:
    return post("7.1", case, b"Transfer-Encoding: chunked\r\n\r\n" + body, statuses)


ROWS = (
    Row(
        "2.2", "an empty line before the request", b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", SERVED
    ),
    Row("2.2", "lines end with LF", b"GET / HTTP/1.1\nHost: x\n\n", REFUSED),
    get("2.2", "a header line ends with LF", b"A: b\n"),
    get("2.2", "CR inside a value", b"A: b\rc\r\n"),
    Row("2.2", "space before the first header", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", REFUSED),
    line("2.3", "HTTP/2.0", b"GET / HTTP/2.0"),
    line("2.3", "HTTP/0.9", b"GET / HTTP/0.9"),
    Row("2.3", "no version", b"GET /\r\n\r\n", REFUSED),
    line("2.3", "HTTP/1.2", b"GET / HTTP/1.2"),
    line("2.3", "two digits", b"GET / HTTP/1.10"),
    line("2.3", "lower case", b"GET / http/1.1"),
    Row("2.3", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
    line("3", "tab between the parts", b"GET\t/ HTTP/1.1"),
    line("3", "space in the target", b"GET /a b HTTP/1.1"),
    line("3", "space after the version", b"GET / HTTP/1.1 "),
    line("3.1", "method in lower case", b"get / HTTP/1.1"),
    line("3.1", "unknown method", b"BREW / HTTP/1.1"),
    line("3.2", "fragment", b"GET /#a HTTP/1.1"),
    line("3.2", "fragment in the query", b"GET /v1/events?a#b HTTP/1.1"),
    line("3.2", "not ASCII", b"GET /\xff HTTP/1.1"),
    line("3.2", "not ASCII, live", b"GET /v1/events?tag=\xff HTTP/1.1"),
    line("3.2", "NUL", b"GET /\x00 HTTP/1.1"),
    Row("3.2", "no Host", b"GET / HTTP/1.1\r\n\r\n", REFUSED),
    get("3.2", "two Hosts", b"Host: x\r\n"),
    host("empty", b""),
    host("with a user", b" a@b"),
    host("with a path", b" a/b"),
    host("list", b" a, b"),
    host("with a space", b" a b"),
    host("with a port that is none", b" a:b"),
    host("IPv6", b" [::1]:80", SERVED),
    line("3.2.2", "absolute form", b"GET http://y/ HTTP/1.1", SERVED),
    line("3.2.2", "absolute form, no host", b"GET http:/// HTTP/1.1"),
    line("3.2.2", "absolute form, a user", b"GET http://u@y/ HTTP/1.1"),
    line("3.2.2", "absolute form, another scheme", b"GET ftp://y/ HTTP/1.1"),
    line("3.2.3", "CONNECT", b"CONNECT x:443 HTTP/1.1"),
    line("3.2.3", "authority form", b"GET x:443 HTTP/1.1"),
    line("3.2.4", "asterisk form", b"OPTIONS * HTTP/1.1", SERVED),
    line("3.2.4", "asterisk form with GET", b"GET * HTTP/1.1"),
    get("5", "no colon", b"A\r\n"),
    get("5", "no name", b": b\r\n"),
    get("5", "a name that is no token", b"A(: b\r\n"),
    get("5", "NUL in a value", b"A: b\x00c\r\n"),
    get("5", "control character in a value", b"A: b\x01c\r\n"),
    get("5", "obs-text in a value", b"A: \xe9\r\n", SERVED),
    get("5.1", "space before the colon", b"A : b\r\n"),
    get("5.2", "obs-fold", b"A: b\r\n c\r\n"),
    post("6.1", "not chunked", b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    post("6.1", "identity", b"Transfer-Encoding: identity\r\n\r\n"),
    post("6.1", "empty", b"Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
    post("6.1", "quoted", b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n'),
    post("6.1", "vertical tab", b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    post("6.1", "unknown coding", b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    post("6.1", "chunked twice", b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    post("6.1", "two lines", b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n"),
    post("6.1", "upper case", b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", SERVED),
    Row(
        *("6.1", "in HTTP/1.0"),
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        REFUSED,
    ),
    post("6.2", "plus", b"Content-Length: +1\r\n\r\na"),
    post("6.2", "minus", b"Content-Length: -1\r\n\r\na"),
    post("6.2", "hexadecimal", b"Content-Length: 0x1\r\n\r\na"),
    post("6.2", "underscore", b"Content-Length: 0_1\r\n\r\na"),
    post("6.2", "no number", b"Content-Length:\r\n\r\n"),
    post("6.2", "beyond 64 bits", b"Content-Length: 18446744073709551617\r\n\r\na"),
    post("6.3", "equal lengths", b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
    post("6.3", "two lengths", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na"),
    post("6.3", "list of lengths", b"Content-Length: 1, 1\r\n\r\na"),
    post(
        *("6.3", "length, then coding"),
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    post(
        *("6.3", "coding, then length"),
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ),
    post(
        *("6.3", "chunked is not last"),
        b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    ),
    get("6.3", "GET with a body", b"Content-Length: 99\r\n", ()),
    post("6.3", "no length is no body", b"\r\n", SERVED),
    chunked("a body", b"1\r\na\r\n0\r\n\r\n", SERVED),
    chunked("size beyond 64 bits", b"10000000000000001\r\na\r\n0\r\n\r\n"),
    chunked("0x", b"0x1\r\na\r\n0\r\n\r\n"),
    chunked("plus", b"+1\r\na\r\n0\r\n\r\n"),
    chunked("minus", b"-1\r\na\r\n0\r\n\r\n"),
    chunked("space after the size", b"1 \r\na\r\n0\r\n\r\n"),
    chunked("space before the size", b" 1\r\na\r\n0\r\n\r\n"),
    chunked("no size", b"\r\na\r\n0\r\n\r\n"),
    chunked("size ends with LF", b"1\na\r\n0\r\n\r\n"),
    chunked("data end with LF", b"1\r\na\n0\r\n\r\n"),
    chunked("data longer than the size", b"1\r\nab\r\n0\r\n\r\n"),
    chunked("end with LF", b"1\r\na\r\n0\r\n\n"),
    chunked("extension", b"1;a=b\r\na\r\n0\r\n\r\n", SERVED),
    chunked("LF in an extension", b"1;a\nb\r\na\r\n0\r\n\r\n"),
    chunked("CR in an extension", b"1;a\rb\r\na\r\n0\r\n\r\n"),
    chunked("trailer", b"0\r\nA: b\r\n\r\n", SERVED),
    chunked("trailer with a space in its name", b"0\r\nA B: c\r\n\r\n"),
    chunked("folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
    get("9.3", "persistent by default", b"", SERVED),
    get("9.3", "keep-alive", b"Connection: keep-alive\r\nKeep-Alive: timeout=9\r\n", SERVED),
    get("9.6", "close", b"Connection: close\r\n", LAST),
    get("9.6", "close in a list, upper case", b"Connection: te, Close\r\n", LAST),
    Row("9.3", "HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", LAST),
    Row("9.3", "HEAD", b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", SERVED),
    post("9.3", "another expectation", b"Expect: more\r\nContent-Length: 1\r\n\r\na", SERVED),
    Row(
        *("9110 10.1.1", "100-continue in HTTP/1.0"),
        b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
        LAST,
    ),
    get("9110 7.8", "upgrade to h2c", b"Upgrade: h2c\r\nConnection: upgrade\r\n", SERVED),
    get("9110 7.8", "and close", b"Upgrade: h2c\r\nConnection: upgrade, close\r\n", LAST),
    post("9110 7.8", "with a body", H2C + b"Content-Length: 1\r\n\r\na", SERVED),
    post(
        "9110 7.8",
        "chunked",
        H2C + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        SERVED,
    ),
    Row("9110 7.8", "CONNECT", b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n" + H2C + b"\r\n", REFUSED),
    Row(
        *("9110 7.8", "upgrade in HTTP/1.0"),
        b"GET /v1/ws HTTP/1.0\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        LAST,
    ),
)
ROLES: dict[str, dict[str, Any]] = {
    "gateway": {},
    "web": {"http": WebHttpProtocol, "ws": NoWebSocket},
}


@pytest.mark.parametrize("role", ROLES)
async def test_each_message_has_one_reading(role: str) -> None:
    async with gateway_server(**ROLES[role]) as server:

        async def statuses(row: Row) -> tuple[int, ...]:
            async with server.raw(row.message, NEXT) as raw:
                if not row.statuses:  # the rest is taken for its body, and more is expected
                    await raw.read_until(b"0\r\n\r\n")
                    return ()
                answer = await raw.rest()
                return tuple(int(code) for code in re.findall(rb"HTTP/1\.1 (\d+) ", answer))

        found = await asyncio.gather(*(statuses(row) for row in ROWS))
        wrong = [(row, seen) for row, seen in zip(ROWS, found, strict=True) if seen != row.statuses]
        assert wrong == []


async def test_a_response_to_head_has_no_body() -> None:
    async with gateway_server() as server:
        head = b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        async with server.raw(head) as raw:
            assert (await raw.rest()).partition(b"\r\n\r\n")[2] == b""
