"""Servers that break HTTP/1.1, or keep to it with ill intent, for everything that asks servers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

SENT_MAX = 64 * 1024 * 1024
"""Bytes after which an endless answer ends: a client that is bounded never sees them."""


class Attack(NamedTuple):
    """An answer, and who ends how with it."""

    case: str
    start: bytes
    answer: int | str
    """What a push, a webhook or a call to a hub ends with: a status, or a part of the error."""
    download: str | None = None
    """What an import ends with: a part of the error. None: it gets a body."""
    then: bytes = b""
    """Sent again and again after ``start``."""
    slow: bool = False
    """Whether ``then`` comes every 50 ms, and the connection stays open."""


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(5_000_000), 1)
LENGTH = b"Content-Length: %d\r\n"
LOST, NO_HTTP, ENDLESS = "connection was lost", "not HTTP/1.1", "endless headers"
CLOSED, TIME, SIZE = "closed", "longer than", "larger than"

ATTACKS = (
    Attack("endless headers", OK, ENDLESS, "", b"a: b\r\n" * 1_000),
    Attack("an endless header", OK + b"a: ", ENDLESS, "", b"b" * 65_536),
    Attack("an endless status line", b"HTTP/1.1 200 ", ENDLESS, "", b"x" * 65_536),
    Attack("endless interim responses", b"", ENDLESS, "", b"HTTP/1.1 103 E\r\n\r\n" * 1_000),
    Attack("endless empty lines", b"", ENDLESS, "", b"\r\n" * 10_000),
    Attack("endless chunks", CHUNKED, 200, "", b"1\r\nx\r\n" * 1_000),
    Attack("an endless chunk", CHUNKED + b"7fffffffffffffff\r\n", 200, SIZE, b"x" * 65_536),
    Attack("a chunk beyond 64 bits", CHUNKED + b"10000000000000000\r\nx", NO_HTTP, ""),
    Attack("a negative chunk", CHUNKED + b"-1\r\nx", NO_HTTP, ""),
    Attack("an endless chunk extension", CHUNKED + b"1;", 200, "", b"x" * 65_536),
    Attack("endless trailers", CHUNKED + b"0\r\n", 200, "", b"a: b\r\n" * 1_000),
    Attack("an endless body", OK + b"\r\n", 200, SIZE, b"x" * 65_536),
    Attack("an enormous length", OK + LENGTH % 10**18 + b"\r\n", 200, SIZE, b"x" * 65_536),
    Attack("a length beyond 64 bits", OK + LENGTH % 2**64 + b"\r\nx", NO_HTTP, ""),
    Attack("a length that is none", OK + b"Content-Length: +1\r\n\r\nx", NO_HTTP, ""),
    Attack("two lengths", OK + LENGTH % 1 + LENGTH % 2 + b"\r\nx", NO_HTTP, ""),
    Attack("length and chunks", OK + LENGTH % 1 + CHUNKED[len(OK) :] + b"0\r\n\r\n", NO_HTTP, ""),
    Attack("a body too short", OK + LENGTH % 9 + b"\r\nx", LOST, CLOSED),
    Attack("a body too long", OK + LENGTH % 1 + b"\r\nx" + OK, 200),
    Attack("a NUL in a header", OK + b"a: \0\r\n\r\n", NO_HTTP, ""),
    Attack("a status of six digits", b"HTTP/1.1 200200 OK\r\n\r\n", NO_HTTP, ""),
    Attack("HTTP/3", b"HTTP/3.0 200 OK\r\n\r\n", NO_HTTP, ""),
    Attack("nothing", b"", LOST, ""),
    Attack("a gzip bomb", OK + b"Content-Encoding: gzip\r\n" + LENGTH % len(BOMB) + b"\r\n" + BOMB,
           200, SIZE),
    Attack("slow headers", OK, "no answer", TIME, b"a: b\r\n", slow=True),
    Attack("a slow body", OK + LENGTH % 99 + b"\r\n", "no answer", TIME, b"x", slow=True),
    Attack("silence", b"", "no answer", TIME, slow=True),
    Attack("a redirect to itself",
           b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
           302, "redirects in a circle"),
)  # fmt: skip


@asynccontextmanager
async def hostile(attack: Attack) -> AsyncIterator[str]:
    """Run a server that answers every request with the attack; yield its origin."""

    talks: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended: asyncio.Future[bytes] | None = None
        talks[asyncio.current_task()] = writer
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(attack.start)
            sent = len(attack.start)
            ended = asyncio.ensure_future(reader.read())
            while attack.slow or (attack.then and sent < SENT_MAX):
                writer.write(attack.then)
                sent += len(attack.then)
                await asyncio.wait_for(writer.drain(), 30)
                if attack.slow:
                    await asyncio.wait({ended}, timeout=0.05)
                    if ended.done():
                        break
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            if ended is not None:
                ended.cancel()
                await asyncio.gather(ended, return_exceptions=True)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:  # nothing may be left for a later test to find
            for writer in talks.values():
                writer.transport.abort()
            await asyncio.gather(*filter(None, talks), return_exceptions=True)
            await asyncio.sleep(0)  # an aborted connection is closed in the next turn
