"""The cookies of a server that sets one and redirects to a page that wants it back."""

from __future__ import annotations

from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.request import Request


class Cookies:
    """The cookies of one download, each for the sites that may have it (RFC 6265)."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def keep(self, url: str, values: list[str]) -> None:
        """Keep what an answer from ``url`` sets; ``values`` are those of ``Set-Cookie``."""
        headers = Message()
        for value in values:
            headers["Set-Cookie"] = value
        self._jar.extract_cookies(cast(HTTPResponse, _Headers(headers)), Request(url))

    def header(self, url: str) -> str:
        """Return the ``Cookie`` header of a request to ``url``; empty if it has none."""
        request = Request(url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""


class _Headers:
    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        """Return the headers, as of an answer of urllib."""
        return self._headers
