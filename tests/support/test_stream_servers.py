"""No connection that a server has just accepted is left open by the end of a test."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket

import pytest


@pytest.mark.parametrize("turns", range(5))
def test_a_connection_that_was_just_accepted_is_closed(turns: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.close()

    async def test() -> socket.socket:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        for _ in range(turns):
            await asyncio.sleep(0)
        server.close()
        return client

    gc.disable()  # a collection would close it, too
    try:
        with asyncio.run(test()) as client, contextlib.suppress(ConnectionResetError):
            client.settimeout(30)
            assert client.recv(1) == b""
    finally:
        gc.enable()
