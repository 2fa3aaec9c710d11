"""The bytes of an import, their limits, and their decompression up to a size. Pure."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from ticker.domain.messages import said
from ticker.imports.drafts import Unreadable

PIECE = 65_536
"""Bytes of a compressed file that are decompressed at once."""
PROLOG_MAX = 100_000
"""Characters in front of the first element of a document in XML, with the document type."""


class Download(NamedTuple):
    """A body, the address that it came from after redirects, and the charset of its header.

    ``unchanged`` is the answer 304 to a conditional request; it has no body.
    """

    data: bytes
    url: str | None
    charset: str | None
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False


GZIP = b"\x1f\x8b"
"""The first bytes of gzip, and of each of its members."""


class Gunzip:
    """Decompresses gzip up to a size. Methods raise Unreadable."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = most + 1
        self._zlib = zlib.decompressobj(wbits=31)
        self._rest = b""
        """What follows a member: the next one (RFC 1952 §2.2), or padding."""

    def add(self, data: bytes) -> bytes:
        """Return more of what was compressed."""
        whole = b""
        while data:
            if self._zlib.eof:
                data = (self._rest + data).lstrip(b"\0")
                if not data.startswith(GZIP):
                    self._rest = data[: len(GZIP)]  # the beginning of the next, or anything else
                    break
                self._zlib, self._rest = zlib.decompressobj(wbits=31), b""
            try:
                found = self._zlib.decompress(data, self._room)
            except zlib.error:
                raise Unreadable(said("feed-gzip")) from None
            self._room -= len(found)
            if self._room <= 0 or self._zlib.unconsumed_tail:
                raise too_large(self._most)
            whole += found
            data = self._zlib.unused_data
        return whole

    def end(self) -> None:
        """Check that nothing is missing."""
        if not self._zlib.eof:
            raise Unreadable(said("feed-gzip-end"))


def unpacked(data: bytes, most: int) -> bytes:
    """Return a file's content, decompressed if it is gzip. Raises Unreadable."""
    if not data.startswith(GZIP):
        return data
    body = Gunzip(most)
    # In pieces, as each of thousands of members takes a copy of what follows it.
    parts = range(0, len(data), PIECE)
    found = b"".join(body.add(data[start : start + PIECE]) for start in parts)
    body.end()
    return found


def too_large(most: int) -> Unreadable:
    """Return the error for an input of more than ``most`` bytes."""
    return Unreadable(said("feed-too-large", most=most // 2**20))
