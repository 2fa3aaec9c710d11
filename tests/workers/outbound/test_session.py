"""The session against the ``h2`` library's server in memory, and against frames it would not send.

No socket is needed: ``Line`` hands over bytes in both directions.
"""

from __future__ import annotations

from typing import TypeVar

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    PingAckReceived,
    RequestReceived,
    SettingsAcknowledged,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings

from workers.outbound import frames
from workers.outbound.exchange import Counts, Request
from workers.outbound.frames import frame, number
from workers.outbound.head import Head
from workers.outbound.outbox import OWED_MAX
from workers.outbound.reply import BODY_MAX, Reply, Unanswered
from workers.outbound.session import CREDIT, PIECES_MAX, Outcome, Session

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


def test_a_request_is_what_the_library_expects_and_its_answer_comes_back() -> None:
    line = Line()
    assert line.of(SettingsAcknowledged)
    assert line.server.remote_settings.header_table_size == 0
    assert line.server.remote_settings.enable_push == 0
    mine = request(b"body", b"/push/a?b")
    line.start(mine)
    [seen] = line.of(RequestReceived)
    assert [(bytes(n), bytes(v)) for n, v in seen.headers or []] == [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"push.example.org"),
        (b":path", b"/push/a?b"),
        (b"ttl", b"60"),
        (b"topic", b"story"),
        (b"content-length", b"4"),
    ]
    assert line.received(1) == b"body"
    assert len(line.of(StreamEnded)) == 1
    line.answer(1, b"answer")
    assert line.run() == [(mine, Reply(201, {}, b"answer"))]
    assert not line.session.busy


def test_answers_come_in_any_order_and_byte_by_byte() -> None:
    line = Line()
    requests = [request(b"%d" % n) for n in range(5)]
    line.start(*requests)
    for stream in (9, 1, 5, 3, 7):
        line.answer(stream, b"%d" % stream)
    finished = []
    for byte in line.server.data_to_send():
        finished += line.session.receive(bytes((byte,)))
    assert [each.stream for each, _ in finished] == [9, 1, 5, 3, 7]
    assert [outcome for _, outcome in finished] == [
        Reply(201, {}, b"%d" % n) for n in (9, 1, 5, 3, 7)
    ]


def test_nothing_is_started_before_the_settings_are_there() -> None:
    session: Session[Request] = Session(b"a", secure=True, streams=10, counts=Counts())
    assert session.room() == 0
    session.receive(frames.settings({frames.MAX_CONCURRENT_STREAMS: 3}))
    assert session.room() == 3


def test_the_peer_may_allow_fewer_streams_but_not_more() -> None:
    line = Line(streams=10, max_concurrent_streams=2)
    line.start(request(), request())
    assert line.session.room() == 0
    line.server.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1})
    line.run()
    assert line.session.room() == -1
    line.answer(1)
    line.run()
    assert line.session.room() == 0
    line.server.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1_000})
    line.run()
    assert line.session.room() == 9


def test_a_long_head_is_continued() -> None:
    line = Line()
    line.server.decoder.max_header_list_size = 100_000
    path = b"/" + b"p" * 40_000
    line.start(request(path=path))
    [seen] = line.of(RequestReceived)
    assert dict(seen.headers or [])[b":path"] == path
    assert line.received(1) == b"text"


def test_a_request_without_a_body_ends_with_its_headers() -> None:
    line = Line()
    line.start(request(b""))
    assert line.of(StreamEnded)
    assert not line.of(DataReceived)


def test_a_body_waits_for_the_window_of_its_stream() -> None:
    line = Line(initial_window_size=10)
    mine = request(b"0123456789abcdefghij")
    line.start(mine)
    assert line.received(1) == b"0123456789"
    line.server.increment_flow_control_window(4, 1)
    line.run()
    assert line.received(1) == b"0123456789abcd"
    assert not line.of(StreamEnded)
    line.server.increment_flow_control_window(100, 1)
    line.run()
    assert line.received(1) == b"0123456789abcdefghij"
    assert len(line.of(StreamEnded)) == 1
    line.answer(1)
    assert line.run() == [(mine, Reply(201, {}, b""))]


def test_bodies_wait_for_the_window_of_the_connection_oldest_first() -> None:
    line = Line(initial_window_size=100_000)
    line.start(*(request(b"x" * 30_000) for _ in range(4)))
    assert [len(line.received(stream)) for stream in (1, 3, 5, 7)] == [30_000, 30_000, 5_535, 0]
    line.server.increment_flow_control_window(30_000)
    line.run()
    assert [len(line.received(stream)) for stream in (1, 3, 5, 7)] == [
        30_000,
        30_000,
        30_000,
        5_535,
    ]
    line.server.increment_flow_control_window(30_000)
    line.run()
    assert len(line.of(StreamEnded)) == 4


def test_a_changed_initial_window_changes_those_of_open_streams() -> None:
    line = Line(initial_window_size=10)
    line.start(request(b"x" * 30))
    line.server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 5})  # now minus five
    line.run()
    line.server.increment_flow_control_window(5, 1)
    line.run()
    assert len(line.received(1)) == 10
    line.server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 25})
    line.run()
    assert len(line.received(1)) == 30


def test_an_answer_before_the_end_of_the_request_ends_the_request() -> None:
    line = Line(initial_window_size=10)
    mine = request(b"x" * 30)
    line.start(mine)
    line.answer(1, b"too long")
    assert line.run() == [(mine, Reply(201, {}, b"too long"))]
    [reset] = line.of(StreamReset)
    assert reset.error_code == frames.NO_ERROR
    assert len(line.received(1)) == 10


def test_a_cancelled_request_is_reset_and_its_answer_ignored() -> None:
    line = Line(initial_window_size=2)
    mine, other = request(), request()
    line.start(mine, other)
    line.answer(1, b"late")
    late = line.server.data_to_send()
    line.session.cancel(mine)
    assert line.session.receive(late) == []
    line.run()
    line.server.increment_flow_control_window(100, 3)
    line.answer(3)
    assert [each for each, _ in line.run()] == [other]
    assert line.received(1) == b"te"
    assert not line.session.broken


def test_no_more_of_a_body_is_kept_than_the_bound_and_the_rest_is_not_asked_for() -> None:
    line = Line()
    short, long, longer = request(), request(), request()
    line.start(short, long, longer)
    line.answer(1, b"x" * 16_000)
    line.answer(3, b"x" * BODY_MAX)
    line.server.send_headers(5, [(b":status", b"500")])
    for _ in range(2):
        line.server.send_data(5, b"y" * 16_000)
    finished = dict(line.run())
    sizes = [len(finished[each].body) for each in (short, long, longer)]  # type: ignore[union-attr]
    assert sizes == [16_000, BODY_MAX, BODY_MAX]
    assert [reset.stream_id for reset in line.of(StreamReset)] == [5]


def test_credit_for_answers_is_renewed() -> None:
    line = Line(streams=1)
    for stream in range(1, 2 * (CREDIT // 16_000) + 100, 2):
        line.start(request())
        line.answer(stream, b"x" * 16_000)
        [(_, outcome)] = line.run()
        assert isinstance(outcome, Reply)
    assert line.server.outbound_flow_control_window > CREDIT // 2 - 16_000


def test_an_interim_answer_is_passed_over_and_trailers_are_the_end() -> None:
    line = Line()
    mine = request()
    line.start(mine)
    line.server.send_headers(1, [(b":status", b"103"), (b"link", b"</x>")])
    line.server.send_headers(1, [(b":status", b"200")])
    line.server.send_data(1, b"body")
    line.server.send_headers(1, [(b"checksum", b"x")], end_stream=True)
    assert line.run() == [(mine, Reply(200, {}, b"body"))]


def test_a_ping_is_answered_and_ours_is_acknowledged() -> None:
    line = Line()
    line.server.ping(b"12345678")
    line.session.ping()
    line.run()
    assert [event.ping_data for event in line.of(PingAckReceived)] == [b"12345678"]


def test_a_reset_stream_fails_and_a_refused_one_was_not_sent() -> None:
    line = Line()
    line.start(request(), request(), request())
    line.server.reset_stream(1, frames.REFUSED_STREAM)
    line.server.reset_stream(5, frames.INTERNAL_ERROR)
    finished = line.run()
    assert [
        (each.stream, outcome.sent) for each, outcome in finished if isinstance(outcome, Unanswered)
    ] == [
        (1, False),
        (5, True),
    ]
    assert line.counts.resets == 2
    line.answer(3)
    assert len(line.run()) == 1


def test_goaway_fails_what_was_not_seen_and_lets_the_rest_finish() -> None:
    session = raw(started=3)
    [(unseen, outcome)] = session.receive(
        frame(frames.GOAWAY, 0, 0, number(3) + number(2) + b'{"reason":"Shutdown"}')
    )
    assert unseen.stream == 5
    assert isinstance(outcome, Unanswered)
    assert not outcome.sent
    assert "Shutdown" in outcome.why
    assert (session.room(), session.draining, session.busy) == (0, True, True)
    answers = b"".join(frame(frames.HEADERS, 0x5, stream, OK) for stream in (1, 3, 5))
    assert [each.stream for each, _ in session.receive(answers)] == [1, 3]
    assert not session.busy
    assert not session.broken


def test_when_stream_numbers_are_used_up_nothing_more_is_started() -> None:
    session: Session[Request] = Session(
        b"a", secure=True, streams=10, counts=Counts(), first_stream=frames.STREAM_MAX - 2
    )
    session.receive(frames.settings({}))
    session.start(request())
    assert (session.room(), session.draining) == (9, False)
    last = request()
    session.start(last)
    assert (last.stream, session.room(), session.draining) == (frames.STREAM_MAX, 0, True)


def test_all_is_failed_when_the_connection_is_lost() -> None:
    session = raw(started=3)
    lost = session.lost("closed")
    assert [outcome.sent for _, outcome in lost if isinstance(outcome, Unanswered)] == [True] * 3
    assert (session.busy, session.room()) == (False, 0)


def test_unknown_frames_settings_and_flags_are_ignored() -> None:
    session = raw()
    strange = (
        frame(0xEE, 0xFF, 77, b"anything")
        + frames.settings({0xBEEF: 5})
        + frame(frames.PRIORITY, 0, 1, bytes(5))
        + frame(frames.HEADERS, 0x5 | 0xC0, 1, OK)
    )
    [(_, outcome)] = session.receive(strange)
    assert outcome == Reply(200, {}, b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (frame(frames.DATA, 0x1, 1, b"x"), "data before headers"),
        (frame(frames.HEADERS, 0x4, 1, OK) * 2, "within a body"),
        (frame(frames.HEADERS, 0x5, 1, b"\x08\x03100"), "interim"),
        (frame(frames.HEADERS, 0x5, 1, b"\x00\x01a\x01b"), "status"),
    ],
)
def test_a_malformed_answer_ends_its_stream_alone(data: bytes, why: str) -> None:
    session = raw(started=2)
    [(each, outcome)] = session.receive(data)
    assert each.stream == 1
    assert isinstance(outcome, Unanswered)
    assert why in outcome.why
    sent, _ = frames.split(session.out.take())
    assert [(each.kind, each.stream) for each in sent] == [(frames.RST_STREAM, 1)]
    [(_, other)] = session.receive(frame(frames.HEADERS, 0x5, 3, OK))
    assert other == Reply(200, {}, b"")


HEADERS_OPEN = frame(frames.HEADERS, 0, 1, OK)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(frames.DATA, 0, 1, b"")[:3] + b"\x00", None, id="half a frame"),
        pytest.param(frames.start(frames.DATA, 0, 1, 16_385), 6, id="a frame too long"),
        pytest.param(frame(frames.HEADERS, 0x4, 3, OK), 1, id="a stream never opened"),
        pytest.param(frame(frames.DATA, 0, 2, b"x"), 1, id="a stream of the server's"),
        pytest.param(frame(frames.DATA, 0, 0, b"x"), 1, id="data on no stream"),
        pytest.param(frame(frames.HEADERS, 0x5, 1, b"\xbe"), 9, id="a dynamic table"),
        pytest.param(frame(frames.PUSH_PROMISE, 0x4, 1, number(2) + OK), 1, id="a push"),
        pytest.param(
            HEADERS_OPEN + frame(frames.PING, 0, 0, bytes(8)), 1, id="a ping within headers"
        ),
        pytest.param(HEADERS_OPEN + frame(0xEE, 0, 1), 1, id="an unknown frame within headers"),
        pytest.param(
            HEADERS_OPEN + frame(frames.CONTINUATION, 0x4, 3), 1, id="another's continuation"
        ),
        pytest.param(frame(frames.CONTINUATION, 0x4, 1, OK), 1, id="a continuation of nothing"),
        pytest.param(
            HEADERS_OPEN + frame(frames.CONTINUATION, 0, 1) * PIECES_MAX, 11, id="endless headers"
        ),
        pytest.param(
            frame(frames.HEADERS, 0, 1, bytes(16_384))
            + frame(frames.CONTINUATION, 0, 1, bytes(16_384))
            + frame(frames.CONTINUATION, 0, 1, b"x"),
            11,
            id="headers too long",
        ),
        pytest.param(frame(frames.PING, 0, 1, bytes(8)), 1, id="a ping on a stream"),
        pytest.param(frame(frames.PING, 0, 0, bytes(7)), 6, id="a short ping"),
        pytest.param(
            frame(frames.PING, 0, 0, bytes(8)) * (OWED_MAX + 1), 11, id="a flood of pings"
        ),
        pytest.param(frames.settings({}) * (OWED_MAX + 1), 11, id="a flood of settings"),
        pytest.param(frame(frames.SETTINGS, 0, 0, bytes(5)), 6, id="settings cut off"),
        pytest.param(frame(frames.SETTINGS, 0, 1), 1, id="settings on a stream"),
        pytest.param(
            frame(frames.SETTINGS, 0x1, 0, bytes(6)), 6, id="an acknowledgement with settings"
        ),
        pytest.param(frames.settings({frames.ENABLE_PUSH: 1}), 1, id="push enabled"),
        pytest.param(
            frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31}), 3, id="a window too large"
        ),
        pytest.param(frames.settings({frames.MAX_FRAME_SIZE: 16_383}), 1, id="frames too short"),
        pytest.param(frame(frames.RST_STREAM, 0, 0, bytes(4)), 1, id="a reset of no stream"),
        pytest.param(
            frame(frames.RST_STREAM, 0, 9, bytes(4)), 1, id="a reset of none that is open"
        ),
        pytest.param(frame(frames.RST_STREAM, 0, 1, bytes(3)), 6, id="a short reset"),
        pytest.param(frame(frames.GOAWAY, 0, 0, bytes(7)), 6, id="a short goaway"),
        pytest.param(frame(frames.GOAWAY, 0, 1, bytes(8)), 1, id="a goaway on a stream"),
        pytest.param(frames.widen(0, 0), 1, id="a window update of nothing"),
        pytest.param(frames.widen(0, 2**31 - 1), 3, id="the connection's window too large"),
        pytest.param(frames.widen(9, 1), 1, id="a window of no stream"),
        pytest.param(frame(frames.WINDOW_UPDATE, 0, 0, bytes(3)), 6, id="a short window update"),
        pytest.param(frame(frames.DATA, frames.PADDED, 1, b"\x09abc"), 1, id="too much padding"),
    ],
)
def test_who_breaks_the_protocol_loses_the_connection(data: bytes, code: int | None) -> None:
    session = raw()
    if code is None:  # a frame that is not complete is nothing yet
        assert session.receive(data) == []
        assert not session.broken
    else:
        assert broken(session, data) == code


def test_the_window_of_a_stream_that_waits_is_checked_as_well() -> None:
    for update in (
        frames.widen(1, 2**31 - 1),
        frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31 - 1}),
    ):
        session = raw(body=bytes(70_000))
        session.receive(frames.widen(1, 70_000))
        assert broken(session, update) == frames.FLOW_CONTROL_ERROR


def test_more_data_than_there_is_credit_for_is_a_fault() -> None:
    session = raw(started=1)
    session.receive(frame(frames.HEADERS, 0x5, 1, OK))
    session.out.take()
    flood = frame(frames.DATA, 0, 1, bytes(16_000))  # of a stream that is over, as may happen
    for _ in range(4 * CREDIT // 16_000):
        session.receive(flood)
    assert not session.broken  # credit was given back as it was used
    sent, _ = frames.split(session.out.take())
    assert {each.kind for each in sent} == {frames.WINDOW_UPDATE}


@pytest.mark.parametrize(
    "first",
    [
        frame(frames.PING, 0, 0, bytes(8)),
        frame(frames.SETTINGS, 0x1, 0),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_settings_come_first(first: bytes) -> None:
    session: Session[Request] = Session(b"a", secure=True, streams=10, counts=Counts())
    session.receive(first)
    assert session.broken
    assert not session.ready
