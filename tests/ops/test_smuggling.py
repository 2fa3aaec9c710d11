"""Requests with two readings, through the shipped nginx and Caddy: no proxy passes on what it has
not seen as a request of its own.

The server behind records what arrives. A proxy marks each request that it has read with
``X-Forwarded-For``; one that came through inside of another has no mark. The mark is the client's
address, whatever the client says, so the server's budgets count the right one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.gateway.gateway_server import GatewayServer, gateway_server
from tests.ops.test_proxy import configuration
from tests.support.ports import free_port
from tests.support.proxies import CADDY, NGINX, caddy, proxy

pytestmark = pytest.mark.faults

QUIET = 10.0
"""Seconds without a byte after which a proxy waits for more. None does: each row ends at once."""
INNER = b"GET /inner-### HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
END = b"0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Row(NamedTuple):
    case: str
    message: bytes
    nginx: str
    """The requests that arrive behind nginx, as a pattern: outer, inner and next one."""
    caddy: str


def post(case: str, lines: bytes, body: bytes, nginx: str = "", caddy: str = "") -> Row:
    head = b"POST /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % lines
    return Row(case, head + body, nginx, caddy)


def coding(case: str, line: bytes, nginx: str = "", caddy: str = "") -> Row:
    """Return a row of a coding that may be overlooked: then the length covers the inner request."""
    body = END + INNER
    lines = b"Content-Length: %d\r\n%s" % (len(body), line)
    return post(f"TE.TE {case}", lines, body, nginx, caddy)


def length(case: str, lines: bytes, nginx: str = "", caddy: str = "") -> Row:
    return post(f"length {case}", lines, INNER, nginx, caddy)


def chunk(case: str, body: bytes, nginx: str = "", caddy: str = "") -> Row:
    return post(f"chunk {case}", CHUNKED, body, nginx, caddy)


LENGTH = b"Content-Length: %d\r\n" % len(INNER)
IN_CHUNK = b"%x\r\n%s\r\n" % (len(INNER), INNER)
ROWS = (
    post("CL.TE", b"Content-Length: %d\r\n" % len(END + INNER) + CHUNKED, END + INNER, "", "oin"),
    post("TE.CL", CHUNKED + b"Content-Length: 4\r\n", IN_CHUNK + END, "", "on"),
    post("TE.CL, length first", b"Content-Length: 4\r\n" + CHUNKED, IN_CHUNK + END, "", "on"),
    coding("two spaces", b"Transfer-Encoding:  chunked\r\n", "", "oin"),
    coding("tab", b"Transfer-Encoding:\tchunked\r\n", "", "oin"),
    coding("tab at the end", b"Transfer-Encoding: chunked\t\r\n", "", "oin"),
    coding("vertical tab", b"Transfer-Encoding: \x0bchunked\r\n"),
    coding("upper case", b"TRANSFER-ENCODING: CHUNKED\r\n", "", "oin"),
    coding("unknown", b"Transfer-Encoding: xchunked\r\n"),
    coding("quoted", b'Transfer-Encoding: "chunked"\r\n'),
    coding("parameter", b"Transfer-Encoding: chunked;q=1\r\n"),
    coding("list", b"Transfer-Encoding: identity, chunked\r\n"),
    coding("list, not last", b"Transfer-Encoding: chunked, identity\r\n"),
    coding("empty", b"Transfer-Encoding:\r\n"),
    coding("twice", CHUNKED * 2),
    coding("identity, then chunked", b"Transfer-Encoding: identity\r\n" + CHUNKED),
    coding("folded", b"Transfer-Encoding:\r\n chunked\r\n", "", "oin"),
    coding("space before the colon", b"Transfer-Encoding : chunked\r\n"),
    coding("underscore", b"Transfer_Encoding: chunked\r\n", "on", "on"),
    coding("NUL in the name", b"Transfer-\x00Encoding: chunked\r\n"),
    coding("behind a bare LF", b"A: b\nTransfer-Encoding: chunked\r\n", "", "oin"),
    coding("behind a bare CR", b"A: b\rTransfer-Encoding: chunked\r\n"),
    coding("named in Connection", b"Connection: transfer-encoding\r\n" + CHUNKED, "", "oin"),
    length("0, then n", b"Content-Length: 0\r\n" + LENGTH),
    length("n, then 0", LENGTH + b"Content-Length: 0\r\n"),
    length("twice the same", LENGTH * 2, "", "on"),
    length("list", b"Content-Length: 0, %d\r\n" % len(INNER)),
    length("plus", b"Content-Length: +%d\r\n" % len(INNER)),
    length("minus", b"Content-Length: -%d\r\n" % len(INNER)),
    length("spaces around", b"Content-Length:   %d  \r\n" % len(INNER), "on", "on"),
    length("space inside", b"Content-Length: 0 %d\r\n" % len(INNER)),
    length("hexadecimal", b"Content-Length: 0x%x\r\n" % len(INNER)),
    length("leading zero", b"Content-Length: 0%d\r\n" % len(INNER), "on", "on"),
    length("underscore", b"Content_Length: %d\r\n" % len(INNER), "oin", "oin"),
    length("space before the colon", b"Content-Length : %d\r\n" % len(INNER)),
    length("named in Connection", b"Connection: content-length\r\n" + LENGTH, "on", "on"),
    length("with an expectation", b"Expect: 100-continue\r\n" + LENGTH, "on", "on"),
    Row("GET with a body",
        b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\n" + LENGTH + b"\r\n" + INNER, "on", "on"),
    chunk("plain", IN_CHUNK + END, "on", "on"),
    chunk("extension", IN_CHUNK.replace(b"\r\n", b";a=b\r\n", 1) + END, "on", "on"),
    chunk("LF in an extension", b"1;\nx\r\na\r\n" + END + INNER, "", "o?"),
    chunk("CR in an extension", b"1;\rx\r\na\r\n" + END + INNER, "", "oin"),
    chunk("size ends with LF", b"1\na\r\n" + END + INNER, "oin", "oin"),
    chunk("data end with LF", b"1\r\na\n" + END + INNER, "oin", "o?"),
    chunk("end with LF", b"1\r\na\r\n0\r\n\n" + INNER, "oin", "oin"),
    chunk("leading zeros", b"0" * 15 + b"1\r\na\r\n" + END, "on", "on"),
    chunk("0x", b"0x1\r\na\r\n" + END + INNER, "", "o?"),
    chunk("space", b"1 \r\na\r\n" + END + INNER, "oin", "oin"),
    chunk("beyond 64 bits", b"10000000000000001\r\na\r\n" + END + INNER, "", "o?"),
    chunk("longer than its size", b"1\r\nab\r\n" + END + INNER, "", "o?"),
    chunk("trailer with a length", b"1\r\na\r\n0\r\n" + LENGTH + b"\r\n" + INNER, "oin", "oin"),
    Row("bare LF", b"GET /outer-### HTTP/1.1\nHost: 127.0.0.1\n\n" + INNER, "oin", "oin"),
    Row("obs-fold", b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\n c\r\n\r\n", "", "on"),
    Row("absolute form", b"GET http://y/outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "on", "n"),
    Row("absolute form, a user",
        b"GET http://x@y/outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "", "n"),
    Row("a forged X-Forwarded-For",
        b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.9\r\n"
        b"X-Forwarded-For: 203.0.113.8\r\n\r\n", "on", "on"),
    Row("two Hosts", b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: y\r\n\r\n", "", ""),
    Row("space in the target",
        b"GET /outer-### HTTP/1.1 /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "", ""),
    Row("chunked in HTTP/1.0",
        b"POST /outer-### HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n"
        + CHUNKED + b"\r\n" + END + INNER, "", "o?"),
    Row("refused WebSocket",
        b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 7\r\n\r\n" + INNER, "in", "in"),
    Row("upgrade to h2c",
        b"GET /outer-### HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade, http2-settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + INNER, "oin", "oin"),
)  # fmt: skip


async def sent(url: str, number: int, row: Row) -> None:
    """Send a row, then one more request; return when the proxy is done with them."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    message = (
        row.message + b"GET /next-### HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    writer.write(message.replace(b"###", b"%03d" % number))
    with suppress(TimeoutError, OSError):
        while await asyncio.wait_for(reader.read(65_536), QUIET):
            pass
    writer.close()


def arrived(server: GatewayServer) -> Iterator[tuple[int, str, str]]:
    """Yield number, kind and ``X-Forwarded-For`` of each request that arrived behind."""
    for scope in server.asked:
        found = re.fullmatch(r"/(outer|inner|next)-(\d{3})", scope["path"])
        if found is not None:
            values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            forwarded = b", ".join(values).decode()
            yield int(found[2]), found[1][0], forwarded


async def through(server: GatewayServer, url: str) -> list[str]:
    """Return what arrived behind of each row."""
    await asyncio.gather(*(sent(url, number, row) for number, row in enumerate(ROWS)))
    seen = [""] * len(ROWS)
    for number, kind, forwarded in arrived(server):
        assert forwarded == "127.0.0.1", (ROWS[number].case, kind, forwarded)
        seen[number] += kind
    return seen


def unexpected(seen: list[str], patterns: list[str]) -> str:
    """Return the rows behind which something else has arrived, one a line."""
    return "\n".join(
        f"{row.case}: {found or 'nothing'}"
        for row, found, pattern in zip(ROWS, seen, patterns, strict=True)
        if re.fullmatch(pattern, found) is None
    )


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_through_nginx(tmp_path: Path) -> None:
    port = free_port()
    async with gateway_server() as server:
        path = configuration(tmp_path, port, f"127.0.0.1:{server.port}")
        command = (NGINX or "", "-c", str(path), "-g", "daemon off; master_process off;")
        async with proxy(command, port) as url:
            seen = await through(server, url)
    assert unexpected(seen, [row.nginx for row in ROWS]) == ""


@pytest.mark.skipif(CADDY is None, reason="caddy is not installed")
async def test_through_caddy(tmp_path: Path) -> None:
    port = free_port()
    async with gateway_server() as server:
        command, environment = caddy(tmp_path, port, f"127.0.0.1:{server.port}")
        async with proxy(command, port, environment) as url:
            seen = await through(server, url)
    assert unexpected(seen, [row.caddy for row in ROWS]) == ""
