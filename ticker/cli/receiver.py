"""A webhook receiver for development: one request at a time, on this machine.

``handle`` runs in the command's event loop and returns the status of the answer.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import re
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TypeAlias

Handle: TypeAlias = Callable[[dict[str, str], bytes], Awaitable[int]]
"""Takes headers (names in lower case) and body, returns the status to answer with."""

_LENGTH = re.compile(r"[0-9]{1,9}", re.ASCII)

BODY_MAX = 1_048_576
READ_TIMEOUT = 5.0
"""Seconds that a request may pause; no other is served meanwhile."""
HANDLE_TIMEOUT = 14.0
"""Seconds for an answer; the newsroom waits for 15."""


class Receiver:
    """Listens on a loopback port. ``start`` once, ``stop`` once."""

    def __init__(self, port: int, handle: Handle) -> None:
        """Bind ``port``; 0 means any free one. Raises OSError if it is in use."""
        self._loop = asyncio.get_running_loop()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = READ_TIMEOUT

            def do_POST(self) -> None:
                length = self.headers.get("content-length", "")
                if _LENGTH.fullmatch(length) is None or int(length) > BODY_MAX:
                    self.send_error(413)
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver._ask(handle(headers, self.rfile.read(int(length))))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing: the command shows the deliveries."""

        self._server = HTTPServer(("127.0.0.1", port), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """Return the address at which it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    async def stop(self) -> None:
        """Stop serving; a request under way is answered first."""
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()

    def _ask(self, work: Awaitable[int]) -> int:
        async def run() -> int:
            return await work

        future = asyncio.run_coroutine_threadsafe(run(), self._loop)
        try:
            return future.result(HANDLE_TIMEOUT)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            future.cancel()
            return 503
