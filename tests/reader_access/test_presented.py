"""Find the token of a request in each place."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.errors import BadRequest
from ticker.domain.filter_query import FIELDS_MAX
from ticker.reader_access.presented import Presented, presented, without_token

SITE = frozenset({"https://app.example"})


def found(query: str = "", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = presented({"host": "news.example"} | named, query, "ticker_token", SITE)
    return None if given is None else (given.secret, given.place)


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("", {}, None),
        ("edition=en", {"authorization": "Basic abc"}, None),
        ("", {"authorization": "Bearer abc"}, ("abc", "header")),
        ("", {"authorization": "bearer  abc "}, ("abc", "header")),
        ("edition=en&access_token=a%2Eb", {}, ("a.b", "query")),
        ("ACCESS%5FTOKEN=abc", {}, ("abc", "query")),
        ("", {"sec_websocket_protocol": "ticker.v1, ticker.token.abc"}, ("abc", "subprotocol")),
        ("", {"cookie": "a=b; ticker_token=abc; ticker_token=x"}, ("abc", "cookie")),
        ("", {"cookie": "ticker_token="}, None),
        ("access_token=abc", {"cookie": "ticker_token=x"}, ("abc", "query")),
    ],
)
def test_a_token_is_found(query: str, headers: dict[str, str], expected: Any) -> None:
    assert found(query, **headers) == expected


def test_two_tokens_are_refused() -> None:
    for query, headers in (
        ("access_token=a&access_token=b", {}),
        ("access_token=a", {"authorization": "Bearer b"}),
        ("", {"authorization": "Bearer b", "sec_websocket_protocol": "ticker.token.b"}),
    ):
        with pytest.raises(BadRequest):
            found(query, **headers)


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({}, True),
        ({"origin": "https://news.example"}, True),
        ({"origin": "https://app.example"}, True),
        ({"origin": "https://other.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, True),
    ],
)
def test_a_cookie_counts_for_pages_of_the_newsroom(headers: dict[str, str], counts: bool) -> None:
    assert (found(cookie="ticker_token=abc", **headers) is not None) is counts


def test_no_text_keeps_a_token() -> None:
    assert without_token("edition=en&access_token=abc&level=flash") == "edition=en&level=flash"
    assert without_token("access%5Ftoken=abc") == ""
    assert without_token("edition=en") == "edition=en"
    assert "abc" not in repr(Presented("abc", "query"))


def test_of_parameters_without_end_too_many_are_left_and_no_token() -> None:
    """Each was decoded, twice for every request: 28 KB of them took 20 ms."""
    junk = "a&" * 14_000
    rest = without_token(f"access_token=abc&{junk}access_token=def")
    assert FIELDS_MAX < len(rest.split("&")) < 2 * FIELDS_MAX
    assert "access_token" not in rest
    assert without_token("%61" * 9_000 + "=1") == "%61" * 9_000 + "=1"
