"""The rules that a request must keep before it is routed."""

from __future__ import annotations

import pytest

from ticker.domain.client_address import FORWARDED_MAX
from ticker.domain.errors import BadRequest, HeadTooLarge
from ticker.gateway.request_rules import (
    HEADERS_MAX,
    PATH_MAX,
    forwarded_for,
    origin_form,
    unreadable,
    violation,
)

HOST = ("host", "news.example")
LINE = (b"host", b"news.example")
"""The same as the parser reads it."""


@pytest.mark.parametrize("path", ["/", "/en", "/%D8%BA", "/a%20b", "/%25zz", "/é", "*", "/?%0a"])
def test_ordinary_paths_pass(path: str) -> None:
    assert violation(path, [HOST, ("accept", "a"), ("accept", "b")]) is None


@pytest.mark.parametrize("path", ["/\n", "/%0a", "/%0A", "/%00x", "/x%1F", "/%7f", "/%c2%9b"])
def test_control_characters_are_refused_raw_and_encoded(path: str) -> None:
    assert isinstance(violation(path, [HOST]), BadRequest)


@pytest.mark.parametrize("target", ["", "en", "?x", "*x", "/#a", "/?a#b", "ftp://a/", "a:443"])
def test_other_forms_of_a_target_are_refused(target: str) -> None:
    assert isinstance(violation(target, [HOST]), BadRequest)


@pytest.mark.parametrize(
    ("host", "fits"),
    [
        *((host, True) for host in ("a", "a_b.example:8000", "[::1]:80", "192.0.2.1", "a:")),
        *((host, False) for host in ("", ":80", "a@b", "a/b", "a, b", "a b", "a:b", "[a")),
    ],
)
def test_a_host_is_a_name_or_an_address_with_a_port(host: str, fits: bool) -> None:
    assert (violation("/", [("host", host)]) is None) == fits


def test_headers_with_one_meaning_come_once() -> None:
    origin = ("origin", "https://a.example")
    assert isinstance(violation("/", [HOST, HOST]), BadRequest)
    assert isinstance(violation("/", [HOST, origin, origin]), BadRequest)
    assert isinstance(violation("/", []), BadRequest)
    assert violation("/", [], http_1_1=False) is None


def test_the_number_of_headers_has_a_bound() -> None:
    others = [(f"x-{number}", "") for number in range(HEADERS_MAX - 1)]
    assert violation("/", [HOST, *others]) is None
    assert isinstance(violation("/", [HOST, *others, ("x", "")]), HeadTooLarge)


def test_a_path_and_a_list_of_proxies_have_a_bound() -> None:
    longest = "/" + "a" * (PATH_MAX - 1)
    assert violation(longest + "?" + "q" * PATH_MAX, [HOST]) is None
    assert isinstance(violation(longest + "a", [HOST]), HeadTooLarge)
    half = ("x-forwarded-for", "," * (FORWARDED_MAX // 2))
    assert violation("/", [HOST, half, half]) is None
    assert isinstance(violation("/", [HOST, half, half, (half[0], "1")]), HeadTooLarge)


@pytest.mark.parametrize(
    ("version", "method", "target", "codings", "readable"),
    [
        ("1.1", b"GET", b"/", [], True),
        ("1.0", b"GET", b"/", [], True),
        ("2.0", b"GET", b"/", [], False),
        ("1.1", b"OPTIONS", b"*", [], True),
        ("1.1", b"GET", b"*", [], False),
        ("1.1", b"CONNECT", b"a:443", [], False),
        ("1.1", b"POST", b"/", [b"Chunked"], True),
        ("1.0", b"POST", b"/", [b"chunked"], False),
        ("1.1", b"POST", b"/", [b"gzip"], False),
        ("1.1", b"POST", b"/", [b"chunked", b"chunked"], False),
    ],
)
def test_a_message_with_two_readings_has_none(
    version: str, method: bytes, target: bytes, codings: list[bytes], readable: bool
) -> None:
    assert (unreadable(version, method, target, codings) is None) is readable


def test_an_absolute_target_becomes_path_and_host() -> None:
    accept = (b"accept", b"*/*")
    for target, path in ((b"http://a.example/x?y", b"/x?y"), (b"HTTPS://a.example?y", b"/?y")):
        assert origin_form(target, [LINE, accept]) == (path, [(b"host", b"a.example"), accept])
    assert origin_form(b"/x", [LINE]) is None


def test_several_lines_of_forwarded_for_are_one_list() -> None:
    lines = [(b"x-forwarded-for", b"192.0.2.1"), LINE, (b"x-forwarded-for", b"192.0.2.2")]
    assert forwarded_for(lines) == "192.0.2.1, 192.0.2.2"
