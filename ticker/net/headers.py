"""Request headers, prepared once for both protocols, and response headers as a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

Field: TypeAlias = tuple[bytes, bytes]

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(rb"[\x00\r\n]")
"""Bytes that would end a line of HTTP/1.1 and begin another (RFC 9110 §5.5)."""

_OURS = frozenset(
    b"connection content-length host keep-alive proxy-connection te transfer-encoding "
    b"upgrade".split()
)


class Head:
    """Headers that many requests share: ``h2`` for HTTP/2, ``h1`` as lines of HTTP/1.1.

    Raises ValueError for a name that is no token or that the connection itself decides about
    (content-length among them), and for a value with a line break.
    """

    __slots__ = ("h1", "h2")

    def __init__(self, headers: Sequence[Field]) -> None:
        for name, value in headers:
            check(value)
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a header name: {name!r}")
            if name.lower() in _OURS:
                raise ValueError(f"the connection sends its own {name.decode()}")
        self.h2 = lowered(headers)
        self.h1 = lines(headers)


def check(value: bytes) -> None:
    """Raise ValueError for a value with a line break."""
    if _BREAKS.search(value):
        raise ValueError(f"a line break in a header: {value[:40]!r}")


def lowered(headers: Iterable[Field]) -> tuple[Field, ...]:
    """Return headers with names in lower case, as HTTP/2 wants them (RFC 9113 §8.2)."""
    return tuple((name.lower(), value) for name, value in headers)


def lines(headers: Iterable[Field]) -> bytes:
    """Return headers as lines of HTTP/1.1."""
    text = b""
    for name, value in headers:
        text += b"%b: %b\r\n" % (name, value)
    return text


def joined(fields: Iterable[Field]) -> Mapping[bytes, bytes]:
    """Return headers by their lower-case names, repeated ones joined (RFC 9110 §5.3)."""
    found: dict[bytes, bytes] = {}
    repeated: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        key = name.lower()
        if key in found:
            repeated.setdefault(key, [found[key]]).append(value)
        else:
            found[key] = value
    for key, values in repeated.items():
        found[key] = b", ".join(values)
    return MappingProxyType(found)
