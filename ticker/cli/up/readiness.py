"""Wait until the server of ``ticker up`` is ready."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from ticker.client.errors import Unreachable
from ticker.client.plain_http import PlainHttp

_READY_WITHIN = 20.0  # seconds until a message says what is missing; the wait continues
_TIMEOUT = 2.0


async def wait_ready(url: str, say: Callable[[str], None]) -> None:
    """Return when /readyz succeeds. If that takes long, print once what is missing."""
    http = PlainHttp(url, _TIMEOUT)
    deadline, reported = time.monotonic() + _READY_WITHIN, False
    try:
        while True:
            status, body = await _ask(http)
            if status == 200:
                return
            if time.monotonic() > deadline and not reported:
                reported = True
                say(f"Not ready yet: {_missing(body)}. Still waiting; press Ctrl-C to stop.")
            await asyncio.sleep(0.05)
    finally:
        await http.aclose()


async def _ask(http: PlainHttp) -> tuple[int, bytes]:
    """Return status and body of the answer, or ``(0, b"")`` without one."""
    try:
        answer = await http.send("GET", "/readyz", headers={})
    except Unreachable:
        return 0, b""
    return answer.status, answer.content


def _missing(body: bytes) -> str:
    """Return the hops that /readyz reports as failing, as text."""
    try:
        hops = json.loads(body)["hops"]
        return ", ".join(f"{n} ({h['detail']})" for n, h in hops.items() if not h["ok"])
    except (ValueError, KeyError, TypeError):
        return "the server does not respond"
