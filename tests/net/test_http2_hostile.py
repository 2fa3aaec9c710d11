"""HTTP/2 against a server that breaks RFC 9113, or keeps to it with ill intent: each row is one.

Whatever comes, the request ends with a response or a clear error, and memory stays bounded.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from hpack import Encoder
from hypothesis import settings

from tests.net.calls import is_clear, outcome_in_bounds
from ticker.net.client import HttpClient
from ticker.net.reply import Reply

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
MEMORY_MAX = 16 * 1024 * 1024


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream
    ) + payload  # fmt: skip


def block(*fields: tuple[bytes, bytes]) -> bytes:
    return bytes(Encoder().encode(list(fields), huffman=False))


def number(value: int) -> bytes:
    return struct.pack(">I", value)


OK = block((b":status", b"201"))
ANSWER = frame(HEADERS, END_HEADERS | END_STREAM, 1, OK)
BIG = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31 - 1))


class Row(NamedTuple):
    section: str
    case: str
    attack: bytes
    """Sent after the request has arrived."""
    error: str | None
    """A part of the error; None: the request is answered."""
    times: int = 1
    """Times that the attack is sent."""


PERCENT = settings().max_examples
"""Part of a flood that is sent: all of it, with ``--quick`` a fifth."""
BROKEN = "the peer broke the protocol"
ROWS = (
    Row("4.1", "unknown frame", frame(0xEE, 0xFF, 1, b"x") + ANSWER, None),
    Row("4.1", "reserved bit of a stream", frame(PING, 0, 2**31, bytes(8)) + ANSWER, None),
    Row("4.2", "frame of 16 MB", b"\xff\xff\xff\x00\x00" + number(1), BROKEN),
    Row("4.3", "broken header block", frame(HEADERS, END_HEADERS, 1, b"\xbe"), BROKEN),
    Row(
        *("4.3", "dynamic table beyond the limit"),
        *(frame(HEADERS, END_HEADERS, 1, b"\x3f\xe1\xff\xff\x0f" + OK), BROKEN),
    ),
    Row(
        *("4.3", "small block, large fields"),
        frame(
            HEADERS,
            END_HEADERS,
            1,
            OK + b"\x40\x01a\x7f\x81\x1e" + b"b" * 4_000 + b"\xbe" * 12_000,
        ),
        BROKEN,
    ),
    Row("5.1", "DATA on a stream not begun", frame(DATA, 0, 99, b"x"), BROKEN),
    Row("5.1", "DATA before HEADERS", frame(DATA, END_STREAM, 1, b"x"), ""),
    Row("5.1", "HEADERS on a stream not begun", frame(HEADERS, END_HEADERS, 99, OK), BROKEN),
    Row("5.1.1", "HEADERS on stream 0", frame(HEADERS, END_HEADERS, 0, OK), BROKEN),
    Row("5.1", "DATA on a stream of the server", frame(DATA, 0, 2, b"x"), BROKEN),
    Row("5.1", "WINDOW_UPDATE on a stream not begun", frame(WINDOW, 0, 99, number(1)), BROKEN),
    Row("5.1", "PRIORITY on a stream not begun", frame(PRIORITY, 0, 99, bytes(5)) + ANSWER, None),
    Row("5.1.1", "a stream of the server", frame(HEADERS, END_HEADERS, 2, OK), BROKEN),
    Row("6.1", "DATA on stream 0", frame(DATA, 0, 0, b"x"), BROKEN),
    Row("6.1", "padding longer than the frame", frame(DATA, 8, 1, b"\xffx"), BROKEN),
    Row("6.1", "empty DATA without end", frame(DATA, 0, 1), "", 20_000),
    Row("6.3", "PRIORITY of 4 bytes", frame(PRIORITY, 0, 1, bytes(4)), ""),
    Row("6.4", "RST_STREAM", frame(RST, 0, 1, number(2)), "stream reset, error 2"),
    Row("6.4", "RST_STREAM, unknown code", frame(RST, 0, 1, number(2**32 - 1)), "stream reset"),
    Row("6.4", "RST_STREAM on stream 0", frame(RST, 0, 0, number(2)), BROKEN),
    Row("6.4", "RST_STREAM on a stream not begun", frame(RST, 0, 99, number(2)), BROKEN),
    Row("6.4", "RST_STREAM on a stream of the server", frame(RST, 0, 2, number(2)), BROKEN),
    Row("6.4", "RST_STREAM of 3 bytes", frame(RST, 0, 1, bytes(3)), BROKEN),
    Row("6.4", "RST_STREAM flood", frame(RST, 0, 1, number(2)), "stream reset", 10_000),
    Row("6.5", "SETTINGS on a stream", frame(SETTINGS, 0, 1), BROKEN),
    Row("6.5", "SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, bytes(5)), BROKEN),
    Row("6.5", "ACK with a payload", frame(SETTINGS, ACK, 0, bytes(6)), BROKEN),
    Row("6.5", "ACK nobody asked for", frame(SETTINGS, ACK) * 3 + ANSWER, None),
    Row("6.5", "SETTINGS flood", frame(SETTINGS), "", 20_000),
    Row(
        *("6.5.2", "frame size below the minimum"),
        *(frame(SETTINGS, 0, 0, struct.pack(">HI", 5, 1)), BROKEN),
    ),
    Row(
        *("6.5.2", "window beyond 2³¹"),
        *(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31)), BROKEN),
    ),
    Row(
        *("6.5.2", "ENABLE_PUSH from a server"),
        *(frame(SETTINGS, 0, 0, struct.pack(">HI", 2, 1)), BROKEN),
    ),
    Row("6.6", "PUSH_PROMISE", frame(PUSH, END_HEADERS, 1, number(2) + OK), BROKEN),
    Row("6.7", "PING flood", frame(PING, 0, 0, bytes(8)), "", 20_000),
    Row("6.7", "PING of 7 bytes", frame(PING, 0, 0, bytes(7)), BROKEN),
    Row("6.7", "PING on a stream", frame(PING, 0, 1, bytes(8)), BROKEN),
    Row("6.8", "GOAWAY, nothing seen", frame(GOAWAY, 0, 0, bytes(8)), "connection is closing"),
    Row("6.8", "GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, bytes(7)), BROKEN),
    Row(
        *("6.8", "GOAWAY with a long reason"),
        *(frame(GOAWAY, 0, 0, bytes(8) + b"\x1b" * 16_000), "connection is closing"),
    ),
    Row("6.8", "GOAWAY flood", frame(GOAWAY, 0, 0, number(1) + bytes(4)), "", 10_000),
    Row("6.9", "increment of 0", frame(WINDOW, 0, 0, number(0)), BROKEN),
    Row("6.9", "WINDOW_UPDATE of 3 bytes", frame(WINDOW, 0, 0, bytes(3)), BROKEN),
    Row("6.9.1", "window beyond 2³¹", frame(WINDOW, 0, 0, number(2**31 - 1)) * 2, BROKEN),
    Row("6.9.2", "initial window too large", frame(WINDOW, 0, 1, number(2**31 - 65_536)) + BIG, ""),
    Row("6.9", "WINDOW_UPDATE flood", frame(WINDOW, 0, 0, number(1)), "", 20_000),
    Row(
        *("6.10", "CONTINUATION without end"),
        frame(HEADERS, 0, 1, OK) + frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 100) * 1_000,
        BROKEN,
    ),
    Row(
        *("6.10", "empty CONTINUATION without end"),
        *(frame(HEADERS, 0, 1, OK) + frame(CONTINUATION, 0, 1) * 50_000, BROKEN),
    ),
    Row("6.10", "CONTINUATION alone", frame(CONTINUATION, 0, 1, OK), BROKEN),
    Row(
        "6.10", "another frame between", frame(HEADERS, 0, 1, OK) + frame(PING, 0, 0, bytes(8)), ""
    ),
    Row(
        *("8.1", "endless interim responses"),
        frame(HEADERS, END_HEADERS, 1, block((b":status", b"103"))),
        *("", 10_000),
    ),
    Row("8.3.2", "no status", frame(HEADERS, 5, 1, block((b"a", b"b"))), "malformed"),
    Row(
        "8.3.2",
        "status that is none",
        frame(HEADERS, 5, 1, block((b":status", b"2x"))),
        "malformed",
    ),
    Row(
        *("8.3", "a pseudo-header of requests"),
        *(frame(HEADERS, 5, 1, block((b":status", b"200"), (b":path", b"/"))), "malformed"),
    ),
    Row("5.4", "nothing at all", b"", "0.5 s"),
    Row("3.4", "HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", BROKEN),
)


@asynccontextmanager
async def hostile(row: Row) -> AsyncIterator[str]:
    """Run a server that sends its settings, waits for a request and sends the attack."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(frame(SETTINGS))
            seen = b""
            while b"text" not in seen:
                data = await reader.read(65_536)
                if not data:
                    return
                seen += data
            times = max(1, row.times * PERCENT // 100)
            batch = max(1, min(times, 65_536 // max(1, len(row.attack))))
            for _ in range(times // batch):
                writer.write(row.attack * batch)
                await writer.drain()
            await reader.read(-1) if row.times == 1 else None
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.section} {row.case}" for row in ROWS])
async def test_the_request_ends_and_memory_is_bounded(row: Row) -> None:
    timeout = 0.5 if row.error in ("", "0.5 s") else 20.0  # those alone may end with it
    client = HttpClient(timeout=timeout, allow=None, connections=1, prior_knowledge=True)
    async with hostile(row) as origin, asyncio.timeout(30):
        found = await outcome_in_bounds(client, origin, MEMORY_MAX)
    if row.error is None:
        assert isinstance(found, Reply), found
    else:
        is_clear(found, row.error)
