"""The rules that a request must keep before it is routed."""

from __future__ import annotations

import pytest

from ticker.domain.errors import BadRequest, HeadTooLarge
from ticker.gateway.request_rules import HEADERS_MAX, violation


@pytest.mark.parametrize("path", ["/", "/en", "/%D8%BA", "/a%20b", "/%25zz", "/é", "*"])
def test_ordinary_paths_pass(path: str) -> None:
    assert violation(path, [b"host", b"accept", b"accept"]) is None


@pytest.mark.parametrize("path", ["/\n", "/%0a", "/%0A", "/%00x", "/x%1F", "/%7f", "/%c2%9b"])
def test_control_characters_are_refused_raw_and_encoded(path: str) -> None:
    assert isinstance(violation(path, [b"host"]), BadRequest)


def test_headers_with_one_meaning_come_once() -> None:
    assert isinstance(violation("/", [b"host", b"host"]), BadRequest)
    assert isinstance(violation("/", [b"host", b"origin", b"origin"]), BadRequest)
    assert isinstance(violation("/", []), BadRequest)
    assert violation("/", [], http_1_1=False) is None


def test_the_number_of_headers_has_a_bound() -> None:
    names = [b"x-%d" % number for number in range(HEADERS_MAX - 1)]
    assert violation("/", [b"host", *names]) is None
    assert isinstance(violation("/", [b"host", *names, b"x"]), HeadTooLarge)
