from __future__ import annotations

import pytest

from ticker.net.headers import Head, check, joined


def test_a_head_is_the_same_in_both_protocols() -> None:
    head = Head([(b"TTL", b"60"), (b"Authorization", b"bearer x"), (b"topic", b"")])
    assert head.h1 == b"TTL: 60\r\nAuthorization: bearer x\r\ntopic: \r\n"
    assert head.h2 == ((b"ttl", b"60"), (b"authorization", b"bearer x"), (b"topic", b""))


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
