"""Parsers of the feed for thousands of readers: bytes in, messages out. Sans-I/O.

A server writes the same bytes to all readers of a filter, so each payload is parsed once and
looked up after that. The caches are emptied when they are full; nothing else grows.
"""

from __future__ import annotations

import base64
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import httptools
import orjson

from ticker.bench.ledger import Event, Position
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadCursor

Kind: TypeAlias = Literal[
    "welcome", "snapshot", "item", "heartbeat", "goodbye", "error", "close", "ping", "other"
]
Transport: TypeAlias = Literal["ws", "sse"]

CACHED = 4_096
"""Payloads, and chunks, that are remembered at a time."""
CHUNK_MAX = 65_536
"""Bytes; a longer chunk is cut at a random place, so it never repeats."""
HEAD_MAX = 65_536
"""Bytes of a response head before it is taken for no HTTP response."""
_USER_AGENT = "ticker-bench"


class NotTicker(Exception):
    """The server does not speak this protocol; ``status`` is its HTTP status, 0 for none."""

    def __init__(self, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(slots=True)
class Message:
    """One parsed payload. The reader that counts it first fills in ``event``."""

    kind: Kind
    at: Position | None = None
    cursor: str = ""
    item: str = ""
    headline: str | None = None
    mode: str = ""
    reset: bool = False
    code: int = 0
    detail: str = ""
    event: Event | None = None


class Parser(Protocol):
    """One connection's half of a transport."""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes. Raises NotTicker for anything else."""


class MessageCache:
    """Parsed payloads and chunks that the parsers of one run share."""

    def __init__(self) -> None:
        self.chunks: dict[bytes, list[Message]] = {}
        self._payloads: dict[bytes, Message] = {}

    def read(self, payload: bytes) -> Message:
        """Return the parsed payload, the same object each time. Raises NotTicker."""
        message = self._payloads.get(payload)
        if message is None:
            try:
                message = _message(orjson.loads(payload))
            except (BadCursor, ValueError, KeyError, TypeError, AttributeError) as error:
                raise NotTicker(f"a message that cannot be read: {error!r}") from error
            remember(self._payloads, payload, message)
        return message


_K = TypeVar("_K")
_V = TypeVar("_V")


def remember(cache: dict[_K, _V], key: _K, value: _V) -> None:
    """Keep ``value``; forget everything first if the cache is full."""
    if len(cache) >= CACHED:
        cache.clear()
    cache[key] = value


def request(transport: Transport, host: str, target: str) -> bytes:
    """Return the request that opens a feed at ``target``, a path with its query."""
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {_USER_AGENT}\r\n"
    if transport == "sse":
        return f"{head}Accept: text/event-stream\r\nCache-Control: no-store\r\n\r\n".encode()
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"{head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def pong(message: Message) -> bytes:
    """Return the answer to a ping, masked as a client must (RFC 6455 §5.3)."""
    body = message.detail.encode("latin-1")  # as it came; at most 125 bytes
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))
    return bytes((0x8A, 0x80 | len(body))) + mask + masked


def ws_header(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at ``at`` begins and ends; None if that is not here.

    For frames of a server, which are not masked (RFC 6455 §5.1, §5.2).
    """
    if len(data) < at + 2:
        return None
    short = data[at + 1] & 0x7F
    begin = at + 2 if short < 126 else at + 4 if short == 126 else at + 10
    if len(data) < begin:
        return None
    length = short if short < 126 else int.from_bytes(data[at + 2 : begin], "big")
    return begin, begin + length


class WebSocket:
    """The client's half of a WebSocket whose server sends whole, unmasked frames."""

    __slots__ = ("_cache", "_left", "_open")

    def __init__(self, cache: MessageCache) -> None:
        self._cache = cache
        self._left = b""
        self._open = False

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes. Raises NotTicker for anything else."""
        if not self._left and self._open:
            known = self._cache.chunks.get(data)
            if known is not None:
                return known
        whole, data = not self._left and self._open, self._left + data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                if len(head) > HEAD_MAX:
                    raise NotTicker("an endless answer")
                self._left = head
                return []
            _check_status(head, 101)
            self._open = True
        messages, used = self._frames(data)
        self._left = data[used:]
        if whole and not self._left and len(data) <= CHUNK_MAX:
            remember(self._cache.chunks, data, messages)
        return messages

    def _frames(self, data: bytes) -> tuple[list[Message], int]:
        """Return the messages of all whole frames, and how many bytes those had."""
        messages, place = [], 0
        while (span := ws_header(data, place)) is not None and span[1] <= len(data):
            messages.append(self._frame(data[place], data[span[0] : span[1]]))
            place = span[1]
        return messages, place

    def _frame(self, opcode: int, payload: bytes) -> Message:
        match opcode:
            case 0x81:
                return self._cache.read(payload)
            case 0x88:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                return Message("close", code=code, detail=payload[2:].decode(errors="replace"))
            case 0x89:
                return Message("ping", detail=payload.decode("latin-1"))
            case 0x8A:
                return Message("other")
            case _:
                raise NotTicker(f"a frame of type {opcode:#x}")


class EventStream:
    """The reader's half of server-sent events, behind any proxy (chunked or not)."""

    __slots__ = ("_body", "_cache", "_http", "_left", "_refused", "_sized", "_type")

    def __init__(self, cache: MessageCache) -> None:
        self._cache = cache
        self._http = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._left = b""
        self._type = ""
        self._sized = False
        self._refused = 0

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes. Raises NotTicker for anything else."""
        try:
            self._http.feed_data(data)
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, NotTicker):  # ours, from a callback below
                raise error.__context__ from None
            raise NotTicker(f"no HTTP: {error}") from error
        if self._refused:
            return []
        body = self._left + b"".join(self._body)
        self._body.clear()
        if not self._left:
            known = self._cache.chunks.get(body)
            if known is not None:
                return known
        whole, text = not self._left, body
        *blocks, self._left = text.split(b"\n\n")
        messages = [message for block in blocks if (message := self._event(block)) is not None]
        if whole and not self._left and messages and len(body) <= CHUNK_MAX:
            remember(self._cache.chunks, body, messages)
        return messages

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the response (called by the parser)."""
        if name.lower() == b"content-type":
            self._type = value.decode("latin-1")
        elif name.lower() == b"content-length":
            self._sized = True

    def on_headers_complete(self) -> None:
        """Look at the head of the response (called by the parser)."""
        status = self._http.get_status_code()
        if status != 200:
            self._refused = status
            if not self._sized:
                raise NotTicker(f"HTTP {status}", status)
        elif not self._type.startswith("text/event-stream"):
            raise NotTicker(f"the answer is {self._type or 'of no type'}, not an event stream")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the stream (called by the parser)."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Say why the server refused (called by the parser); a stream has no end."""
        if self._refused:
            reason = f"HTTP {self._refused}"
            with suppress(ValueError, TypeError, AttributeError):
                reason = str(orjson.loads(b"".join(self._body)).get("detail") or reason)
            raise NotTicker(reason, self._refused)

    def _event(self, block: bytes) -> Message | None:
        for line in block.split(b"\n"):
            if line.startswith(b"data: "):
                return self._cache.read(line[6:])
        return None  # retry: or a comment


def position(cursor: str) -> Position:
    """Return the position of a cursor. Raises BadCursor if this version cannot read it."""
    parsed = Cursor.parse(cursor)
    return (parsed.epoch, parsed.id.ms, parsed.id.seq)


def _message(data: dict[str, Any]) -> Message:
    kind = data["type"]
    if kind == "error":
        return Message("error", detail=f"{data['code']}: {data['message']}")
    if kind == "goodbye":
        return Message("goodbye", detail=str(data.get("reason") or "goodbye"))
    if kind not in ("welcome", "snapshot", "item", "heartbeat"):
        return Message("other")
    cursor = data["cursor"]
    message = Message(kind, position(cursor), cursor)
    if kind == "welcome":
        message.mode = data["mode"]
        message.reset = bool(data.get("reset"))
        message.detail = str(data.get("reason") or "")
    elif kind == "item":
        message.item = data["item"]["id"]
        message.headline = data["item"].get("headline")
    return message


def _check_status(head: bytes, wanted: int) -> None:
    first = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(first) < 2 or not first[0].startswith(b"HTTP/") or not first[1].isdigit():
        raise NotTicker("no HTTP")
    status = int(first[1])
    if status != wanted:
        raise NotTicker(f"HTTP {status}", status)
