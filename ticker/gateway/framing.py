"""Framing of a message for each transport: WebSocket text frames and server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ticker.gateway.deflate import NO_CONTEXT, Deflater, pays
from ticker.stream import frames

Framing: TypeAlias = Callable[[str, bytes, "str | None"], bytes]
"""Takes a message's type, its JSON and its cursor; returns the bytes to write."""


def transport_of(framing: Framing) -> str:
    """Return the transport's name for metrics."""
    if framing in (websocket_framing, deflated_framing, chained_framing):
        return "websocket"
    return "sse" if framing is event_stream_framing else "other"


def websocket_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a WebSocket text frame; type and cursor are in the JSON."""
    return frames.ws_text(payload)


def deflated_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a WebSocket text frame, compressed for itself if that pays."""
    return Chain()(kind, payload, cursor)


def chained_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a WebSocket text frame for a reader of compressed messages, itself uncompressed.

    It leaves the reader's compression context as it is. ``encoder`` compresses.
    """
    return frames.ws_text(payload)


def event_stream_framing(kind: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return a server-sent event; a browser sends its ``id`` back when it reconnects."""
    return frames.sse(kind, payload, cursor)


class Chain:
    """A framing for the messages of one write, which readers get together or not at all."""

    __slots__ = ("_before", "_deflater")

    def __init__(self, before: bytes = b"") -> None:
        """``before`` is the compressed message that the readers have got last, empty for none."""
        self._before = before
        self._deflater: Deflater | None = None

    def __call__(self, kind: str, payload: bytes, cursor: str | None = None) -> bytes:
        """Return a WebSocket text frame, compressed if that pays."""
        if not pays(payload):
            return frames.ws_text(payload)
        if self._deflater is None:
            self._deflater = Deflater(self._before)
        return frames.ws_deflated(self._deflater.deflate(payload))


def encoder(framing: Framing) -> Framing:
    """Return the framing for the messages of one write, which depends on no message before it."""
    return Chain() if framing is chained_framing else framing


def framing_for(extension: str) -> Framing:
    """Return the framing for a WebSocket after the handshake; ``extension`` is its answer."""
    if not extension:
        return websocket_framing
    return deflated_framing if NO_CONTEXT in extension else chained_framing
