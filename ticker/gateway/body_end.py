"""Finds where the body of a request ends, so that the next request on the connection is seen."""

from __future__ import annotations

import re

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[;\r]")
CHUNKED_MAX = 4_096
"""Bytes of a chunked body that are looked at in one call. The parser refuses tiny chunks after
fewer, so the search for the end must not run through all that has arrived before it."""
_LINE_KEPT = 32
"""Bytes that are kept of a line: a size is shorter, and no empty line is as long."""


class BodyEnd:
    """The end of one body, with a length or chunked (RFC 9112 §6, §7.1).

    It refuses nothing: bytes that are no chunks belong to the body, and the parser refuses them.
    """

    def __init__(self, length: int | None) -> None:
        """``length`` is in bytes; None means chunked."""
        self._chunked = length is None
        self._left = length or 0
        """Bytes until the end of a body with a length, or of a chunk with its line end."""
        self._line = b""
        self._trailers = self._done = False
        self._unreadable = False

    def take(self, data: bytes) -> int:
        """Return how many bytes at the beginning of ``data`` belong to the body.

        Those of a chunked body are ``CHUNKED_MAX`` at most; the caller asks again for the others.
        """
        if self._unreadable:
            return len(data)
        if self._done:
            return 0
        if self._chunked:
            return self._take_chunks(data[:CHUNKED_MAX])
        taken = min(self._left, len(data))
        self._left -= taken
        return taken

    def _take_chunks(self, data: bytes) -> int:
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            end = data.find(b"\n", at) + 1
            line = self._line + data[at : min(end or len(data), at + _LINE_KEPT)]
            if not end:
                self._line = line[:_LINE_KEPT]
                break
            self._line = b""
            at = end
            if self._trailers:
                if line == b"\r\n":
                    self._done = True
                    return at
                continue
            size = _SIZE.match(line)
            if size is None:
                self._unreadable = True
                break
            chunk = int(size[1], 16)
            self._trailers = chunk == 0
            self._left = chunk and chunk + 2
        return len(data)
