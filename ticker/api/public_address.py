"""The newsroom's public address, for absolute links in feeds, sitemaps and pages."""

from __future__ import annotations

import re

from starlette.requests import Request

from ticker.config import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def base_of(request: Request, settings: Settings) -> str:
    """Return scheme and host without a trailing slash: ``public_url``, or those of the request.

    An invalid ``Host`` is replaced by the server's own address, so that no markup gets into a page
    that a shared cache serves to others.
    """
    if settings.public_url:
        return settings.public_url
    scheme: str = request.scope["scheme"]
    host = request.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        name, port = request.scope.get("server") or (settings.host, settings.port)
        host = f"{name}:{port}" if port else str(name)
    return f"{'https' if scheme in ('https', 'wss') else 'http'}://{host}"
