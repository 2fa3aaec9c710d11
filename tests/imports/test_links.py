"""Addresses in feeds: what an item may have, and what they are relative to."""

from __future__ import annotations

import pytest

from ticker.imports.links import absolute, joined, media_type

BASE = "http://news.example/wire/feed.rss"


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("www.example.org/a", "https://www.example.org/a"),
        ("//example.org/a", "https://example.org/a"),
        ("https://example.org/?a=1&amp;b=2", "https://example.org/?a=1&b=2"),
        ("https://example.org/\na", "https://example.org/a"),
        ("/a", None),
        ("https://user@example.org/", None),
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("https://example.org/خبر", "https://example.org/خبر"),
        ("https://[", None),
        ("javascript:alert(1)", None),
        ("https://example.org/" + "x" * 3_000, None),
        (7, None),
        (None, None),
    ],
)
def test_links_that_an_item_may_have(value: object, link: str | None) -> None:
    assert absolute(value) == link


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("/a", "http://news.example/a"),
        ("a?b=1", "http://news.example/wire/a?b=1"),
        ("../a", "http://news.example/a"),
        ("//other.example/a", "http://other.example/a"),
        ("https://other.example/a", "https://other.example/a"),
        ("mailto:desk@news.example", None),
        ("#top", "http://news.example/wire/feed.rss#top"),
    ],
)
def test_relative_links(value: str, link: str | None) -> None:
    assert absolute(value, BASE) == link


def test_a_base_within_a_base() -> None:
    assert joined(joined(BASE, "/docs/"), "2026/") == "http://news.example/docs/2026/"
    assert joined(BASE, "javascript:x") == BASE
    assert joined(None, None) is None


@pytest.mark.parametrize(
    ("declared", "href", "type"),
    [
        ("image/jpg; q=1", "https://a.example/x", "image/jpeg"),
        (None, "https://a.example/x.PNG?w=3", "image/png"),
        ("", "https://a.example/picture", "image/jpeg"),
        ("application/pdf", "https://a.example/x.pdf", None),
        (None, "https://a.example/x.pdf", None),
        ("application/octet-stream", "https://a.example/x.webp", "image/webp"),
        (7, "https://a.example/x.mp4", "video/mp4"),
    ],
)
def test_types_of_pictures_and_clips(declared: object, href: str, type: str | None) -> None:
    assert media_type(declared, href) == type
