"""Requests, windows, responses and broken peers, on ``h2``'s server in memory or on raw frames."""

from __future__ import annotations

import asyncio

import pytest
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    PingAckReceived,
    RequestReceived,
    SettingsAcknowledged,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes
from hpack import Decoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.net.link import OK, Client, linked, outcome, raw, request
from ticker.net import h2_tuning
from ticker.net.h2_tuning import BLOCK_MAX, CREDIT, SWEEP, ClientConnection
from ticker.net.http2 import OWED_MAX
from ticker.net.reply import BODY_MAX, Reply, Unanswered


def settings(**values: int) -> bytes:
    frame = SettingsFrame()
    frame.settings = {SettingCodes[name.upper()]: value for name, value in values.items()}
    return frame.serialize()


def widen(stream: int, more: int) -> bytes:
    return WindowUpdateFrame(stream, window_increment=more).serialize()


def headers(stream: int, block: bytes = OK, flags: str = "END_HEADERS END_STREAM") -> bytes:
    return HeadersFrame(stream, block, flags=flags.split()).serialize()


def data(stream: int, body: bytes, *flags: str) -> bytes:
    return DataFrame(stream, body, flags=flags).serialize()


def bare(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    """Return a frame as it is given, whatever its kind permits."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


async def test_a_request_is_what_the_library_expects_and_its_response_comes_back() -> None:
    link = await linked()
    assert link.of(SettingsAcknowledged)
    assert link.server.remote_settings.enable_push == 0
    mine = request(b"body", b"/push/a?b")
    await link.send(mine)
    [seen] = link.of(RequestReceived)
    assert [(bytes(n), bytes(v)) for n, v in seen.headers or []] == [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"push.example.org"),
        (b":path", b"/push/a?b"),
        (b"ttl", b"60"),
        (b"topic", b"story"),
        (b"content-length", b"4"),
    ]
    assert link.received(1) == b"body"
    assert len(link.of(StreamEnded)) == 1
    link.answer(1, b"answer")
    await link.run()
    assert outcome(mine) == Reply(201, {}, b"answer")
    assert not link.http2.busy


async def test_responses_come_in_any_order_and_byte_by_byte() -> None:
    link = await linked()
    requests = [request(b"%d" % n) for n in range(5)]
    await link.send(*requests)
    ends: list[int] = []
    for each in requests:
        each.answer.add_done_callback(lambda _, each=each: ends.append(each.stream))  # type: ignore[misc]
    for stream in (9, 1, 5, 3, 7):
        link.answer(stream, b"%d" % stream)
    for byte in link.server.data_to_send():
        link.http2.data_received(bytes((byte,)))
    await link.run()
    assert ends == [9, 1, 5, 3, 7]
    assert [outcome(each) for each in requests] == [
        Reply(201, {}, b"%d" % each.stream) for each in requests
    ]


async def test_requests_of_one_turn_are_one_write() -> None:
    client, _ = await raw(started=0)
    writes: list[bytes] = []
    client.transport.write = writes.append  # type: ignore[method-assign, assignment]
    client.start(*(request() for _ in range(20)))
    assert not writes
    await client.sent()
    assert len(writes) == 1


async def test_nothing_is_started_before_the_settings_are_there() -> None:
    client = Client(streams=10)
    assert client.http2.room() == 0
    client.http2.data_received(settings(max_concurrent_streams=3))
    assert client.http2.room() == 3
    assert client.http2.opened.result() is True


async def test_the_peer_may_permit_fewer_streams_but_not_more() -> None:
    link = await linked(streams=10, max_concurrent_streams=2)
    await link.send(request(), request())
    assert link.http2.room() == 0
    link.server.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1})
    await link.run()
    assert link.http2.room() == -1
    link.answer(1)
    await link.run()
    assert link.http2.room() == 0
    link.server.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1_000})
    await link.run()
    assert link.http2.room() == 9


async def test_streams_that_are_over_are_dropped() -> None:
    link = await linked()
    for stream in range(1, 6 * SWEEP, 2):
        await link.send(request())
        link.answer(stream)
        await link.run()
        link.events.clear()
    assert len(link.http2.h2.streams) <= SWEEP
    assert not link.http2.busy


async def test_a_long_head_is_continued() -> None:
    link = await linked()
    link.server.decoder.max_header_list_size = 100_000
    path = b"/" + b"p" * 40_000
    await link.send(request(path=path))
    [seen] = link.of(RequestReceived)
    assert dict(seen.headers or [])[b":path"] == path
    assert link.received(1) == b"text"


@pytest.mark.parametrize("size", [0, 100, 4_096, 65_536])
async def test_the_peers_table_may_have_any_size(size: int) -> None:
    link = await linked()
    link.server.update_settings({SettingCodes.HEADER_TABLE_SIZE: size})
    await link.run()
    for stream in (1, 3):
        await link.send(request(path=b"/%d" % stream))
    link.server.update_settings({SettingCodes.HEADER_TABLE_SIZE: 50})
    await link.run()
    await link.send(request(path=b"/5"))
    found = [dict(seen.headers or [])[b":path"] for seen in link.of(RequestReceived)]
    assert found == [b"/1", b"/3", b"/5"]


def test_constant_fields_are_encoded_once_and_enter_no_table() -> None:
    connection, decoder = ClientConnection(), Decoder()
    fields = [(b"authorization", b"bearer x" * 20), (b"ttl", b"60")]
    first = connection.encoder.encode(fields)
    before = h2_tuning.literal.cache_info().misses
    assert connection.encoder.encode(fields) == first
    assert h2_tuning.literal.cache_info().misses == before
    decoded = decoder.decode(first, raw=True)
    assert [(bytes(name), bytes(value)) for name, value in decoded] == fields
    assert not any(field.indexable for field in decoded)


def test_no_more_fields_are_remembered_than_the_bound_says() -> None:
    connection = ClientConnection()
    for number in range(h2_tuning.REMEMBERED + 50):
        connection.encoder.encode([(b"topic", b"%d" % number)])
    assert h2_tuning.literal.cache_info().currsize == h2_tuning.REMEMBERED


async def test_a_request_without_a_body_ends_with_its_headers() -> None:
    link = await linked()
    await link.send(request(b""))
    assert link.of(StreamEnded)
    assert not link.of(DataReceived)


async def test_a_body_waits_for_the_window_of_its_stream() -> None:
    link = await linked(initial_window_size=10)
    mine = request(b"0123456789abcdefghij")
    await link.send(mine)
    assert link.received(1) == b"0123456789"
    link.server.increment_flow_control_window(4, 1)
    await link.run()
    assert link.received(1) == b"0123456789abcd"
    assert not link.of(StreamEnded)
    link.server.increment_flow_control_window(100, 1)
    await link.run()
    assert link.received(1) == b"0123456789abcdefghij"
    assert len(link.of(StreamEnded)) == 1
    link.answer(1)
    await link.run()
    assert outcome(mine) == Reply(201, {}, b"")


async def test_bodies_wait_for_the_window_of_the_connection_oldest_first() -> None:
    link = await linked(initial_window_size=100_000)
    await link.send(*(request(b"x" * 30_000) for _ in range(4)))
    assert [len(link.received(stream)) for stream in (1, 3, 5, 7)] == [30_000, 30_000, 5_535, 0]
    link.server.increment_flow_control_window(30_000)
    await link.run()
    assert [len(link.received(stream)) for stream in (1, 3, 5, 7)] == [
        30_000,
        30_000,
        30_000,
        5_535,
    ]
    link.server.increment_flow_control_window(30_000)
    await link.run()
    assert len(link.of(StreamEnded)) == 4


async def test_a_changed_initial_window_changes_those_of_open_streams() -> None:
    link = await linked(initial_window_size=10)
    await link.send(request(b"x" * 30))
    link.server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 5})  # now minus five
    await link.run()
    link.server.increment_flow_control_window(5, 1)
    await link.run()
    assert len(link.received(1)) == 10
    link.server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 25})
    await link.run()
    assert len(link.received(1)) == 30


async def test_a_response_before_the_end_of_the_request_ends_the_request() -> None:
    link = await linked(initial_window_size=10)
    mine = request(b"x" * 30)
    await link.send(mine)
    link.answer(1, b"too long")
    await link.run()
    assert outcome(mine) == Reply(201, {}, b"too long")
    [reset] = link.of(StreamReset)
    assert reset.error_code == ErrorCodes.NO_ERROR
    assert len(link.received(1)) == 10


async def test_a_cancelled_request_is_reset_and_its_response_ignored() -> None:
    link = await linked(initial_window_size=2)
    mine, other = request(), request()
    await link.send(mine, other)
    link.answer(1, b"late")
    late = link.server.data_to_send()
    link.http2.cancel(mine, expired=False)
    link.http2.data_received(late)
    assert outcome(mine) is None
    await link.run()
    link.server.increment_flow_control_window(100, 3)
    link.answer(3)
    await link.run()
    assert outcome(other) == Reply(201, {}, b"")
    assert link.received(1) == b"te"
    assert not link.transport.closed


async def test_no_more_of_a_body_is_kept_than_the_bound_and_the_rest_is_not_asked_for() -> None:
    link = await linked()
    exchanges = [request() for _ in range(3)]
    await link.send(*exchanges)
    link.answer(1, b"x" * 16_000)
    link.answer(3, b"x" * BODY_MAX)
    link.server.send_headers(5, [(b":status", b"500")])
    for _ in range(2):
        link.server.send_data(5, b"y" * 16_000)
    await link.run()
    replies = [outcome(each) for each in exchanges]
    assert [len(reply.body) for reply in replies if isinstance(reply, Reply)] == [
        16_000,
        BODY_MAX,
        BODY_MAX,
    ]
    assert [reset.stream_id for reset in link.of(StreamReset)] == [5]


async def test_credit_for_responses_is_renewed() -> None:
    link = await linked(streams=1)
    for stream in range(1, 2 * (CREDIT // 16_000) + 100, 2):
        mine = request()
        await link.send(mine)
        link.answer(stream, b"x" * 16_000)
        await link.run()
        assert isinstance(outcome(mine), Reply)
        link.events.clear()
    assert link.server.outbound_flow_control_window > CREDIT // 2 - 16_000


async def test_data_of_a_stream_that_is_over_is_credited_too() -> None:
    client, _ = await raw(started=1)
    client.http2.data_received(headers(1))
    for _ in range(CREDIT // 2 // 16_000 + 1):
        client.http2.data_received(data(1, bytes(16_000)))
    widened = [each for each in await client.sent() if isinstance(each, WindowUpdateFrame)]
    assert {each.stream_id for each in widened} == {0}
    assert sum(each.window_increment for each in widened) >= CREDIT // 4
    assert not client.transport.closed


async def test_an_interim_response_is_passed_over_and_trailers_are_the_end() -> None:
    link = await linked()
    mine = request()
    await link.send(mine)
    link.server.send_headers(1, [(b":status", b"103"), (b"link", b"</x>")])
    link.server.send_headers(1, [(b":status", b"200")])
    link.server.send_data(1, b"body")
    link.server.send_headers(1, [(b"checksum", b"x")], end_stream=True)
    await link.run()
    assert outcome(mine) == Reply(200, {}, b"body")


async def test_a_ping_is_answered() -> None:
    link = await linked()
    link.server.ping(b"12345678")
    await link.run()
    assert [event.ping_data for event in link.of(PingAckReceived)] == [b"12345678"]


async def test_a_reset_stream_fails_and_a_refused_one_was_not_sent() -> None:
    link = await linked()
    exchanges = [request() for _ in range(3)]
    await link.send(*exchanges)
    link.server.reset_stream(1, ErrorCodes.REFUSED_STREAM)
    link.server.reset_stream(5, ErrorCodes.INTERNAL_ERROR)
    await link.run()
    refused, _, broken = map(outcome, exchanges)
    assert isinstance(refused, Unanswered)
    assert isinstance(broken, Unanswered)
    assert (refused.sent, broken.sent) == (False, True)
    assert link.owner.counts.resets == 2
    link.answer(3)
    await link.run()
    assert outcome(exchanges[1]) == Reply(201, {}, b"")


async def test_goaway_fails_what_was_not_seen_and_lets_the_rest_finish() -> None:
    client, exchanges = await raw(started=3)
    last = request()
    client.start(last)  # is in the buffer when the GOAWAY comes
    goaway = GoAwayFrame(
        0, last_stream_id=3, error_code=2, additional_data=b'{"reason":"Shutdown"}'
    )
    client.http2.data_received(goaway.serialize())
    for unseen in (exchanges[2], last):
        failed = outcome(unseen)
        assert isinstance(failed, Unanswered)
        assert not failed.sent
        assert "Shutdown" in failed.why
    assert (client.http2.room(), client.owner.drained, client.http2.busy) == (0, True, True)
    client.http2.data_received(b"".join(headers(stream) for stream in (1, 3, 5)))
    assert [outcome(each) for each in exchanges[:2]] == [Reply(200, {}, b"")] * 2
    assert not client.http2.busy
    assert await client.goodbye() == ErrorCodes.NO_ERROR


async def test_a_first_goaway_that_names_no_stream_fails_none() -> None:
    client, exchanges = await raw(started=2)
    client.start(third := request())
    client.http2.data_received(GoAwayFrame(0, last_stream_id=2**31 - 1).serialize())
    client.http2.data_received(GoAwayFrame(0, last_stream_id=5).serialize())
    sent = await client.sent()
    assert [each.stream_id for each in sent if isinstance(each, HeadersFrame)] == [5]
    client.http2.data_received(headers(1) + headers(3) + headers(5))
    assert [outcome(each) for each in (*exchanges, third)] == [Reply(200, {}, b"")] * 3


async def test_when_stream_numbers_are_used_up_nothing_more_is_started() -> None:
    client, _ = await raw(started=0, streams=10)
    client.http2.h2.highest_outbound_stream_id = 2**31 - 5
    client.start(request())
    assert client.http2.room() == 9
    client.start(last := request())
    assert (last.stream, client.http2.room()) == (2**31 - 1, 0)


async def test_everything_fails_when_the_connection_is_lost() -> None:
    client, exchanges = await raw(started=3)
    client.http2.connection_lost(None)
    failed = [outcome(each) for each in exchanges]
    assert [each.sent for each in failed if isinstance(each, Unanswered)] == [True] * 3
    assert (client.http2.busy, client.http2.room()) == (False, 0)


async def test_unknown_frames_settings_and_flags_are_ignored() -> None:
    client, [mine] = await raw()
    client.http2.data_received(
        bare(0xEE, 0xFF, 77, b"anything")
        + bare(0x4, 0, 0, b"\xbe\xef\x00\x00\x00\x05")
        + PriorityFrame(1).serialize()
        + bare(0x1, 0x5 | 0xC0, 1, OK)
    )
    assert outcome(mine) == Reply(200, {}, b"")


@pytest.mark.parametrize(
    ("block", "why"),
    [
        pytest.param(b"\x00\x01a\x01b", "status", id="no status"),
        pytest.param(b"\x00\x01a\x01b\x88", "status", id="a status that is not the first"),
        pytest.param(b"\x08\x0220", "status", id="a short status"),
        pytest.param(b"\x08\x032oo", "status", id="a status that is no number"),
        pytest.param(b"\x88\x88", "pseudo-header", id="two of them"),
        pytest.param(b"\x88\x84", "pseudo-header", id="a path"),
        pytest.param(b"", "status", id="nothing"),
    ],
)
async def test_a_malformed_response_ends_its_stream_alone(block: bytes, why: str) -> None:
    client, [mine, other] = await raw(started=2)
    client.http2.data_received(headers(1, block, "END_HEADERS"))
    failed = outcome(mine)
    assert isinstance(failed, Unanswered)
    assert failed.sent
    assert why in failed.why
    sent = await client.sent()
    assert [each.stream_id for each in sent if isinstance(each, RstStreamFrame)] == [1]
    client.http2.data_received(headers(3))
    assert outcome(other) == Reply(200, {}, b"")


async def test_half_a_frame_is_nothing_yet() -> None:
    client, [mine] = await raw()
    client.http2.data_received(headers(1)[:5])
    assert outcome(mine) is None
    assert not client.transport.closed
    client.http2.data_received(headers(1)[5:])
    assert outcome(mine) == Reply(200, {}, b"")


OPEN = headers(1, flags="")
BROKEN = [
    pytest.param(bare(0x0, 0, 1, b"", 16_385)[:5], 6, id="a frame too long, before it is there"),
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", 6, id="another protocol"),
    pytest.param(headers(3), 1, id="a stream never opened"),
    pytest.param(data(2, b"x"), 1, id="a stream of the server's"),
    pytest.param(bare(0x0, 0, 0, b"x"), 1, id="data on no stream"),
    pytest.param(data(1, b"x"), 1, id="data before headers"),
    pytest.param(headers(1, flags="END_HEADERS") * 2, 1, id="headers within a body"),
    pytest.param(headers(1, b"\x08\x03100"), 1, id="an interim response and no other"),
    pytest.param(headers(1, b"\xff\xff\xff\xff\xff\x7f"), 1, id="headers that cannot be read"),
    pytest.param(
        headers(1, b"\x88\x0f\x0d\x0212", "END_HEADERS") + data(1, b"x" * 13), 1, id="a longer body"
    ),
    pytest.param(
        PushPromiseFrame(1, promised_stream_id=2, data=OK, flags=["END_HEADERS"]).serialize(),
        1,
        id="a push",
    ),
    pytest.param(OPEN + PingFrame().serialize(), 1, id="a ping within headers"),
    pytest.param(OPEN + ExtensionFrame(0xEE, 1).serialize(), 1, id="an unknown frame in headers"),
    pytest.param(OPEN + ContinuationFrame(3).serialize(), 1, id="another's continuation"),
    pytest.param(OPEN + ContinuationFrame(1).serialize() * 65, 1, id="endless continuations"),
    pytest.param(
        headers(1, bytes(16_384), "")
        + ContinuationFrame(1, bytes(16_384)).serialize()
        + ContinuationFrame(1, b"x").serialize(),
        1,
        id="headers too long",
    ),
    pytest.param(bare(0x6, 0, 1, bytes(8)), 1, id="a ping on a stream"),
    pytest.param(bare(0x6, 0, 0, bytes(7)), 6, id="a short ping"),
    pytest.param(bare(0x4, 0, 0, bytes(5)), 6, id="settings cut off"),
    pytest.param(bare(0x4, 0, 1, b""), 1, id="settings on a stream"),
    pytest.param(settings(initial_window_size=2**31), 3, id="a window too large"),
    pytest.param(settings(max_frame_size=16_383), 1, id="frames too short"),
    pytest.param(bare(0x3, 0, 0, bytes(4)), 1, id="a reset of no stream"),
    pytest.param(bare(0x3, 0, 1, bytes(3)), 6, id="a short reset"),
    pytest.param(bare(0x7, 0, 0, bytes(7)), 6, id="a short goaway"),
    pytest.param(bare(0x7, 0, 1, bytes(8)), 1, id="a goaway on a stream"),
    pytest.param(bare(0x8, 0, 0, bytes(4)), 1, id="a window update of nothing"),
    pytest.param(widen(0, 2**31 - 1), 3, id="the connection's window too large"),
    pytest.param(widen(9, 1), 1, id="a window of no stream"),
    pytest.param(bare(0x8, 0, 0, bytes(3)), 6, id="a short window update"),
    pytest.param(bare(0x0, 0x8, 1, b"\x09abc"), 1, id="too much padding"),
]


@pytest.mark.parametrize(("sent", "code"), BROKEN)
async def test_a_peer_that_breaks_the_protocol_loses_the_connection(sent: bytes, code: int) -> None:
    client, exchanges = await raw(started=1)
    client.http2.data_received(sent)
    [failed] = map(outcome, exchanges)
    assert isinstance(failed, Unanswered)
    assert failed.sent
    assert "broke the protocol" in failed.why
    assert client.http2.room() == 0
    assert client.transport.closed == "closed"
    assert client.owner.counts.discarded == 1
    assert await client.goodbye() == code
    client.http2.data_received(headers(1))  # harmless


async def test_the_window_of_a_stream_that_waits_is_checked_as_well() -> None:
    client, exchanges = await raw(body=bytes(70_000), started=2)
    client.http2.data_received(widen(1, 70_000) + widen(1, 2**31 - 1))
    failed = outcome(exchanges[0])
    assert isinstance(failed, Unanswered)
    assert outcome(exchanges[1]) is None  # h2 ends the stream alone, as §5.4.2 permits
    client, exchanges = await raw(body=bytes(70_000))
    client.http2.data_received(widen(1, 70_000))
    client.http2.data_received(settings(initial_window_size=2**31 - 1))
    assert isinstance(outcome(exchanges[0]), Unanswered)
    assert await client.goodbye() == ErrorCodes.FLOW_CONTROL_ERROR


@pytest.mark.parametrize(
    "first",
    [
        PingFrame().serialize(),
        SettingsFrame(flags=["ACK"]).serialize(),
        b"HTTP/1.1 400 Bad\r\n\r\n",
    ],
)
async def test_settings_come_first(first: bytes) -> None:
    client = Client()
    client.http2.data_received(first)
    assert client.transport.closed
    assert client.http2.room() == 0
    assert client.http2.failed
    client.transport.written = client.transport.written[24:]  # behind the preface
    assert await client.goodbye() in (ErrorCodes.PROTOCOL_ERROR, ErrorCodes.FRAME_SIZE_ERROR)


@pytest.mark.parametrize("frame", [PingFrame(), SettingsFrame()])
async def test_a_peer_that_does_not_read_its_acknowledgements_is_given_up(frame: Frame) -> None:
    client, _ = await raw()
    client.http2.pause_writing()
    for _ in range(10):
        client.http2.data_received(frame.serialize() * 100)
        await client.sent()
    assert client.transport.closed == ""
    client.transport.unread = OWED_MAX + 1
    client.http2.data_received(frame.serialize())
    await client.sent()
    assert client.transport.closed == "aborted"
    assert client.owner.counts.discarded == 1


async def test_what_is_collected_of_a_header_block_is_bounded() -> None:
    client, _ = await raw()
    client.http2.data_received(headers(1, bytes(16_000), ""))
    for _ in range(BLOCK_MAX // 16_000 - 1):
        client.http2.data_received(ContinuationFrame(1, bytes(16_000)).serialize())
    assert not client.transport.closed
    client.http2.data_received(ContinuationFrame(1, bytes(1_000)).serialize())
    assert client.transport.closed


FRAMES = st.builds(
    bare,
    st.integers(0, 12),
    st.sampled_from((0x0, 0x1, 0x4, 0x5, 0x8, 0x20, 0x2D, 0xFF)),
    st.integers(0, 8),
    st.one_of(st.just(OK), st.binary(max_size=40)),
)


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=20)), max_size=12), st.integers(1, 50))
def test_any_bytes_leave_every_request_answered_failed_or_under_way(
    parts: list[bytes], size: int
) -> None:
    async def run() -> None:
        client, exchanges = await raw(started=4)
        received = b"".join(parts)
        for start in range(0, len(received), size):
            client.http2.data_received(received[start : start + size])
            await client.sent()
        streams = {each.stream for each in exchanges if outcome(each) is None}
        assert client.http2.busy == bool(streams)
        if client.transport.closed:
            assert not streams
        client.http2.connection_lost(None)
        assert all(outcome(each) for each in exchanges)

    asyncio.run(run())
