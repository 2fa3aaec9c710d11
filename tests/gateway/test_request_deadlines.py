"""Request deadlines: 408 for a request that is late; a client that does not read is cut."""

from __future__ import annotations

from typing import Any

from ticker.gateway.request_deadlines import TOGETHER, RequestDeadlines


class FakeTransport:
    """A transport that keeps what it is given."""

    written = b""
    closed = False
    aborted = False

    def abort(self) -> None:
        self.aborted = True

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


def test_only_requests_past_their_deadline_are_closed() -> None:
    now = 100.0
    deadlines = RequestDeadlines(10.0, 30.0, lambda: now)
    late, extended, complete = transports = [FakeTransport() for _ in range(3)]
    for transport in transports:
        one: Any = transport
        deadlines.start(one)
    deadlines.extend(extended, 5.0)  # type: ignore[arg-type]
    deadlines.stop(complete)  # type: ignore[arg-type]
    deadlines.extend(complete, 5.0)  # type: ignore[arg-type]
    now = 109.0
    deadlines.close_expired()
    assert not any(transport.closed for transport in transports)
    now = 111.0
    deadlines.close_expired()
    assert [transport.closed for transport in transports] == [True, False, False]
    assert late.written.startswith(b"HTTP/1.1 408 ")
    assert len(deadlines) == 1
    now = 116.0
    deadlines.close_expired()
    assert extended.closed
    assert len(deadlines) == 0


def test_a_client_that_does_not_read_is_cut() -> None:
    now = 100.0
    deadlines = RequestDeadlines(10.0, 30.0, lambda: now)
    stalled, drained, late, refused = transports = [FakeTransport() for _ in range(4)]
    for transport in transports[:2]:
        deadlines.stalled(transport)  # type: ignore[arg-type]
    deadlines.start(late)  # type: ignore[arg-type]
    deadlines.start_close(refused)  # type: ignore[arg-type]

    def cut(at: float) -> list[FakeTransport]:
        nonlocal now
        now = at
        deadlines.close_expired()
        return [transport for transport in transports if transport.aborted]

    assert cut(102.0) == []
    assert cut(103.0) == [refused]
    assert cut(112.0) == [refused]
    assert late.closed
    deadlines.stalled(stalled)  # type: ignore[arg-type]  # a second report changes nothing
    deadlines.drained(drained)  # type: ignore[arg-type]
    assert cut(116.0) == [late, refused]
    assert cut(131.0) == [stalled, late, refused]


def test_many_that_expire_at_once_are_closed_in_several_turns() -> None:
    now = 100.0
    turns: list[Any] = []
    deadlines = RequestDeadlines(10.0, 30.0, lambda: now, turns.append)
    transports: list[Any] = [FakeTransport() for _ in range(2 * TOGETHER + 1)]
    for transport in transports:
        deadlines.start(transport)
    now = 111.0
    deadlines.close_expired()
    deadlines.close_expired()
    assert [one.closed for one in transports].count(True) == TOGETHER
    complete = transports[TOGETHER]
    deadlines.stop(complete)
    turns.pop()()
    assert [one.closed for one in transports].count(True) == 2 * TOGETHER - 1
    turns.pop()()
    assert [one for one in transports if not one.closed] == [complete], "its request came in time"
    assert not turns
    assert len(deadlines) == 0
