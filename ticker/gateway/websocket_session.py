"""Parser of what a WebSocket client sends, without I/O: bytes in, effects out.

Make it when the first byte arrives: most clients send nothing and never need its frame parser.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from ticker.domain.errors import BadRequest
from ticker.gateway import deflate
from ticker.gateway.query_parser import Change, NewToken, QueryParser, Subscription
from ticker.stream.close_codes import CloseCode

RATE_SECONDS = 10.0

_PIECE = 512
"""Bytes that the parser gets at a time. It reads all frames in them, about 3 µs each, before the
rate is checked, and 48 KB of empty frames would take 40 ms of the event loop."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Change the subscription in place."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class ChangeOne:
    """Begin or end one of several subscriptions."""

    change: Change


@dataclass(frozen=True, slots=True)
class UseToken:
    """Let the connection's rights be those of this token."""

    token: NewToken


@dataclass(frozen=True, slots=True)
class SendHeartbeat:
    """Answer the client's ``ping`` with a heartbeat."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Write ``data``: a pong, or the answer to the client's close."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Fail:
    """Send an error and close; nothing more is read."""

    code: CloseCode
    name: str
    message: str
    sub: int | None = None
    """The id of the subscription that is wrong, of several."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The client has closed; end the connection once everything is written."""


Effect: TypeAlias = Subscribe | ChangeOne | UseToken | SendHeartbeat | Reply | Fail | Closed


class Session:
    """Reads one client's messages, of ``max_message`` bytes and ``max_messages`` in ten seconds.

    Control frames count as messages: a client that pings without end is too fast as well.
    """

    __slots__ = (
        "_arrivals",
        "_done",
        "_fragments",
        "_late",
        "_max_messages",
        "_protocol",
        "_query_parser",
    )

    def __init__(
        self, query_parser: QueryParser, max_message: int, max_messages: int, *, deflated: bool
    ) -> None:
        """``deflated``: permessage-deflate is in use. The limits are those of inflated messages."""
        self._query_parser = query_parser
        self._max_messages = max_messages
        self._arrivals: deque[float] = deque()
        self._fragments: list[bytes] = []
        self._done = False
        self._late = 0
        """Frames that came after the server's close frame."""
        self._protocol = Protocol(Side.SERVER, max_size=max_message)
        if deflated:
            self._protocol.extensions = [deflate.inflater()]

    def receive(self, data: bytes, now: float) -> list[Effect]:
        """Return the effects of ``data``, received at ``now`` (monotonic seconds), in order."""
        effects: list[Effect] = []
        for start in range(0, len(data), _PIECE):
            if self._done:
                break
            effects += self._receive(data[start : start + _PIECE], now)
        return effects

    def _receive(self, data: bytes, now: float) -> list[Effect]:
        protocol = self._protocol
        protocol.receive_data(data)
        effects: list[Effect] = []
        for frame in protocol.events_received():
            assert isinstance(frame, Frame)
            effects += self._frame(frame, now)
            if self._done:
                return effects
        replies = b"".join(protocol.data_to_send())
        if protocol.parser_exc is None:
            return [*effects, Reply(replies)] if replies else effects
        if isinstance(protocol.parser_exc, PayloadTooBig):
            limit = protocol.max_message_size
            problem = Fail(CloseCode.TOO_LARGE, "too_large", f"messages are at most {limit} bytes")
        else:
            problem = Fail(
                CloseCode.PROTOCOL_ERROR, "bad_frame", "not a WebSocket frame (RFC 6455)"
            )
        self._done = True
        return [*effects, problem]

    @property
    def broken(self) -> bool:
        """Tell whether the client has lost its framing: its close frame cannot be read."""
        return self._protocol.parser_exc is not None

    def ended(self, data: bytes) -> bool:
        """Tell whether the client has answered our close frame with ``data``, or sends too much.

        What it had sent before it read that frame may still arrive: ``max_messages`` frames.
        """
        for start in range(0, len(data), _PIECE):
            if self.broken:
                return False
            self._protocol.receive_data(data[start : start + _PIECE])
            frames = self._protocol.events_received()
            self._protocol.data_to_send()  # answers are not sent any more and must not pile up
            self._late += len(frames)
            if self._late > self._max_messages or any(
                isinstance(frame, Frame) and frame.opcode is Opcode.CLOSE for frame in frames
            ):
                return True
        return False

    def _frame(self, frame: Frame, now: float) -> list[Effect]:
        if frame.opcode is Opcode.CLOSE:
            self._done = True
            return [Reply(b"".join(self._protocol.data_to_send())), Closed()]
        while self._arrivals and now - self._arrivals[0] >= RATE_SECONDS:
            self._arrivals.popleft()
        self._arrivals.append(now)
        if len(self._arrivals) > self._max_messages:
            most = f"at most {self._max_messages} messages in {RATE_SECONDS:.0f} seconds"
            return self._fail(CloseCode.TOO_FAST, "too_fast", most)
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            self._fragments.append(bytes(frame.data))
            return self._message() if frame.fin else []
        if frame.opcode is Opcode.PING or frame.opcode is Opcode.PONG:
            return []  # the parser has queued the answer to a ping
        return self._fail(CloseCode.BAD_REQUEST, "bad_message", "messages are JSON text")

    def _message(self) -> list[Effect]:
        text = b"".join(self._fragments)
        self._fragments.clear()
        try:
            request = self._query_parser.from_message(text)
        except BadRequest as error:
            name = error.slug.replace("-", "_")
            return self._fail(CloseCode.BAD_REQUEST, name, error.detail, error.sub)
        if isinstance(request, Change):
            return [ChangeOne(request)]
        if isinstance(request, NewToken):
            return [UseToken(request)]
        return [SendHeartbeat() if request is None else Subscribe(request)]

    def _fail(
        self, code: CloseCode, name: str, message: str, sub: int | None = None
    ) -> list[Effect]:
        self._done = True
        return [Fail(code, name, message, sub)]
