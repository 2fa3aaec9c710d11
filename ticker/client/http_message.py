"""A response of HTTP/1.1 as it comes in."""

from __future__ import annotations

from dataclasses import dataclass, field

import httptools

HEAD_MAX = 64 * 1024
OVERHEAD = 8
"""Bytes around the content for each byte of it, besides those of the head: a chunk of one byte has
five. More are headers or chunk extensions without an end."""


class ResponseTooLarge(EOFError):
    """A response is longer than it may be."""


@dataclass(slots=True)
class Response:
    """A response: ``headers`` by their names in lower case."""

    url: str
    status: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


class Message:
    """Parses a response; also the callbacks of its parser.

    ``most`` is how many bytes it may have; None for a caller that counts what it takes.
    """

    def __init__(self, response: Response, most: int | None) -> None:
        self.response = response
        self.cookies: list[str] = []
        """The ``Set-Cookie`` headers, of which a response may have several."""
        self.received = 0
        self._most = most
        self._size = 0
        self.complete = self.keep_alive = self.agreed = self.head = False
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Read more; nothing is the end of the connection.

        Raises EOFError, ResponseTooLarge, HttpParserError.
        """
        self.received += len(data)
        if not data:
            headers = self.response.headers
            if not self.head or {"content-length", "transfer-encoding"} & headers.keys():
                raise EOFError("the server closed the connection before its response was complete")
            self._end()
            return
        self._parser.feed_data(data)
        around = self.received - self._size
        endless = not self.complete and around > 2 * HEAD_MAX + OVERHEAD * self._size
        most = self._most if self.head else HEAD_MAX
        if endless or (most is not None and self.received > most):
            raise ResponseTooLarge("the response is too large")

    def take(self) -> bytes:
        """Return the content since the last call; the response has only what is not taken."""
        found = b"".join(self._body)
        self._body.clear()
        return found

    def has(self, part: bytes) -> bool:
        """Return whether the content has ``part`` by now; then it is the response's content."""
        self.response.content = b"".join(self._body)
        return part in self.response.content

    def on_status(self, reason: bytes) -> None:
        self.response.reason = reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head:
            return  # of the trailer section
        key = name.decode("latin-1").lower()
        self.response.headers[key] = value.decode("latin-1")
        if key == "set-cookie":
            self.cookies.append(self.response.headers[key])

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # an interim response; another follows
            self.agreed = self.agreed or status == 100
            self.response.headers.clear()
            self.cookies.clear()
            return
        self.response.status, self.head = status, True

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        self._body.append(data)

    def on_message_complete(self) -> None:
        if self.head and not self.complete:
            self.keep_alive = self._parser.should_keep_alive()
            self._end()

    def _end(self) -> None:
        self.response.content = b"".join(self._body)
        self.complete = True
