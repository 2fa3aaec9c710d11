"""An HTTP/2 server for tests, on the ``h2`` library, that misbehaves when it is told to.

    async def handler(request: Request) -> Response: ...

    async with Peer(handler) as peer:                     # h2c: HttpClient(prior_knowledge=True)
        await client.post(peer.origin, …)
    async with Peer(handler, tls=certificate()) as peer:  # https; the client gets peer.client_tls

What it does wrong is set at any time, for what comes after:

    peer.refuse = 3          the next three streams: RST_STREAM(REFUSED_STREAM), no handler
    peer.reset = 3           the next three: RST_STREAM(INTERNAL_ERROR) instead of an answer
    peer.silent = True       reads, and answers nothing, PING neither
    peer.fragment = 5        header blocks in pieces of at most five bytes: CONTINUATION
    peer.pad = 7             so many bytes of padding on HEADERS and DATA
    peer.goaway()            GOAWAY on each connection; ``last=`` says up to which stream
    peer.limit(5)            SETTINGS_MAX_CONCURRENT_STREAMS on each connection
    peer.drop()              aborts each connection
    peer.send(data)          raw bytes on each connection, past the library
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import ContinuationFrame, Frame, HeadersFrame

from tests.net.certificates import Certificate, certificate


class Request(NamedTuple):
    method: bytes
    path: bytes
    headers: Mapping[bytes, bytes]
    """Lower-case names, pseudo-headers included."""
    body: bytes
    connection: int
    """Which one it came on, counted from 0."""


class Response(NamedTuple):
    status: int = 200
    headers: Mapping[bytes, bytes] = {}
    body: bytes = b""


Handler = Callable[[Request], Awaitable[Response]]


class Peer:
    """Listens on 127.0.0.1 from ``async with`` on; handlers run as tasks of their own."""

    def __init__(
        self,
        handler: Handler,
        *,
        tls: Certificate | None = None,
        max_streams: int | None = 100,
        initial_window: int | None = None,
        credit: int = 0,
    ) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        """Complete ones in the order of their ends, refused and reset ones not among them."""
        self.cancelled = 0
        """Streams that the client reset."""
        self.connections: list[PeerConnection] = []
        """Every one there ever was; ``is_open`` tells which are left."""
        self.credit = credit
        """Bytes that a connection may carry at a time beyond the 65,535 of the beginning."""
        self.refuse = 0
        self.reset = 0
        self.silent = False
        self.fragment = 0
        self.pad = 0
        self.settings: dict[SettingCodes, int] = {}
        if max_streams is not None:
            self.settings[SettingCodes.MAX_CONCURRENT_STREAMS] = max_streams
        if initial_window is not None:
            self.settings[SettingCodes.INITIAL_WINDOW_SIZE] = initial_window
        self.port = 0
        self._tls = tls
        self._server: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    @property
    def client_tls(self) -> ssl.SSLContext | None:
        return self._tls.client if self._tls else None

    @property
    def open(self) -> list[PeerConnection]:
        return [connection for connection in self.connections if connection.is_open]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen: on the port it had, if it was stopped before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: PeerConnection(self),
            "127.0.0.1",
            self.port,
            ssl=self._tls.server if self._tls else None,
            reuse_address=True,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and drop every connection."""
        assert self._server is not None, "not started"
        self._server.close()
        self.drop()
        await self._server.wait_closed()
        gone = [connection.lost.wait() for connection in self.connections]
        await asyncio.wait_for(asyncio.gather(*gone), 30)
        tasks = [task for connection in self.connections for task in connection.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self) -> None:
        for connection in self.open:
            connection.transport.abort()

    def send(self, data: bytes) -> None:
        for connection in self.open:
            connection.transport.write(data)

    def limit(self, streams: int) -> None:
        for connection in self.open:
            connection.h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: streams})
            connection.flush()

    def goaway(self, *, last: int | None = None, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Send GOAWAY past the library, which would take it as the end of everything."""
        for connection in self.open:
            last_stream = connection.last_stream if last is None else last
            connection.ends_at = last_stream
            payload = last_stream.to_bytes(4, "big") + int(code).to_bytes(4, "big")
            connection.transport.write(
                len(payload).to_bytes(3, "big") + b"\x07\x00" + bytes(4) + payload
            )


@dataclass
class _Stream:
    headers: dict[bytes, bytes]
    body: bytearray = field(default_factory=bytearray)
    unsent: bytes | None = None


class PeerConnection(asyncio.Protocol):
    """One connection of a ``Peer``: ``h2`` is the library's state, ``flush`` sends its bytes."""

    transport: asyncio.Transport

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.number = len(peer.connections)
        self.is_open = False
        self.lost = asyncio.Event()
        self.last_stream = 0
        self.ends_at = 2**31
        """Later streams are passed over, since GOAWAY said so (RFC 9113 §6.8)."""
        self.goodbye: ErrorCodes | None = None
        """The code of the client's GOAWAY."""
        self.tasks: set[asyncio.Task[None]] = set()
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._streams: dict[int, _Stream] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own is none by class
        self.is_open = True
        self.peer.connections.append(self)
        settings = {SettingCodes.ENABLE_PUSH: 0, **self.peer.settings}
        self.h2.local_settings = Settings(client=False, initial_values=settings)
        self.h2.initiate_connection()
        if self.peer.credit:
            self.h2.increment_flow_control_window(self.peer.credit)
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        if self.peer.silent:
            return
        try:
            for event in self.h2.receive_data(data):
                self._see(event)
        except ProtocolError:
            self.flush()
            self.transport.close()
            return
        self.flush()

    def flush(self) -> None:
        data = self.h2.data_to_send()
        if data and self.is_open and not self.peer.silent:
            self.transport.write(_rewritten(data, self.peer.fragment, self.peer.pad))

    def _see(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(id)) if id > self.ends_at:
                pass
            case RequestReceived(stream_id=int(id), headers=list(headers)):
                self.last_stream = id
                if self.peer.refuse:
                    self.peer.refuse -= 1
                    with suppress(ProtocolError):
                        self.h2.reset_stream(id, ErrorCodes.REFUSED_STREAM)
                else:
                    self._streams[id] = _Stream({bytes(name): bytes(v) for name, v in headers})
            case DataReceived(stream_id=int(id), data=bytes(data), flow_controlled_length=int(n)):
                self.h2.increment_flow_control_window(n)
                if id in self._streams:
                    self._streams[id].body += data
                    if n:
                        with suppress(KeyError, ProtocolError):  # reset behind what is read here
                            self.h2.increment_flow_control_window(n, id)
            case StreamEnded(stream_id=int(id)) if id in self._streams:
                self._ended(id)
            case StreamReset(stream_id=int(id)) if self._streams.pop(id, None):
                self.peer.cancelled += 1
            case WindowUpdated():
                for id in list(self._streams):
                    self._send_body(id)
            case ConnectionTerminated(error_code=code):
                self.goodbye = ErrorCodes(code or 0)
            case _:
                pass

    def _ended(self, id: int) -> None:
        if self.peer.reset:
            self.peer.reset -= 1
            del self._streams[id]
            with suppress(ProtocolError):
                self.h2.reset_stream(id, ErrorCodes.INTERNAL_ERROR)
            return
        stream = self._streams[id]
        request = Request(
            stream.headers[b":method"],
            stream.headers[b":path"],
            stream.headers,
            bytes(stream.body),
            self.number,
        )
        self.peer.requests.append(request)
        task = asyncio.ensure_future(self._answer(id, request))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, id: int, request: Request) -> None:
        response = await self.peer.handler(request)
        if id not in self._streams or not self.is_open:
            return  # given up meanwhile
        fields = [(b":status", b"%d" % response.status), *response.headers.items()]
        self.h2.send_headers(id, fields, end_stream=not response.body)
        if response.body:
            self._streams[id].unsent = response.body
            self._send_body(id)
        else:
            del self._streams[id]
        self.flush()

    def _send_body(self, id: int) -> None:
        stream = self._streams[id]
        while stream.unsent:
            room = min(self.h2.local_flow_control_window(id), self.h2.max_outbound_frame_size)
            room -= self.peer.pad + 1
            if room <= 0:
                return
            piece, stream.unsent = stream.unsent[:room], stream.unsent[room:]
            pad = self.peer.pad or None
            self.h2.send_data(id, piece, end_stream=not stream.unsent, pad_length=pad)
            if not stream.unsent:
                del self._streams[id]


def _rewritten(data: bytes, fragment: int, pad: int) -> bytes:
    """Return the library's frames with header blocks in pieces, and padded."""
    if not fragment and not pad:
        return data
    out = bytearray()
    while data:
        frame, length = Frame.parse_frame_header(memoryview(data[:9]))
        payload, data = data[9 : 9 + length], data[9 + length :]
        frame.parse_body(memoryview(payload))
        if not isinstance(frame, HeadersFrame):
            out += frame.serialize()
            continue
        block, size = frame.data, fragment or len(frame.data)
        frame.data = block[:size]
        if pad:
            frame.flags.add("PADDED")
            frame.pad_length = pad
        if size < len(block):
            frame.flags.discard("END_HEADERS")
        out += frame.serialize()
        for start in range(size, len(block), size):
            more = ContinuationFrame(frame.stream_id, block[start : start + size])
            if start + size >= len(block):
                more.flags.add("END_HEADERS")
            out += more.serialize()
    return bytes(out)


__all__ = ["Certificate", "Handler", "Peer", "Request", "Response", "certificate"]
