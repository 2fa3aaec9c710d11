"""Rules that a request must keep before it is routed, whichever parser has read it.

A proxy and this server must never read one request in two ways. So what has two readings is refused
here, on every route: other forms of a target, control characters in the path, no ``Host``, a second
one or one that is no host, and headers of which one counts and several arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"origin",
        b"sec-websocket-key",
        b"upgrade",
    }
)  # fmt: skip
"""Headers with one value (RFC 9110 §5.3); two are two meanings."""


_HOST = re.compile(
    rb"([-._~!$&'()*+;=%A-Za-z0-9]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{0,5})?"  # RFC 3986 §3.2.2, no comma
)


def violation(
    target: str, headers: Iterable[tuple[bytes, bytes]], *, http_1_1: bool = True
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
    seen: set[bytes] = set()
    count = forwarded = 0
    for name, value in headers:
        count += 1
        if name in seen and name in _SINGLE:
            return BadRequest(f"send the header {name.decode('latin-1')} once")
        seen.add(name)
        if name == b"host" and _HOST.fullmatch(value) is None:
            return BadRequest("the header host is not a host with a port")
        if name == b"x-forwarded-for":
            forwarded += len(value)
    if forwarded > FORWARDED_MAX:
        return HeadTooLarge(f"at most {FORWARDED_MAX} bytes of x-forwarded-for")
    if count > HEADERS_MAX:
        return HeadTooLarge(f"at most {HEADERS_MAX} header lines")
    if http_1_1 and b"host" not in seen:
        return BadRequest("HTTP/1.1 needs the header host")
    return None
