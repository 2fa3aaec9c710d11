"""A network cable between a browser and a newsroom that a test can pull out.

Cut, it swallows what either side says and lets nobody in, without a word to anybody, as a tunnel or
a dead access point does. Mended, it knows nothing of the connections from before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK = 65_536


class Cable:
    """``url`` is where the newsroom is to be found behind it."""

    def __init__(self, port: int) -> None:
        self.url = ""
        self.connections = 0
        """Connections let through so far."""
        self._port = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Pull it out."""
        self._whole.clear()

    def mend(self) -> None:
        """Put it back in: connections from before the cut are reset."""
        for writer in self._open:
            writer.transport.abort()
        self._whole.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the browser's."""
        self._open.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            await self._whole.wait()
            back, there = await asyncio.open_connection("127.0.0.1", self._port)
            self.connections += 1
            self._open.add(there)
            await asyncio.gather(self._pump(reader, there), self._pump(back, writer))
        except ConnectionError:
            pass  # either side may be gone at any time; that is what this is for
        finally:
            for one in (writer, there):
                if one is not None:
                    self._open.discard(one)
                    one.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            if self._whole.is_set():
                target.write(data)
                await target.drain()
        target.close()


@contextlib.asynccontextmanager
async def cable(port: int) -> AsyncIterator[Cable]:
    """Lay a cable to ``port`` on this machine."""
    laid = Cable(port)
    server = await asyncio.start_server(laid.carry, "127.0.0.1", 0)
    laid.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield laid
    finally:
        laid.mend()
        server.close()
