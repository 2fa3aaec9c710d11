"""Wait until the server of ``ticker up`` is ready."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

_READY_WITHIN = 20.0  # seconds until a message says what is missing; the wait continues


async def wait_ready(url: str, say: Callable[[str], None]) -> None:
    """Return when /readyz succeeds. If that takes long, print once what is missing."""
    deadline, reported = time.monotonic() + _READY_WITHIN, False
    while True:
        status, body = await _get(url, "/readyz")
        if status == 200:
            return
        if time.monotonic() > deadline and not reported:
            reported = True
            say(f"Not ready yet: {_missing(body)}. Still waiting; press Ctrl-C to stop.")
        await asyncio.sleep(0.05)


async def _get(url: str, path: str) -> tuple[int, bytes]:
    """Return status and body of a GET, or ``(0, b"")`` without a response within 2 seconds."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                writer.write(request)
                response = await reader.read(65_536)
                response += await reader.read(65_536)
            finally:
                writer.close()
        head, _, body = response.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body
    except (OSError, TimeoutError, IndexError, ValueError):
        return 0, b""


def _missing(body: bytes) -> str:
    """Return the hops that /readyz reports as failing, as text."""
    try:
        hops = json.loads(body)["hops"]
        return ", ".join(f"{n} ({h['detail']})" for n, h in hops.items() if not h["ok"])
    except (ValueError, KeyError, TypeError):
        return "the server does not respond"
