"""Requests of other sites' pages: what browsers say, and what they leave out."""

from __future__ import annotations

import pytest

from ticker.domain.own_origin import from_own_page, is_own


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://news.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"origin": "http://news.example"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://evil.example", "referer": "http://news.example/"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"referer": "http://news.example/console?x=1"}, True),
        ({"referer": "http://evil.example/http://news.example/"}, False),
    ],
)
def test_who_sent_a_request(headers: dict[str, str], own: bool) -> None:
    assert from_own_page({"host": "news.example"} | headers, secure=False) is own


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://NEWS.example", True),
        ("https://news.example:443", True),
        ("http://news.example:80", True),
        ("https://news.example:8443", False),
        ("https://news.example.evil.example", False),
        ("https://news.example@evil.example", False),
        ("https://evil.example#news.example", False),
        ("ftp://news.example", False),
        ("//news.example", False),
        ("news.example", False),
        ("http://[", False),
    ],
)
def test_which_addresses_are_of_this_server(url: str, own: bool) -> None:
    assert is_own(url, "news.example") is own


def test_other_forms_of_the_host() -> None:
    assert is_own("https://[2001:db8::1]:8443", "[2001:DB8::1]:8443")
    assert is_own("https://news.example", "news.example:443")
    assert not is_own("https://", "")


def test_without_tls_somebody_in_the_network_may_be_the_sender() -> None:
    assert not is_own("http://news.example", "news.example", secure=True)
    assert is_own("https://news.example", "news.example", secure=True)
    sent = {"host": "news.example", "referer": "http://news.example/"}
    assert not from_own_page(sent, secure=True)
