"""Choose the library that sends the requests to a server."""

from __future__ import annotations

from ticker.client.plain_http import Http, PlainHttp, needs_httpx


def http_to(url: str, timeout: float) -> Http:
    """Return what sends requests to the server at ``url``. Raises BadAddress."""
    if not needs_httpx(url):
        return PlainHttp(url, timeout)
    from ticker.client.httpx_http import HttpxHttp

    return HttpxHttp(url, timeout, None)
