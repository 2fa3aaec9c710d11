"""The one check of addresses: what browsers and urllib can read, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ticker.domain.web_address import URL_MAX, parse


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.org/a", "example.org", None, "/a"),
        ("HTTPS://Example.ORG", "example.org", None, ""),
        ("http://example.org:8080/a?b=c", "example.org", 8080, "/a?b=c"),
        ("https://example.org?b=https://[", "example.org", None, "?b=https://["),
        ("https://[2001:db8::1]:443/", "2001:db8::1", 443, "/"),
        ("https://192.0.2.1/", "192.0.2.1", None, "/"),
        ("https://example.org./", "example.org.", None, "/"),
        ("https://أخبار.example/خبر", "أخبار.example", None, "/خبر"),
        ("https://bücher.example/", "bücher.example", None, "/"),
        ("https://a_b.example/x(1)", "a_b.example", None, "/x(1)"),
        ("https://localhost/", "localhost", None, "/"),
        ("https://1.example/", "1.example", None, "/"),
    ],
)
def test_addresses(url: str, host: str, port: int | None, path: str) -> None:
    found = parse(url)
    assert (found.host, found.port, found.path) == (host, port, path)
    parts = urlsplit(url)
    assert (parts.hostname, parts.port) == (host, port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///path",
        "https://[",
        "https://[/a",
        "https://[::1",
        "https://::1/",
        "https://[::1]x/",
        "https://[v1.a]/",
        "https://[fe80::1%25eth0]/",
        "https://[::12345]/",
        "https://example.org:/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:٨٠/",
        "https://example.org:80:80/",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org\\@evil.example/",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://example.org/\u2028",
        "https://example.org/\x7f",
        "https://example.org/\u202e",
        "https://example.org/" + "\u0301" * 2_000,
        "https://e\u0301xample.org/",
        "https://exam\u2100ple.org/",  # "a/c" in its compatibility form
        "https://example。org⁄x/",
        "https://-a.example/",
        "https://a-.example/",
        "https://a..example/",
        "https://.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "ü" * 60 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://1.2.3.4.5/",
        "https://999.1.1.1/",
        "https://%31.example/",
        "https://*.example/",
        "javascript:alert(1)",
        "ftp://example.org/",
        "//example.org/",
        "https:example.org",
        " https://example.org/",
        "https://example.org/" + "a" * URL_MAX,
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse(url)
