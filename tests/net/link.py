"""An HTTP/2 connection without a socket: against ``h2``'s server in memory, or against frames that
it would not send.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame, SettingsFrame

from ticker.net.connection_interface import Connection
from ticker.net.exchange import Counts, Exchange
from ticker.net.headers import Head
from ticker.net.http2 import Http2
from ticker.net.reply import Reply, Unanswered

HEAD = Head([(b"ttl", b"60")])
OK = b"\x88"
"""A header block: ``:status: 200``."""

E = TypeVar("E", bound=Event)


def request(body: bytes = b"text", path: bytes = b"/push") -> Exchange:
    answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    return Exchange(b"POST", path, HEAD, [(b"topic", b"story")], body, answer, 0.0)


def outcome(exchange: Exchange) -> Reply | Unanswered | None:
    """Return what came of a request, None while it is under way."""
    if not exchange.answer.done():
        return None
    error = exchange.answer.exception()
    assert error is None or isinstance(error, Unanswered)
    return error or exchange.answer.result()


class Transport(asyncio.Transport):
    """Keeps what is written; ``closed`` is how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed: str = ""
        self.unread = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def take(self) -> bytes:
        data, self.written = self.written, b""
        return data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.unread

    def close(self) -> None:
        self.closed = self.closed or "closed"

    def abort(self) -> None:
        self.closed = self.closed or "aborted"


class Owner:
    """Stands for the origin of a connection."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.drained = False

    def on_room(self) -> None:
        pass

    def on_draining(self, connection: Connection) -> None:
        self.drained = True

    def on_closed(self, connection: Connection) -> None:
        pass

    def on_first_response(self) -> None:
        pass

    def on_unseen(self, exchange: Exchange) -> None:
        raise AssertionError("HTTP/2 tells its caller, and lets it decide")


class Client:
    """An ``Http2`` on a transport in memory."""

    def __init__(self, *, streams: int = 100) -> None:
        self.owner = Owner()
        self.transport = Transport()
        self.http2 = Http2(
            self.owner, b"push.example.org", secure=True, streams=streams, ping_timeout=1.0
        )
        self.http2.connection_made(self.transport)

    def start(self, *exchanges: Exchange) -> None:
        for each in exchanges:
            self.http2.start(each)

    async def sent(self) -> list[Frame]:
        """Return the frames that were sent since the last time."""
        await asyncio.sleep(0)
        data = self.transport.take()
        found = []
        while data:
            frame, length = Frame.parse_frame_header(memoryview(data[:9]))
            frame.parse_body(memoryview(data[9 : 9 + length]))
            data = data[9 + length :]
            found.append(frame)
        return found

    async def goodbye(self) -> int | None:
        """Return the error code of the last frame sent, None if it is no GOAWAY."""
        last = (await self.sent())[-1]
        return last.error_code if isinstance(last, GoAwayFrame) else None


async def raw(
    *, streams: int = 100, started: int = 1, body: bytes = b"text"
) -> tuple[Client, list[Exchange]]:
    """Return a client whose peer sent empty settings, and so many requests under way."""
    client = Client(streams=streams)
    client.transport.take()
    client.http2.data_received(SettingsFrame().serialize())
    exchanges = [request(body) for _ in range(started)]
    client.start(*exchanges)
    await client.sent()
    return client, exchanges


class Link(Client):
    """A client and a server of the library; ``events`` are what the server saw."""

    def __init__(self, *, streams: int = 100, **settings: int) -> None:
        super().__init__(streams=streams)
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        wanted = {SettingCodes[name.upper()]: value for name, value in settings.items()}
        self.server.local_settings = Settings(client=False, initial_values=wanted)
        self.server.initiate_connection()
        self.events: list[Event] = []

    async def run(self) -> None:
        """Hand everything over until both are silent."""
        while True:
            await asyncio.sleep(0)
            there = self.transport.take()
            if there:
                self.events += self.server.receive_data(there)
            back = self.server.data_to_send()
            if not back and not there:
                return
            self.http2.data_received(back)

    async def send(self, *exchanges: Exchange) -> None:
        """Start requests and let the server see them."""
        self.start(*exchanges)
        await self.run()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def answer(self, stream: int, body: bytes = b"") -> None:
        self.server.send_headers(stream, [(b":status", b"201")], end_stream=not body)
        if body:
            self.server.send_data(stream, body, end_stream=True)

    def received(self, stream: int) -> bytes:
        return b"".join(
            event.data or b"" for event in self.of(DataReceived) if event.stream_id == stream
        )


async def linked(*, streams: int = 100, **settings: int) -> Link:
    """Return a link whose greetings are over."""
    link = Link(streams=streams, **settings)
    await link.run()
    return link
