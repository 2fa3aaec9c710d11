"""A server that takes what an attacker sends and refuses it, beside the newsroom.

The attacker and this process share the machine with the newsroom, and the newsroom has no part in
their traffic. ``python -m benchmarks.attack`` compares each attack with it.
"""

from __future__ import annotations

import asyncio

DROPPED_MAX = 262_144
"""Bytes that are read of a connection after its refusal, as the newsroom does."""
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the first bytes, drop what follows, and close."""
    try:
        if await reader.read(65_536):
            writer.write(REFUSAL)
            writer.write_eof()
        dropped = 0
        while dropped < DROPPED_MAX and (data := await reader.read(65_536)):
            dropped += len(data)
    except OSError:
        pass  # the client has cut it
    finally:
        writer.transport.abort()


async def serve() -> None:
    """Serve on a free port, which is written first, until killed."""
    server = await asyncio.start_server(refuse, "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
