"""Framing of a message for each transport: WebSocket text frames and server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ticker.gateway.deflate import LARGEST, SMALLEST, deflate
from ticker.stream import frames

Framing: TypeAlias = Callable[[str, bytes, "str | None"], bytes]
"""Takes a message's type, its JSON and its cursor; returns the bytes to write."""


def transport_of(framing: Framing) -> str:
    """Return the transport's name for metrics."""
    if framing is websocket_framing or framing is deflated_framing:
        return "websocket"
    return "sse" if framing is event_stream_framing else "other"


def websocket_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a WebSocket text frame; type and cursor are in the JSON."""
    return frames.ws_text(payload)


def deflated_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a WebSocket text frame, compressed if that pays, for readers that negotiated it."""
    if SMALLEST <= len(payload) <= LARGEST:
        return frames.ws_deflated(deflate(payload))
    return frames.ws_text(payload)


def event_stream_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a server-sent event; a browser sends its ``id`` back when it reconnects."""
    return frames.sse(kind, payload, cursor)
