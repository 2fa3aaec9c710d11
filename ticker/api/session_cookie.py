"""The cookie of a session: out of reach of scripts, and sent by pages of this newsroom alone.

A request says with ``Authorization: Session`` that the cookie is to count. A page of another site
cannot send that header, since no preflight allows it, and caches keep such requests apart from
others by ``Vary: Authorization``.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.domain.errors import Forbidden

NAME = "ticker_session"
SECURE_NAME = f"__Host-{NAME}"
"""Over HTTPS: a browser takes it from this host alone (RFC 6265bis §4.1.3.2)."""
SCHEME = "session"
"""Scheme of ``Authorization`` that refers to the cookie."""


def session_of(request: Request, *, secure: bool) -> str:
    """Return the session's secret in the request's cookie, or an empty string."""
    return request.cookies.get(SECURE_NAME if secure else NAME, "")


def check_same_site(request: Request) -> None:
    """Refuse a request that a page of another origin has sent (Fetch Metadata). Raises Forbidden.

    Clients that are no browsers send no such header.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("a session is for pages of this newsroom alone")


def set_session(response: Response, secret: str, *, secure: bool, seconds: int) -> None:
    """Give the browser the session ``secret`` for ``seconds``; 0 takes it away."""
    response.set_cookie(
        SECURE_NAME if secure else NAME,
        secret,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
