"""Cursors: a position in the lane, made of an epoch and a stream id.

The lane is totally ordered by Redis stream ids, so one id is a complete position. An epoch begins
when the lane is written on another server: a failover, a restart, a restore. The timeline tells
which cursors of earlier epochs are still good. Epochs increase, so a server can tell an epoch that
it has not noticed yet from an old one. Clients treat a cursor as opaque (PROTOCOL.md §3).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ticker.domain.errors import BadCursor

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CURSOR = re.compile(r"([0-9a-z]{1,13})\.([0-9]{1,20})-([0-9]{1,20})", re.ASCII)
_MAX_PART = 2**64 - 1


class StreamId(NamedTuple):
    """A Redis stream entry id: milliseconds since 1970 and a sequence; ordered like Redis does."""

    ms: int
    seq: int

    @classmethod
    def parse(cls, text: str | bytes) -> StreamId:
        """Return the id in ``text`` (``ms-seq``). Raises ValueError for anything else."""
        if isinstance(text, bytes):
            text = text.decode("ascii")
        ms, _, seq = text.partition("-")
        return cls(int(ms), int(seq))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"

    def before(self) -> StreamId:
        """Return the greatest id below this one; ``ZERO`` stays ``ZERO``."""
        if self.seq:
            return StreamId(self.ms, self.seq - 1)
        return StreamId(self.ms - 1, _MAX_PART) if self.ms else ZERO


ZERO = StreamId(0, 0)
LAST = StreamId(_MAX_PART, _MAX_PART)
"""The greatest id."""


class Cursor(NamedTuple):
    """A position in one epoch of the lane. Compare ``id`` only within one history."""

    epoch: int
    id: StreamId

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Return the cursor in ``text``, or ``UNREADABLE`` if no server can have issued it."""
        try:
            return cls.parse(text)
        except BadCursor:
            return UNREADABLE

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Return the cursor in ``text``. Raises BadCursor for text that ``str`` never makes."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise BadCursor("the cursor is malformed; connect without one")
        ms, seq = int(match[2]), int(match[3])
        if ms > _MAX_PART or seq > _MAX_PART:
            raise BadCursor("the cursor is malformed; connect without one")
        return cls(int(match[1], 36), StreamId(ms, seq))

    def __str__(self) -> str:
        return f"{base36(self.epoch)}.{self.id}"


UNREADABLE = Cursor(-1, ZERO)
"""A reader's cursor that is malformed, or of another system; the answer is a reset."""


@lru_cache(64)
def base36(number: int) -> str:
    """Return a non-negative ``number`` in lower-case base 36."""
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
