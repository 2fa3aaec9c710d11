"""A session without a socket: against the ``h2`` library's server in memory, or against frames that
it would not send.
"""

from __future__ import annotations

from typing import TypeVar

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
)
from h2.settings import SettingCodes, Settings

from ticker.net import frames
from ticker.net.exchange import Counts, Request
from ticker.net.header_block import Head
from ticker.net.reply import Unanswered
from ticker.net.session import Outcome, Session

HEAD = Head([(b"ttl", b"60")])
OK = b"\x88"
"""A header block: ``:status: 200``."""

E = TypeVar("E", bound=Event)


def request(body: bytes = b"text", path: bytes = b"/push") -> Request:
    return Request(path, HEAD, [(b"topic", b"story")], body)


class Line:
    """A session and a server of the library; ``events`` are what the server saw."""

    def __init__(self, *, streams: int = 100, **settings: int) -> None:
        self.counts = Counts()
        self.session: Session[Request] = Session(
            b"push.example.org", secure=True, streams=streams, counts=self.counts
        )
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        wanted = {SettingCodes[name.upper()]: value for name, value in settings.items()}
        self.server.local_settings = Settings(client=False, initial_values=wanted)
        self.server.initiate_connection()
        self.events: list[Event] = []
        self.run()

    def run(self) -> list[tuple[Request, Outcome]]:
        """Hand everything over until both are silent."""
        finished: list[tuple[Request, Outcome]] = []
        while True:
            there = self.session.out.take()
            if there:
                self.events += self.server.receive_data(there)
            back = self.server.data_to_send()
            if not back and not there:
                return finished
            finished += self.session.receive(back)

    def start(self, *requests: Request) -> None:
        for each in requests:
            self.session.start(each)
        assert self.run() == []

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


def raw(*, streams: int = 100, started: int = 1, body: bytes = b"text") -> Session[Request]:
    """Return a session whose peer sent empty settings, with so many requests under way."""
    session: Session[Request] = Session(
        b"push.example.org", secure=True, streams=streams, counts=Counts()
    )
    assert session.receive(frames.settings({})) == []
    for _ in range(started):
        session.start(request(body))
    session.out.take()
    return session


def broken(session: Session[Request], data: bytes) -> int:
    """Return the error code with which it ends the connection; everything under way has failed."""
    under_way = session.busy
    finished = session.receive(data)
    assert session.broken
    assert not session.busy
    assert session.room() == 0
    assert all(isinstance(outcome, Unanswered) and outcome.sent for _, outcome in finished)
    assert bool(finished) == under_way
    sent, _ = frames.split(session.out.take())
    assert sent[-1].kind == frames.GOAWAY
    return int.from_bytes(sent[-1].payload[4:8], "big")
