from __future__ import annotations

import pytest
from hpack import Decoder

from ticker.net.header_block import Head, check, joined, length, literal


def decoded(block: bytes) -> list[tuple[bytes, bytes]]:
    return [(bytes(name), bytes(value)) for name, value in Decoder().decode(block, raw=True)]


def test_a_head_is_the_same_in_both_protocols() -> None:
    head = Head([(b"TTL", b"60"), (b"Authorization", b"bearer x"), (b"topic", b"")])
    assert head.h1 == b"TTL: 60\r\nAuthorization: bearer x\r\ntopic: \r\n"
    assert decoded(head.h2) == [(b"ttl", b"60"), (b"authorization", b"bearer x"), (b"topic", b"")]


def test_credentials_may_enter_no_table() -> None:
    [secret] = Decoder().decode(literal(b"Authorization", b"bearer x"), raw=True)
    [public] = Decoder().decode(literal(b"ttl", b"60"), raw=True)
    assert (secret.indexable, public.indexable) == (False, True)


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 254, 255, 256, 5_000, 60_000])
def test_lengths_are_those_of_rfc_7541(size: int) -> None:
    block = b"\x00" + length(1) + b"a" + length(size) + b"x" * size
    assert decoded(block) == [(b"a", b"x" * size)]


@pytest.mark.parametrize(
    "field",
    [
        (b"", b"x"),
        (b"two words", b"x"),
        (b"a:", b"x"),
        (b":path", b"/"),
        (b"Content-Length", b"5"),
        (b"host", b"example.org"),
        (b"Connection", b"close"),
        (b"a", b"x\r\nb: y"),
        (b"a", b"x\ny"),
        (b"a", b"x\x00"),
    ],
)
def test_what_would_break_the_message_is_refused(field: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match=r"header name|its own|line break"):
        Head([field])


def test_values_of_one_request_are_checked_alike() -> None:
    check(b"bearer x")
    with pytest.raises(ValueError, match="line break"):
        check(b"x\r\nhost: elsewhere")


def test_repeated_headers_are_joined_and_cannot_be_changed() -> None:
    headers = joined([(b"Vary", b"a"), (b"retry-after", b"5"), (b"vary", b"b")])
    assert headers == {b"vary": b"a, b", b"retry-after": b"5"}
    assert not hasattr(headers, "__setitem__")  # answers with equal headers share them
