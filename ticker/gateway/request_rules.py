"""Rules that a request must keep before it is routed, whichever parser has read it.

A proxy and this server must never read one request in two ways. So what has two readings is refused
here, on every route: other forms of a target, control characters in the path, no ``Host``, a second
one or one that is no host, and headers of which one counts and several arrive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from ticker.domain.client_address import FORWARDED_MAX
from ticker.domain.errors import BadRequest, HeadTooLarge, TickerError

HEADERS_MAX = 100
"""Header lines of one request; more are answered with 431. Browsers send about twenty."""
PATH_MAX = 4_096
"""Bytes of a path. Every layer decodes it again, and 28 KB of percent signs took 6 ms."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SINGLE = frozenset(
    {
        "authorization",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "if-match",
        "last-event-id",
        "origin",
        "sec-websocket-key",
        "upgrade",
    }
)  # fmt: skip
"""Headers with one value (RFC 9110 §5.3); two are two meanings."""


_ABSOLUTE = re.compile(rb"(?:https?|wss?)://([^/?#]*)(/[^#]*|\?[^#]*)?$", re.IGNORECASE)
_HOST = re.compile(
    r"([-._~!$&'()*+;=%A-Za-z0-9]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{0,5})?"  # RFC 3986 §3.2.2, no comma
)


def violation(
    target: str, headers: Sequence[tuple[str, str]], *, http_1_1: bool = True
) -> TickerError | None:
    """Return why a request is refused, or None.

    ``target`` is in origin form, as sent, or an asterisk; ``headers`` are header lines with names
    in lower case. HTTP/1.1 needs a ``Host`` (RFC 9112 §3.2).
    """
    path = target.partition("?")[0]
    if len(path) > PATH_MAX:
        return HeadTooLarge(f"at most {PATH_MAX} bytes of path")
    if _CONTROL.search(unquote(path) if "%" in path else path):
        return BadRequest("the path contains a control character")
    if (path[:1] != "/" and target != "*") or "#" in target:
        return BadRequest("the target is not a path with a query")
    last = dict(headers)
    if len(last) < len(headers):
        times = Counter(name for name, _ in headers)
        for name in last:
            if times[name] > 1 and name in _SINGLE:
                return BadRequest(f"send the header {name} once")
    host = last.get("host")
    if host is not None and _HOST.fullmatch(host) is None:
        return BadRequest("the header host is not a host with a port")
    if "x-forwarded-for" in last:
        forwarded = sum(len(value) for name, value in headers if name == "x-forwarded-for")
        if forwarded > FORWARDED_MAX:
            return HeadTooLarge(f"at most {FORWARDED_MAX} bytes of x-forwarded-for")
    if len(headers) > HEADERS_MAX:
        return HeadTooLarge(f"at most {HEADERS_MAX} header lines")
    if http_1_1 and host is None:
        return BadRequest("HTTP/1.1 needs the header host")
    return None


def unreadable(
    version: str, method: bytes, target: bytes, codings: Sequence[bytes]
) -> TickerError | None:
    """Return why a message has no reading here, or None (RFC 9112 §2.3, §3.2, §6.1).

    ``codings`` are the values of ``Transfer-Encoding``.
    """
    if version not in ("1.0", "1.1"):
        return BadRequest("this server speaks HTTP/1.1")
    if method == b"CONNECT" or (target == b"*" and method != b"OPTIONS"):
        return BadRequest("the target does not fit the method")
    if codings and (version == "1.0" or len(codings) > 1 or codings[0].lower() != b"chunked"):
        return BadRequest("the only transfer coding here is chunked, in HTTP/1.1")
    return None


def origin_form(
    target: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> tuple[bytes, Sequence[tuple[bytes, bytes]]] | None:
    """Return target and headers with the host and path of an absolute target (RFC 9112 §3.2.2).

    None for a target in another form.
    """
    found = _ABSOLUTE.match(target)
    if found is None:
        return None
    host, rest = found.group(1), found.group(2) or b"/"
    path = rest if rest.startswith(b"/") else b"/" + rest
    return path, [(name, host if name == b"host" else value) for name, value in headers]


def forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the value of ``X-Forwarded-For``; several lines are one list (RFC 9110 §5.3)."""
    lines = [value for name, value in headers if name == b"x-forwarded-for"]
    return b", ".join(lines).decode("latin-1")
