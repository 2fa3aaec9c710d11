"""Request deadlines: a request that does not complete in time is answered 408 and closed."""

from __future__ import annotations

from typing import Any

from ticker.gateway.request_deadlines import RequestDeadlines


class FakeTransport:
    """A transport that keeps what it is given."""

    written = b""
    closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


def test_only_requests_past_their_deadline_are_closed() -> None:
    now = 100.0
    deadlines = RequestDeadlines(10.0, lambda: now)
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
