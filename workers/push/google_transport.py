"""google-auth's requests, made by the event loop's HTTP client for google-auth's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass

from google.auth.exceptions import TransportError

from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Reply, Unanswered
from ticker.net.resolver import split_url

_OURS = frozenset(("connection", "content-length", "host"))
"""Headers that the connection sends itself."""
MARGIN = 1.0
"""Seconds beyond the client's own time-out that the thread waits for an event loop that is busy."""


@dataclass(frozen=True, slots=True)
class Response:
    """The part of google.auth.transport.Response that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class GoogleTransport:
    """A google.auth.transport.Request: called in a thread, while ``loop`` runs in another one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: HttpClient, timeout: float) -> None:
        self._loop = loop
        self._client = client
        self._timeout = timeout

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Response:
        """Make a request and wait for its response. Raises TransportError."""
        data = body.encode() if isinstance(body, str) else body or b""
        asking = self._ask(method.encode(), url, dict(headers or {}), data)
        try:
            asked = asyncio.run_coroutine_threadsafe(asking, self._loop)
        except RuntimeError as error:  # the loop was closed meanwhile
            asking.close()
            raise _failed(error) from error
        try:
            reply = asked.result(self._timeout + MARGIN)
        except (Unanswered, ValueError, TimeoutError, CancelledError) as error:
            asked.cancel()
            raise _failed(error) from error
        fields = {name.decode(): value.decode("latin-1") for name, value in reply.headers.items()}
        return Response(reply.status, fields, reply.body)

    async def _ask(self, method: bytes, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        origin, path = split_url(url)
        sent = [
            (name.encode(), value.encode())
            for name, value in headers.items()
            if name.lower() not in _OURS
        ]
        return await self._client.request(method, origin, path, Head(sent), (), body)


def _failed(error: Exception) -> TransportError:
    why = f"{type(error).__name__}: {error}"
    return TransportError(why)  # type: ignore[no-untyped-call]
