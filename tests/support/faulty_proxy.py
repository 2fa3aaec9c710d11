"""A TCP proxy between a browser and a newsroom whose traffic a test can cut.

While cut, it drops all bytes in both directions and accepts nobody, without an error to either
side, as a tunnel or a dead access point does. Restored, it resets the connections from before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK = 65_536


class FaultyProxy:
    """``url`` is the newsroom's address through the proxy."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.url = ""
        self.bytes_per_second: int | None = None
        """In each direction of each connection; None is as fast as it goes."""
        self.connections = 0
        """Connections let through so far."""
        self._port = port
        self._host = host
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Drop everything from now on."""
        self._flowing.clear()

    def restore(self) -> None:
        """Forward again; connections from before the cut are reset."""
        for writer in self._open:
            writer.transport.abort()
        self._flowing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the browser's."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._open.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            back, there = await asyncio.open_connection(self._host, self._port)
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

    async def ended(self) -> None:
        """Wait until no connection is served; ``restore`` resets them."""
        await asyncio.gather(*self._serving)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(self.bytes_per_second or CHUNK):
            if self.bytes_per_second is not None:
                await asyncio.sleep(len(data) / self.bytes_per_second)
            if self._flowing.is_set():
                target.write(data)
                await target.drain()
        target.close()


@contextlib.asynccontextmanager
async def faulty_proxy(port: int, host: str = "127.0.0.1") -> AsyncIterator[FaultyProxy]:
    """Run a proxy on this machine in front of ``port``."""
    laid = FaultyProxy(port, host)
    server = await asyncio.start_server(laid.serve, "127.0.0.1", 0)
    laid.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield laid
    finally:
        server.close()
        laid.restore()
        await laid.ended()
