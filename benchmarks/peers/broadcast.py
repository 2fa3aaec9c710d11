"""``websockets.broadcast()`` on uvloop, without compression."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int, control_port: int) -> None:
    """Serve until the control connection ends."""
    clients: set[ServerConnection] = set()
    done = asyncio.Event()

    async def reader(client: ServerConnection) -> None:
        clients.add(client)
        try:
            await client.wait_closed()
        finally:
            clients.discard(client)

    async def control(source: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int.from_bytes(await source.readexactly(4), "big")
                broadcast(clients, (await source.readexactly(length)).decode())
        except asyncio.IncompleteReadError:
            done.set()

    await asyncio.start_server(control, "127.0.0.1", control_port)
    async with serve(reader, "127.0.0.1", port, compression=None, backlog=4096, ping_interval=None):
        await done.wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
