"""Time as data: RFC 3339 in UTC with milliseconds, and time-ordered ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ticker.domain.messages import said

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY_MS = 86_400_000
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


def rfc3339(ms: int) -> str:
    """Return ``ms`` since 1970 as ``2026-11-23T19:33:24.123Z``."""
    day, rest = divmod(ms, _DAY_MS)
    minutes, rest = divmod(rest, 60_000)
    return (
        f"{_date(day)}T{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}Z"
    )


@lru_cache(64)
def _date(day: int) -> str:
    """Return the date ``day`` days after 1 January 1970; most times are of the same few days."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def to_ms(moment: datetime) -> int:
    """Return an aware ``moment`` as whole milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND  # a float would lose the last digit of some times


@lru_cache(1_024)
def parse_ms(text: str) -> int:
    """Return what ``rfc3339`` (or any aware RFC 3339 text) says, in milliseconds.

    Raises ValueError for text that is no time, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(said("no-offset"))
    return to_ms(moment)


def new_id(ms: int, entropy: bytes) -> str:
    """Return a 26-character id that sorts by time: 48 bits of ``ms``, 80 of ``entropy``.

    The layout is the ULID's (github.com/ulid/spec), in lower case. ``entropy`` is 10 random bytes.
    """
    number = (ms << 80) | int.from_bytes(entropy[:10], "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])
