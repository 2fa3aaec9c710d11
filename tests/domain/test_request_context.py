"""The request context beside an event."""

from __future__ import annotations

import pytest

from ticker.domain.request_context import RequestContext, carried_ms, context_of

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@pytest.mark.parametrize(
    "context",
    [RequestContext(1_764_000_000_000, "a-Z_9.x"), RequestContext(5, "x" * 64, TRACE)],
)
def test_it_is_read_as_it_was_written(context: RequestContext) -> None:
    assert RequestContext.decode(context.encode()) == context
    assert context_of({b"o": context.encode()}) == context


@pytest.mark.parametrize(
    "text", [b"", b"x", b"12", b"12 ", b"12 a b", b"-1 a", b"12 a\nb", b"9" * 16 + b" a", b"\xff a"]
)
def test_anything_else_is_none(text: bytes) -> None:
    assert RequestContext.decode(text) is None
    assert context_of({b"o": text}) is None


def test_when_it_was_carried() -> None:
    assert carried_ms({b"c": b"17"}) == 17
    assert carried_ms({b"c": b"x"}) is None
    assert carried_ms({}) is None
