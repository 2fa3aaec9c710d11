"""The server's half of the WebSocket handshake (RFC 6455 §4.2): a head in, a response out."""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from websockets.utils import accept_key

from ticker.gateway import deflate
from ticker.gateway.request_head import Head

PATH = "/v1/ws"
SUBPROTOCOL = "ticker.v1"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Write ``response``; frames follow."""

    response: bytes
    extension: str
    """The answer to an offer of permessage-deflate, empty if it is not in use."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Write ``response`` and close."""

    response: bytes


def respond(head: Head | None, *, compress: bool) -> Accepted | Refused:
    """Return the response to an upgrade request; ``head`` is None if it is not a plain GET.

    ``compress``: accept an offer of permessage-deflate.
    """
    if head is None:
        return _refuse("400 Bad Request", "A WebSocket begins with a plain GET request.")
    if head.path != PATH:
        return _refuse("404 Not Found", f"WebSockets are at {PATH}.")
    headers = head.headers
    if headers.get("sec-websocket-version") != "13":
        return _refuse("426 Upgrade Required", "Use version 13.", "Sec-WebSocket-Version: 13\r\n")
    key = headers.get("sec-websocket-key", "")
    try:
        valid = len(binascii.a2b_base64(key, strict_mode=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        return _refuse("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64.")
    offered = headers.get("sec-websocket-protocol", "")
    chosen = ""
    if offered and SUBPROTOCOL in [name.strip() for name in offered.split(",")]:
        chosen = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
    offers = headers.get("sec-websocket-extensions", "") if compress else ""
    extension = deflate.accept(offers, headers.get("user-agent", ""))
    if extension:
        chosen += f"Sec-WebSocket-Extensions: {extension}\r\n"
    return Accepted(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %s\r\n%s\r\n" % (accept_key(key).encode(), chosen.encode()),
        extension=extension,
    )


def _refuse(status: str, text: str, headers: str = "") -> Refused:
    return Refused(
        f"HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
    )
