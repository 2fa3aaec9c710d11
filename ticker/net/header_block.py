"""The headers of a message, encoded once and sent with each of its requests.

HTTP/2 gets literals without indexing (RFC 7541 §6.2.2): longer than references to a dynamic table,
but the same bytes on every connection, so nothing has to be encoded twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

Field: TypeAlias = tuple[bytes, bytes]

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(rb"[\x00\r\n]")
"""What would end a line of HTTP/1.1 and begin another (RFC 9110 §5.5)."""

_OURS = frozenset(
    b"connection content-length host keep-alive proxy-connection te transfer-encoding "
    b"upgrade".split()
)
_SECRET = frozenset((b"authorization", b"crypto-key"))
"""Never indexed (RFC 7541 §6.2.3): no intermediary may keep them in a table."""


class Head:
    """Constant headers: ``h2`` is a piece of a header block, ``h1`` are lines with their ends.

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
        self.h2 = b"".join(literal(name, value) for name, value in headers)
        self.h1 = lines(headers)


def check(value: bytes) -> None:
    """Raise ValueError for a value with a line break."""
    if _BREAKS.search(value):
        raise ValueError(f"a line break in a header: {value[:40]!r}")


def literal(name: bytes, value: bytes) -> bytes:
    """Return one header as a literal that enters no table, its name in lower case."""
    name = name.lower()
    kind = b"\x10" if name in _SECRET else b"\x00"
    return b"%b%b%b%b%b" % (kind, length(len(name)), name, length(len(value)), value)


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


def length(count: int) -> bytes:
    """Return the length of a string that is not Huffman coded (RFC 7541 §5.1, §5.2)."""
    if count < 127:
        return _SHORT[count]
    rest = count - 127
    octets = [127]
    while rest >= 128:
        octets.append(rest & 127 | 128)
        rest >>= 7
    octets.append(rest)
    return bytes(octets)


_SHORT = [bytes((count,)) for count in range(127)]
