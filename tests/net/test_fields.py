from __future__ import annotations

import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from ticker.net import fields
from ticker.net.fields import FIELDS_MAX, Malformed, answer, huffman, read
from ticker.net.frames import COMPRESSION_ERROR, Fault

Headers = list[tuple[bytes, bytes]]

STRANGE = st.lists(st.tuples(st.binary(min_size=1, max_size=30), st.binary(max_size=300)))


def encoded(headers: Headers, *, coded: bool = True) -> bytes:
    encoder = Encoder()
    encoder.header_table_size = 0
    return bytes(encoder.encode(headers, huffman=coded))


@given(STRANGE, st.booleans())
def test_what_hpack_writes_is_read(headers: Headers, coded: bool) -> None:
    assert read(encoded(headers, coded=coded)) == headers


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_fault(block: bytes) -> None:
    try:
        found = read(block)
    except Fault:
        return
    assert len(found) <= FIELDS_MAX


@given(st.binary(max_size=60))
def test_any_bytes_are_a_string_or_a_fault(coded: bytes) -> None:
    try:
        text = huffman(coded)
    except Fault:
        return
    assert bytes(Encoder().huffman_coder.encode(text)) == coded  # nothing else means the same


def test_an_answer_is_status_and_headers() -> None:
    block = encoded(
        [(b":status", b"410"), (b"apns-id", b"A1-B2"), (b"vary", b"a"), (b"vary", b"b")]
    )
    assert answer(block) == (410, {b"apns-id": b"A1-B2", b"vary": b"a, b"})


def test_equal_blocks_are_read_once() -> None:
    block = encoded([(b":status", b"200"), (b"x-probe", b"only in this test")])
    assert answer(block)[1] is answer(bytes(bytearray(block)))[1]


def test_no_more_blocks_are_remembered_than_the_bound_says() -> None:
    for number in range(fields.REMEMBERED + 50):
        answer(encoded([(b":status", b"200"), (b"apns-id", b"%d" % number)]))
    assert fields._remembered.cache_info().currsize == fields.REMEMBERED
    assert fields._known.cache_info().currsize == fields.REMEMBERED


def test_a_long_block_is_read_and_not_remembered() -> None:
    block = encoded([(b":status", b"200"), (b"x", b"~" * fields.SHORT)])
    assert answer(block)[1] is not answer(block)[1]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"server", b"x")],
        [(b"server", b"x"), (b":status", b"200")],
        [(b":status", b"20")],
        [(b":status", b"2oo")],
        [(b":status", b"200"), (b":status", b"200")],
        [(b":status", b"200"), (b":path", b"/")],
    ],
)
def test_what_is_no_answer_is_malformed(headers: Headers) -> None:
    with pytest.raises(Malformed):
        answer(encoded(headers))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"\x80", id="entry 0"),
        pytest.param(b"\xbe", id="an entry of the dynamic table"),
        pytest.param(b"\xff\xff\xff\xff\xff\x7f", id="a number too large"),
        pytest.param(b"\x3f\x01", id="a table of 32 bytes"),
        pytest.param(b"\x88\x20", id="a table size behind a field"),
        pytest.param(b"\x00\x05ab", id="a name that ends too early"),
        pytest.param(b"\x00\x01a", id="no value"),
        pytest.param(b"\x00\x01a\x81\x00", id="padding that is not ones"),
        pytest.param(b"\x00\x01a\x84\xff\xff\xff\xff", id="end of string"),
        pytest.param(b"\x88" * (FIELDS_MAX + 1), id="too many"),
    ],
)
def test_what_cannot_be_read_ends_the_connection(block: bytes) -> None:
    with pytest.raises(Fault) as caught:
        answer(block)
    assert caught.value.code == COMPRESSION_ERROR


def test_a_field_that_wants_to_enter_the_table_is_read_and_forgotten() -> None:
    assert read(b"\x20\x40\x01a\x01b") == [(b"a", b"b")]
    with pytest.raises(Fault):
        read(b"\x20\x40\x01a\x01b\xbe")
