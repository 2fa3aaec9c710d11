"""Cookies go back to the sites that may have them."""

from __future__ import annotations

from ticker.cli.imports.cookies import Cookies


def test_cookies_go_back_to_their_sites() -> None:
    cookies = Cookies()
    cookies.keep(
        "https://www.feed.example/a",
        ["id=1; Domain=feed.example", "here=2", "far=3; Domain=other.example", "s=4; Secure"],
    )
    assert cookies.header("https://www.feed.example/b") == "id=1; here=2; s=4"
    assert cookies.header("https://news.feed.example/") == "id=1"
    assert cookies.header("http://www.feed.example/") == "id=1; here=2"
    assert cookies.header("https://other.example/") == ""
