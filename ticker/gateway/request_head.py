"""Parser for request heads that are complete and plain; a full HTTP parser takes the others."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from ticker.gateway.request_rules import HEADERS_MAX, violation

_PLAIN = re.compile(
    r"GET (/[!-~]*) HTTP/1\.1\r\n"
    r"((?:[-_]*[A-Za-z0-9][-_A-Za-z0-9]*:[\t -~\xa1-\xac\xae-\xff]*\r\n)*)"
    r"\r\n"
)
"""A request line, then header lines of ordinary names and printable characters."""


class Head(NamedTuple):
    """A GET request without a body; its path is decoded.

    Header names are lower case; repeated ones are one list.
    """

    path: str
    query: str
    headers: dict[str, str]

    @property
    def upgrades(self) -> bool:
        """Tell whether it asks for a WebSocket (RFC 6455 §4.2.1)."""
        if self.headers.get("upgrade", "").lower() != "websocket":
            return False
        connection = self.headers.get("connection", "").lower()
        return connection == "upgrade" or "upgrade" in map(str.strip, connection.split(","))


def read_head(data: bytes) -> Head | None:
    """Return the head in ``data``, or None if it is not exactly one plain GET request.

    Plain means: complete, nothing after it, HTTP/1.1, no body announced but an empty one, no folded
    or malformed header line, and no rule of ``request_rules`` broken.
    """
    if data.find(b"\r\n\r\n") + 4 != len(data):
        return None  # incomplete, or more follows: thousands of requests may have come at once
    head = _PLAIN.fullmatch(data.decode("latin-1"))
    if head is None:
        return None
    target, lines = head.groups()
    if lines.count("\r\n") > HEADERS_MAX:
        return None  # the HTTP protocol says why
    headers: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    for line in lines.split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        pairs.append((name, value))
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if "transfer-encoding" in headers or "expect" in headers:
        return None
    if headers.get("content-length", "0") != "0":
        return None
    path, _, query = target.partition("?")
    if violation(target, pairs) is not None:
        return None  # the HTTP protocol says why
    return Head(unquote(path) if "%" in path else path, query, headers)
