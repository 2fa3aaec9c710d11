"""Absolute addresses: the setting, otherwise the request, and never an invalid host."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ticker.api.public_address import base_of
from ticker.config import Settings


def asked(host: str | None, scheme: str = "http") -> Request:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    return Request(
        {"type": "http", "scheme": scheme, "headers": headers, "server": ("10.0.0.1", 8000)}
    )


def test_the_public_url_is_used() -> None:
    settings = Settings(public_url="https://newsroom.example")
    assert base_of(asked("elsewhere.example"), settings) == "https://newsroom.example"


def test_an_arabic_domain_is_encoded_in_ascii() -> None:
    """It is in ``Link`` headers, which have no other letters."""
    settings = Settings(public_url="https://أخبار.example:8443")
    assert base_of(asked(None), settings) == "https://xn--igbicxr.example:8443"


@pytest.mark.parametrize("host", ["newsroom.example", "a_b.example:8080", "[::1]:80", "127.0.0.1"])
def test_without_a_public_url_the_requests_host_is_used(host: str) -> None:
    assert base_of(asked(host), Settings()) == f"http://{host}"
    assert base_of(asked(host, "https"), Settings()) == f"https://{host}"


@pytest.mark.parametrize(
    "host", [None, "", "a b", 'x"><script>', "a/b", "a?b", "a@b", "a:b", "é.example", "a" * 300]
)
def test_an_invalid_host_is_not_used(host: str | None) -> None:
    assert base_of(asked(host), Settings()) == "http://10.0.0.1:8000"


def test_a_server_on_a_socket_has_its_setting() -> None:
    request = Request({"type": "http", "scheme": "http", "headers": [], "server": None})
    assert base_of(request, Settings(host="127.0.0.1", port=81)) == "http://127.0.0.1:81"
