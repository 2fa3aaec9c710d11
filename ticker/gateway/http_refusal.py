"""Refusals of HTTP requests as problem documents, for code that has a transport and no response."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from ticker.domain.errors import TickerError, TooMany, Unavailable
from ticker.reader_access.challenge import challenge
from ticker.stream import frames


def refusal(error: TickerError) -> bytes:
    """Return the whole response for ``error``; close the connection after it."""
    phrase = HTTPStatus(error.status).phrase
    body = _body(error)
    lines = b"".join(b"%s: %s\r\n" % header for header in _headers(error, body))
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (error.status, phrase.encode(), lines, body)


class Refusal:
    """ASGI application that answers every request with ``error`` and closes the connection.

    It keeps its place among pipelined responses, which raw bytes would not.
    """

    def __init__(self, error: TickerError) -> None:
        self._error = error

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one request."""
        body = _body(self._error)
        start: Any = {
            "type": "http.response.start",
            "status": self._error.status,
            "headers": _headers(self._error, body),
        }
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _body(error: TickerError) -> bytes:
    return frames.problem(error.status, error.slug, error.title, error.detail)


def _headers(error: TickerError, body: bytes) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"connection", b"close"),
    ]
    if challenged := challenge(error):
        headers.append((b"www-authenticate", challenged.encode()))
    if isinstance(error, TooMany | Unavailable):
        headers.append((b"retry-after", b"%d" % error.retry_after))
    return headers
