"""Decides from a request's first bytes which process serves it: the gateway or the web process.

The gateway serves readers and its own health; the web process serves everything else. Both use this
one function, so a connection cannot go back and forth.
"""

from __future__ import annotations

import enum
import re
from urllib.parse import unquote_to_bytes

HEALTH_TARGETS = (b"GET /healthz", b"HEAD /healthz", b"GET /readyz", b"HEAD /readyz")
READER_TARGETS = (
    b"GET /v1/ws",
    b"GET /v1/events",
    b"GET /v1/items",
    b"HEAD /v1/items",
    *HEALTH_TARGETS,
)
"""Requests that the gateway serves, up to a query string."""
_NAMES = rb"(?:all|before|at)="
"""Parameters of a poll that the web process answers: lists for editors, and older items."""
_ELSEWHERE = re.compile(rb"[?&]" + _NAMES)
_OTHERS = rb"(?!" + _NAMES + rb")[^ \n?&]*"
"""Any other parameter."""
_PLAIN = re.compile(
    rb"GET /v1/(?:(?:ws|events)(?:\?[^ \n]*)?"
    rb"|items(?:\?" + _OTHERS + rb"(?:[?&]" + _OTHERS + rb")*)?) "
)
"""The usual request of a reader: the steps of ``owner`` would find that it is the gateway's."""
_ABSOLUTE = re.compile(rb"((?:GET|HEAD) )(?:https?|wss?)://[^/? \r\n]*")
"""Scheme and host of a target in absolute form (RFC 9112 §3.2.2)."""
_PATH = re.compile(rb"((?:GET|HEAD) )(/[^? \r\n]*)(.?)", re.DOTALL)
"""Method, path, and the byte behind it, if it has arrived."""
_HALF = re.compile(rb"%[0-9A-Fa-f]?$")
"""An encoded byte that has not arrived whole."""
_EMPTY_LINES = re.compile(rb"[\r\n]+")
"""Tolerated before a request (RFC 9112 §2.2)."""
_SCHEMES = tuple(
    method + scheme
    for method in (b"GET ", b"HEAD ")
    for scheme in (b"http://", b"https://", b"ws://", b"wss://")
)
_FIRST = frozenset({b"", b"G", b"H", b"\r", b"\n"})
"""What requests of readers begin with, nothing or an empty line included."""
_LONGEST = max(map(len, (*READER_TARGETS, *_SCHEMES)))
"""Bytes from which on a beginning that is none of these never becomes one."""


class Owner(enum.Enum):
    """The process that serves a request."""

    GATEWAY = "gateway"
    WEB = "web"
    UNDECIDED = "undecided"
    """The request's target is not complete yet."""


def owner(data: bytes) -> Owner:
    """Return the owner of the request that ``data`` begins with.

    A percent-encoded path counts as what it stands for, as routing takes it. A poll with a
    parameter of ``_ELSEWHERE`` belongs to the web process.
    """
    if _PLAIN.match(data) is not None:
        return Owner.GATEWAY
    if data[:1] not in _FIRST:
        return Owner.WEB
    data = _line(data)
    absolute = _ABSOLUTE.match(data)
    if absolute is not None:
        if absolute.end() == len(data):
            return Owner.UNDECIDED
        data = absolute[1] + data[absolute.end() :]
    path = _PATH.match(data)
    if path is not None and b"%" in path[2]:
        encoded = path[2][: 3 * _LONGEST]  # a longer path is no reader's
        if not path[3]:
            beginning = path[1] + unquote_to_bytes(_HALF.sub(b"", encoded))
            may_be = any(target.startswith(beginning) for target in READER_TARGETS)
            return Owner.UNDECIDED if may_be else Owner.WEB
        target = path[1] + unquote_to_bytes(encoded)
        if target not in READER_TARGETS:
            return Owner.WEB
        data = target + data[path.end(2) :]
    if data.startswith(READER_TARGETS):
        target = next(target for target in READER_TARGETS if data.startswith(target))
        return _by_query(data[len(target) :], target.endswith(b"/items"))
    if len(data) < _LONGEST and any(
        target.startswith(data) for target in (*READER_TARGETS, *_SCHEMES)
    ):
        return Owner.UNDECIDED
    return Owner.WEB


def _line(data: bytes) -> bytes:
    """Return the first line with its end, or all that has arrived of it.

    Many requests may have arrived in one piece: none of the steps here copies the rest of them.
    """
    found = _EMPTY_LINES.match(data)
    start = 0 if found is None else found.end()
    end = data.find(b"\n", start) + 1
    return data[start : end or len(data)]


def _by_query(rest: bytes, is_poll: bool) -> Owner:
    if not rest:
        return Owner.UNDECIDED
    if rest[:1] == b" ":
        return Owner.GATEWAY
    if rest[:1] != b"?":
        return Owner.WEB  # a longer path
    query, space, _ = rest.partition(b" ")
    if b"\n" in query or (is_poll and _ELSEWHERE.search(query)):
        return Owner.WEB
    return Owner.GATEWAY if space else Owner.UNDECIDED
