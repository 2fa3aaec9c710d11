"""The session against the ``h2`` library's server: requests, windows, answers, and their ends."""

from __future__ import annotations

import pytest
from h2.events import (
    DataReceived,
    PingAckReceived,
    RequestReceived,
    SettingsAcknowledged,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes

from tests.net.line import OK, Line, raw, request
from ticker.net import frames
from ticker.net.exchange import Counts, Request
from ticker.net.frames import frame, number
from ticker.net.reply import BODY_MAX, Reply, Unanswered
from ticker.net.session import CREDIT, Session


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


def test_data_of_a_stream_that_is_over_is_credited_too() -> None:
    session = raw(started=1)
    session.receive(frame(frames.HEADERS, 0x5, 1, OK))
    for _ in range(CREDIT // 2 // 16_000 + 1):
        assert session.receive(frame(frames.DATA, 0, 1, bytes(16_000))) == []
    sent, _ = frames.split(session.out.take())
    assert [(each.kind, each.stream) for each in sent] == [(frames.WINDOW_UPDATE, 0)]


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
