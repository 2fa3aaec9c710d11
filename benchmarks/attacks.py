"""Attacks of a client without a key, each of them bounded.

Every attack opens its connections from ``source``, an address of its own, and tolerates every
refusal. It ends by itself; ``benchmarks.attack`` repeats it while it measures, and tests/attack
runs it once and counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

HOLD = 0.5
"""Seconds for which an attack keeps its connections open after it has sent everything."""
EVERY = 1.0
"""Seconds after which a repeated attack begins anew although the last time is not over."""
OVERLAP_MAX = 8
"""Times of a repeated attack that overlap."""
SEND_TIMEOUT = 5.0
"""Seconds after which a connection that takes no more is given up."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server, and the address that the attack comes from."""

    host: str
    port: int
    source: str = "127.0.0.66"


Attack: TypeAlias = Callable[[Target], Awaitable[None]]

CHUNKED = b"POST /v1/beacon HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextlib.asynccontextmanager
async def connection(
    target: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection; the block ends early if the server ends it."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
        reader, writer = await asyncio.open_connection(
            target.host, target.port, local_addr=(target.source, 0), limit=4_096
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


async def _send(target: Target, pieces: Iterable[bytes], hold: float = 0.0) -> None:
    async with connection(target) as (_, writer), asyncio.timeout(SEND_TIMEOUT + hold):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(hold)


async def _together(attacks: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*attacks)


async def trailers(target: Target) -> None:
    """60 MB of trailers in 20 connections."""
    line = b"X-Trailer: " + b"x" * 8_000 + b"\r\n"
    pieces = [CHUNKED, b"0\r\n", *[line * 8] * 48]
    await _together(_send(target, pieces) for _ in range(20))


async def tiny_chunks(target: Target) -> None:
    """Bodies of one byte a chunk, each with an extension."""
    pieces = [CHUNKED, *[b"1;a=b\r\nx\r\n" * 1_000] * 100]
    await _together(_send(target, pieces) for _ in range(20))


async def pipelined(target: Target) -> None:
    """100 connections with 2,068 requests each, whose answers nobody reads."""
    request = b"GET /v1/items?limit=200 HTTP/1.1\r\nHost: x\r\n\r\n"
    await _together(_send(target, [request * 2_068], HOLD) for _ in range(100))


async def abandoned(target: Target) -> None:
    """The same, and the connections end at once."""
    request = b"GET /v1/items?limit=200 HTTP/1.1\r\nHost: x\r\n\r\n"
    await _together(_send(target, [request * 2_068]) for _ in range(100))


async def unique_pages(target: Target) -> None:
    """Requests that no cache has: a tag of their own, and a Host of their own."""

    async def one(number: int) -> None:
        async with connection(target) as (reader, writer), asyncio.timeout(SEND_TIMEOUT):
            for step in range(20):
                unique = f"{number}-{step}"
                writer.write(
                    f"GET /v1/feed.atom?limit=200&tag=t{unique} HTTP/1.1\r\n"
                    f"Host: h{unique}.example\r\n\r\n".encode()
                )
                await reader.readuntil(b"\r\n\r\n")

    await _together(map(one, range(20)))


async def wrong_keys(target: Target) -> None:
    """600 editor keys that do not exist."""

    async def one() -> None:
        async with connection(target) as (reader, writer), asyncio.timeout(SEND_TIMEOUT):
            for _ in range(30):
                key = os.urandom(16).hex()
                writer.write(
                    f"GET /v1/items?all=true HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: Bearer tk_{key}\r\n\r\n".encode()
                )
                await reader.readuntil(b"\r\n\r\n")

    await _together(one() for _ in range(20))


async def wrong_passwords(target: Target) -> None:
    """100 sign-ins with wrong passwords: each that is checked takes 0.2 seconds of a core."""

    async def one(number: int) -> None:
        async with connection(target) as (reader, writer), asyncio.timeout(SEND_TIMEOUT):
            for step in range(5):
                body = b'{"name":"n%d","password":"%s"}' % (
                    5 * number + step,
                    os.urandom(8).hex().encode(),
                )
                writer.write(
                    b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                await reader.readuntil(b"\r\n\r\n")

    await _together(map(one, range(20)))


async def silent(target: Target) -> None:
    """300 connections that send nothing, and 300 that send half a request."""
    halves: tuple[list[bytes], list[bytes]] = ([], [b"GET / HTTP/1.1\r\nHost: x\r\nX-Half"])
    await _together(_send(target, halves[n % 2], HOLD) for n in range(600))


def upgrade(path: str = "/v1/ws?backlog=0") -> bytes:
    """Return the request for a WebSocket."""
    key = b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def masked(text: bytes) -> bytes:
    """Return ``text`` as a client's frame of less than 126 bytes, masked with zeros."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


async def subscribe_anew(target: Target) -> None:
    """300 sockets that change their subscription 20 times, each with a snapshot of 200 items."""
    change = masked(b'{"type":"subscribe","filter":{},"backlog":200}')

    async def one() -> None:
        async with connection(target) as (reader, writer), asyncio.timeout(SEND_TIMEOUT):
            writer.write(upgrade())
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(20):
                writer.write(change)
                await writer.drain()
                await reader.read(65_536)

    await _together(one() for _ in range(300))


async def never_reading(target: Target) -> None:
    """300 readers that take nothing of what they are sent."""
    await _together(_send(target, [upgrade("/v1/ws?backlog=200")], 4 * HOLD) for _ in range(300))


ALL: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        trailers,
        tiny_chunks,
        pipelined,
        abandoned,
        unique_pages,
        wrong_keys,
        wrong_passwords,
        silent,
        subscribe_anew,
        never_reading,
    )
}
"""Every attack by its name."""


SOURCES = ("readers", *ALL)
"""Names that ``python -m benchmarks.attacks`` takes: those of the attacks, and the crowd's."""
READERS = 300
"""Readers of the crowd: as many as one time of an attack with subscriptions opens."""
READERS_OF_ADDRESS = 50


async def readers(target: Target) -> None:
    """Read as ``READERS`` well-behaved clients until cancelled, 50 from each address.

    Writes one character when all have their welcome, and none after it.
    """
    network = target.source.rpartition(".")[0]
    welcomed = asyncio.Semaphore(0)

    async def one(number: int) -> None:
        address = f"{network}.{100 + number // READERS_OF_ADDRESS}"
        async with connection(Target(target.host, target.port, address)) as (reader, writer):
            writer.write(upgrade())
            await reader.readuntil(b"\r\n\r\n")
            welcomed.release()
            while await reader.read(65_536):
                pass
        raise ConnectionError("a reader of the crowd has been refused or cut")

    async def tell() -> None:
        for _ in range(READERS):
            await welcomed.acquire()
        print(end="+", flush=True)

    await _together([tell(), *map(one, range(READERS))])


async def repeat(name: str, target: Target) -> None:
    """Repeat an attack until cancelled; write one character at the start, and one for each time.

    The next time begins when the last one is over, or ``EVERY`` seconds after its start: some
    connections of an attack that the server keeps waiting must not spare it all others.
    """
    print(end="+", flush=True)
    running: set[asyncio.Future[None]] = set()
    while True:
        begun = asyncio.ensure_future(ALL[name](target))
        begun.add_done_callback(lambda _: print(end=".", flush=True))
        running.add(begun)
        await asyncio.wait({begun}, timeout=EVERY)
        running = {one for one in running if not one.done()}
        if len(running) >= OVERLAP_MAX:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":  # python -m benchmarks.attacks NAME HOST PORT SOURCE
    aimed = Target(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    asyncio.run(readers(aimed) if sys.argv[1] == "readers" else repeat(sys.argv[1], aimed))
