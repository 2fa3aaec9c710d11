"""The cookie of a session: out of reach of scripts, and sent by pages of this newsroom alone.

A request says with ``Authorization: Session`` that the cookie is to count. A request of another
site's page is refused, and its page may not read an answer to one; caches keep such requests apart
from others by ``Vary: Authorization``.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from ticker.domain.errors import Forbidden
from ticker.domain.own_origin import from_own_page

NAME = "ticker_session"
SECURE_NAME = f"__Host-{NAME}"
"""Over HTTPS: a browser takes it from this host alone (RFC 6265bis §4.1.3.2)."""
ATTEMPT_NAME = "ticker_passkey"
ATTEMPT_SECURE_NAME = f"__Host-{ATTEMPT_NAME}"
"""What a browser has while it signs in with a passkey: the answer counts in that browser alone."""
_ATTEMPT = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
SCHEME = "session"
"""Scheme of ``Authorization`` that refers to the cookie."""


def session_of(request: Request, *, secure: bool) -> str:
    """Return the session's secret in the request's cookie, or an empty string."""
    return request.cookies.get(SECURE_NAME if secure else NAME, "")


def means_session(request: Request) -> bool:
    """Tell whether ``Authorization`` refers to the cookie."""
    return request.headers.get("authorization", "").partition(" ")[0].lower() == SCHEME


def check_own_page(request: Request, *, secure: bool) -> None:
    """Refuse a request that a page of another origin has sent. Raises Forbidden."""
    if not from_own_page(request.headers, secure=secure):
        raise Forbidden("a session works only on pages of this newsroom")


def opens_page(request: Request) -> bool:
    """Tell whether a browser opens the answer as a page, which no other page can then read.

    One that does not say so sends ``Origin`` with what a script of another origin asks for.
    """
    headers = request.headers
    if "sec-fetch-mode" not in headers:
        return "origin" not in headers and "sec-fetch-site" not in headers
    return headers["sec-fetch-mode"] == "navigate" and headers.get("sec-fetch-dest") == "document"


def set_session(response: Response, secret: str, *, secure: bool, seconds: int) -> None:
    """Give the browser the session ``secret`` for ``seconds``; 0 takes it away."""
    _set(response, SECURE_NAME if secure else NAME, secret, secure=secure, seconds=seconds)


def attempt_of(request: Request, *, secure: bool) -> str:
    """Return the secret of the browser's attempt with a passkey, or an empty string."""
    found = request.cookies.get(ATTEMPT_SECURE_NAME if secure else ATTEMPT_NAME, "")
    return found if _ATTEMPT.fullmatch(found) else ""


def set_attempt(response: Response, secret: str, *, secure: bool, seconds: int) -> None:
    """Give the browser the secret of an attempt with a passkey; 0 seconds take it away."""
    name = ATTEMPT_SECURE_NAME if secure else ATTEMPT_NAME
    _set(response, name, secret, secure=secure, seconds=seconds)


def _set(response: Response, name: str, value: str, *, secure: bool, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
