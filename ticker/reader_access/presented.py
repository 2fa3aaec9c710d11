"""Find the token of a request: header, subprotocol, query or cookie (RFC 6750 §2). Pure.

A header is for servers and scripts. A browser's WebSocket takes a subprotocol and its EventSource a
query or a cookie. Two tokens at once have two meanings and are refused; but a cookie, which
browsers send by themselves, counts only without another token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import unquote_plus

from ticker.domain.errors import BadRequest
from ticker.domain.filter_query import FIELDS_MAX
from ticker.domain.own_origin import is_own

PARAMETER = "access_token"
_NAME_MAX = 3 * len(PARAMETER)
"""Characters of it with every character encoded."""
SUBPROTOCOL = "ticker.token."
"""Prefix of a WebSocket subprotocol whose rest is the token."""
EDITOR_KEY = "tk_"
"""Beginning of an editor key, which is no token."""

Place: TypeAlias = Literal["header", "subprotocol", "query", "cookie"]


@dataclass(frozen=True, slots=True)
class Presented:
    """A token, or an editor key, and where it was."""

    secret: str
    place: Place

    def __repr__(self) -> str:
        """Return no part of the secret: this may reach a log."""
        return f"Presented(…, {self.place!r})"

    @property
    def is_editor_key(self) -> bool:
        """Tell whether it is an editor key."""
        return self.place == "header" and self.secret.startswith(EDITOR_KEY)


def presented(
    headers: Mapping[str, str], query: str, cookie_name: str, own_origins: frozenset[str]
) -> Presented | None:
    """Return what a request presents, None if it presents nothing.

    ``headers`` have names in lower case. ``own_origins`` are other sites whose pages may use the
    cookie. Raises BadRequest for two tokens.
    """
    found: list[Presented] = []
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found.append(Presented(secret.strip(), "header"))
    for offered in headers.get("sec-websocket-protocol", "").split(","):
        if offered.strip().startswith(SUBPROTOCOL):
            found.append(Presented(offered.strip().removeprefix(SUBPROTOCOL), "subprotocol"))
    if query:
        found += [Presented(value, "query") for value in _split(query)[1]]
    if len(found) > 1:
        raise BadRequest("send one token, in one place")
    if found:
        return found[0]
    if cookie_name and "cookie" in headers and _same_site(headers, own_origins):
        secret = _cookie(headers["cookie"], cookie_name)
        return Presented(secret, "cookie") if secret else None
    return None


def without_token(query: str) -> str:
    """Return ``query`` without its tokens: no cache, log or message may keep one."""
    return _split(query)[0] if query else query


def _split(query: str) -> tuple[str, list[str]]:
    """Return ``query`` without tokens, and the tokens.

    Of more than ``FIELDS_MAX`` parameters, for which the request is refused, few are left.
    """
    rest, tokens = [], []
    for pair in query.split("&", FIELDS_MAX + 2)[: FIELDS_MAX + 2]:
        name, _, value = pair.partition("=")
        if len(name) <= _NAME_MAX and unquote_plus(name).lower() == PARAMETER:
            tokens.append(unquote_plus(value))
        else:
            rest.append(pair)
    return "&".join(rest), tokens


def _cookie(header: str, name: str) -> str:
    """Return the first cookie ``name`` (RFC 6265 §5.4: the most specific one is first)."""
    for pair in header.split(";"):
        given, _, value = pair.strip().partition("=")
        if given == name:
            return value.strip('"')
    return ""


def _same_site(headers: Mapping[str, str], own_origins: frozenset[str]) -> bool:
    """Tell whether this server's own page sends the request, or one of ``own_origins``.

    Browsers send cookies also for the requests of foreign pages, and those may read answers with
    CORS, event streams and WebSockets. They name themselves in ``Origin``; a request without it is
    a navigation, or one of a page of the same origin.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") != "cross-site" or (
            headers.get("sec-fetch-mode") == "navigate"
        )
    return origin in own_origins or is_own(origin, headers.get("host", ""))
