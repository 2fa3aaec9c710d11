"""The end of a body is where the parser sees it, however the bytes arrive."""

from __future__ import annotations

import contextlib

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.gateway.body_end import CHUNKED_MAX, BodyEnd

HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
NEXT = b"GET / HTTP/1.1\r\n\r\n"


class Parsed:
    """Callbacks of httptools that note the end of a message."""

    complete = False

    def on_message_complete(self) -> None:
        self.complete = True


def taken(end: BodyEnd, data: bytes, size: int) -> int:
    """Return how much of ``data`` belongs to the body, if it arrives in pieces of ``size``."""
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        found = end.take(piece)
        if found < len(piece):
            return start + found
    return len(data)


@pytest.mark.parametrize("length", [0, 1, 9])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_body_with_a_length(length: int, size: int) -> None:
    assert taken(BodyEnd(length), b"x" * length + NEXT, size) == length


def test_one_call_looks_at_a_bounded_part_of_a_chunked_body() -> None:
    """All that has arrived may be far more than the parser reads before it refuses tiny chunks."""
    body = b"1;a=b\r\nx\r\n" * (CHUNKED_MAX // 3) + b"0\r\n\r\n"
    end, rest, calls = BodyEnd(None), body + NEXT, []
    while found := end.take(rest):
        calls.append(found)
        rest = rest[found:]
    assert rest == NEXT
    assert set(calls[:-1]) == {CHUNKED_MAX}
    assert len(calls) == -(-len(body) // CHUNKED_MAX)


_extensions = st.sampled_from([b"", b";a=b", b";" + b"x" * 60, b';a="b"'])
_chunks = st.tuples(st.binary(min_size=1, max_size=40), _extensions)
_trailers = st.sampled_from([b"", b"A: b\r\n", b"A: %s\r\nB: 0\r\n" % (b"x" * 60)])


@settings(derandomize=True, database=None, max_examples=60)
@given(st.lists(_chunks, max_size=4), _extensions, _trailers, st.integers(1, 50))
def test_a_chunked_body(
    chunks: list[tuple[bytes, bytes]], extension: bytes, trailers: bytes, size: int
) -> None:
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(data), ext, data) for data, ext in chunks)
    body += b"00%s\r\n%s\r\n" % (extension, trailers)
    assert taken(BodyEnd(None), body + NEXT, size) == len(body)
    parsed = Parsed()
    parser = httptools.HttpRequestParser(parsed)
    parser.feed_data(HEAD + body[:-1])
    assert not parsed.complete
    parser.feed_data(body[-1:])
    assert parsed.complete


@settings(derandomize=True, database=None, max_examples=150)
@given(st.lists(st.sampled_from([*b"0123aAfF;=\r\n \t+-x\x00"]), max_size=24), st.integers(1, 9))
def test_whatever_the_parser_accepts_ends_where_it_says(found: list[int], size: int) -> None:
    body = bytes(found)
    end = taken(BodyEnd(None), body, size)
    parsed = Parsed()
    parser = httptools.HttpRequestParser(parsed)
    with contextlib.suppress(httptools.HttpParserError):
        parser.feed_data(HEAD + body[:end])
        if end < len(body):
            assert parsed.complete
