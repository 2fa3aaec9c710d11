"""Absolute addresses: what a feed, a sitemap or a page calls the newsroom."""

from __future__ import annotations

import re

from starlette.requests import Request

from ticker.config import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def base_of(request: Request, settings: Settings) -> str:
    """Return scheme and host without a final slash: ``public_url``, else as the request names them.

    A ``Host`` that is none gives the server's own address, so that nobody gets markup into a page
    that others are served from a cache.
    """
    if settings.public_url:
        return settings.public_url
    scheme: str = request.scope["scheme"]
    host = request.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        name, port = request.scope.get("server") or (settings.host, settings.port)
        host = f"{name}:{port}" if port else str(name)
    return f"{'https' if scheme in ('https', 'wss') else 'http'}://{host}"
