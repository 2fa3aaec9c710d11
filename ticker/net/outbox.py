"""What goes out on one HTTP/2 connection: requests as frames, as far as the peer's windows allow.

Bytes are collected until somebody takes them, so that all requests of one turn are one write.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from ticker.net import frames
from ticker.net.exchange import Request
from ticker.net.frames import FRAME_MAX, WINDOW, WINDOW_MAX, Fault
from ticker.net.header_block import length, literal

R = TypeVar("R", bound=Request)

OWED_MAX = 1_000
"""Frames that the peer may make us owe, acknowledgements above all, before they are taken."""

_NO_TABLE = b"\x20"
"""A dynamic table of size 0 (RFC 7541 §6.3): we never use one, whatever the peer allows."""


class Outbox(Generic[R]):
    """Holds the connection's window, and those of the streams that wait for theirs (§5.2)."""

    def __init__(self, authority: bytes, *, secure: bool) -> None:
        self.size = 0
        """Bytes of requests that are to be taken."""
        self._out: list[bytes] = []
        self._owed = 0
        scheme = b"\x87" if secure else b"\x86"
        self._prefix = b"\x83" + scheme + b"\x01" + length(len(authority)) + authority + b"\x04"
        """POST, the scheme, the authority, and the name of ``:path`` (RFC 7541 appendix A)."""
        self._first = _NO_TABLE
        self._window = WINDOW
        self._initial = WINDOW
        self._blocked: dict[int, R] = {}

    def __bool__(self) -> bool:
        """Tell whether there is something to take."""
        return bool(self._out)

    def take(self) -> bytes:
        """Return what is to be sent."""
        data = b"".join(self._out)
        self._out.clear()
        self._owed = self.size = 0
        return data

    def put(self, data: bytes) -> None:
        """Send a frame of our own accord."""
        self._out.append(data)

    def owe(self, data: bytes) -> None:
        """Send a frame that the peer asked for. Raises Fault if it asks for too many."""
        self._owed += 1
        if self._owed > OWED_MAX:
            raise Fault(frames.ENHANCE_YOUR_CALM, "more to acknowledge than is reasonable")
        self._out.append(data)

    def send(self, request: R, stream: int) -> None:
        """Send a request; of its body, what the windows allow, and the rest when they do."""
        path, body = request.path, request.body
        size = b"%d" % len(body)
        block = b"%b%b%b%b%b%b\x0f\x0d%c%b" % (  # at last content-length, by its number
            self._first,
            self._prefix,
            length(len(path)),
            path,
            request.head.h2,
            b"".join([literal(name, value) for name, value in request.extra]),
            len(size),
            size,
        )
        self._first = b""
        self.size += len(block) + len(body)
        end = frames.END_HEADERS if body else frames.END_HEADERS | frames.END_STREAM
        if len(block) <= FRAME_MAX:
            self._out += (frames.start(frames.HEADERS, end, stream, len(block)), block)
        else:
            self._send_pieces(stream, end, block)
        if len(body) <= min(self._window, self._initial, FRAME_MAX):
            if body:
                self._window -= len(body)
                self._out += (frames.start(frames.DATA, frames.END_STREAM, stream, len(body)), body)
        else:
            request.unsent = memoryview(body)
            request.window = self._initial
            self._blocked[stream] = request
            self._send_blocked()

    def forget(self, stream: int) -> None:
        """Send no more of a request."""
        self._blocked.pop(stream, None)

    def clear(self) -> None:
        """Send no more of any request."""
        self._blocked.clear()

    def widen(self, stream: int, more: int) -> None:
        """Add to a window, the connection's if ``stream`` is 0. Raises Fault (§6.9).

        A wrong increment for a stream ends the connection as well, which §5.4.2 permits.
        """
        if not more:
            raise Fault(frames.PROTOCOL_ERROR, "a window update of nothing")
        if stream == 0:
            self._window += more
            window = self._window
        else:
            request = self._blocked.get(stream)
            if request is None:
                return  # it has sent everything
            request.window += more
            window = request.window
        if window > WINDOW_MAX:
            raise Fault(frames.FLOW_CONTROL_ERROR, "a window too large")
        self._send_blocked()

    def set_initial(self, window: int) -> None:
        """Change the window of all streams (§6.9.2); theirs may become negative. Raises Fault."""
        if window > WINDOW_MAX:
            raise Fault(frames.FLOW_CONTROL_ERROR, "an initial window too large")
        for request in self._blocked.values():
            request.window += window - self._initial
            if request.window > WINDOW_MAX:
                raise Fault(frames.FLOW_CONTROL_ERROR, "a window too large")
        self._initial = window
        self._send_blocked()

    def _send_pieces(self, stream: int, flags: int, block: bytes) -> None:
        kind, flags = frames.HEADERS, flags & ~frames.END_HEADERS
        for position in range(0, len(block), FRAME_MAX):
            if position + FRAME_MAX >= len(block):
                flags |= frames.END_HEADERS
            piece = block[position : position + FRAME_MAX]
            self._out.append(frames.frame(kind, flags, stream, piece))
            kind, flags = frames.CONTINUATION, 0

    def _send_blocked(self) -> None:
        """Send of the blocked bodies what the windows allow, oldest first."""
        for stream, request in list(self._blocked.items()):
            unsent = request.unsent
            assert unsent is not None
            while (size := min(self._window, request.window, len(unsent), FRAME_MAX)) > 0:
                piece, unsent = unsent[:size], unsent[size:]
                self._window -= size
                request.window -= size
                end = 0 if unsent else frames.END_STREAM
                self._out.append(frames.frame(frames.DATA, end, stream, bytes(piece)))
            request.unsent = unsent or None
            if request.unsent is None:
                del self._blocked[stream]
            if self._window <= 0:
                return
