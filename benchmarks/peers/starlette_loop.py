"""Starlette on uvicorn: ``send_text`` to one client after the other."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

clients: set[WebSocket] = set()


async def reader(client: WebSocket) -> None:
    """Keep one client until it goes."""
    await client.accept()
    clients.add(client)
    try:
        while True:
            await client.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        clients.discard(client)


async def control(source: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Send on what comes."""
    while head := await source.read(4):
        length = int.from_bytes(head, "big")
        message = (await source.readexactly(length)).decode()
        for client in list(clients):
            await client.send_text(message)


async def main(port: int, control_port: int) -> None:
    """Serve until the process is ended."""
    await asyncio.start_server(control, "127.0.0.1", control_port)
    app = Starlette(routes=[WebSocketRoute("/", reader)])
    config = uvicorn.Config(
        app,
        port=port,
        backlog=4096,
        loop="uvloop",
        log_level="warning",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
