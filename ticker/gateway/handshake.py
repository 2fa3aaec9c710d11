"""The server's half of the WebSocket handshake, RFC 6455 §4.2: a request head in, an answer out.

uvicorn has parsed the head once and found an upgrade; it hands it on as bytes. No extension is
negotiated: one shared frame serves all clients only when it is the same bytes for all of them.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass

from websockets.utils import accept_key

SUBPROTOCOL = "ticker.v1"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Write ``response``; then frames flow. ``origin`` is None outside of browsers."""

    response: bytes
    path: str
    query: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Write ``response`` and close."""

    response: bytes


def answer(head: bytes) -> Accepted | Refused:
    """Return what to say to the upgrade request ``head`` (request line, headers, empty line)."""
    try:
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                # Repeated list headers are one list (RFC 9110 §5.3).
                key, value = name.strip().lower(), value.strip()
                headers[key] = f"{headers[key]}, {value}" if key in headers else value
    except ValueError:
        return _refuse("400 Bad Request", "The request cannot be read.")
    if method != "GET":
        return _refuse("405 Method Not Allowed", "Use GET.", "Allow: GET\r\n")
    if headers.get("sec-websocket-version") != "13":
        return _refuse("426 Upgrade Required", "Use version 13.", "Sec-WebSocket-Version: 13\r\n")
    key = headers.get("sec-websocket-key", "")
    try:
        valid = len(b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        return _refuse("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64.")
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    chosen = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n" if SUBPROTOCOL in offered else ""
    path, _, query = target.partition("?")
    response = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n{chosen}\r\n"
    )
    return Accepted(response.encode(), path, query, headers.get("origin"))


def _refuse(status: str, text: str, headers: str = "") -> Refused:
    return Refused(
        f"HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
    )
