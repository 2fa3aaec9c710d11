"""The Retry-After header (RFC 9110 §10.2.3): seconds, or a date."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime


def seconds(value: bytes | str | None, now_s: float, *, longest: float) -> float | None:
    """Return how many seconds a server asks to wait, at most ``longest``; None if it does not say.

    ``now_s`` is the time in seconds since 1970, for the form with a date. A date in the past is 0.
    """
    if value is None:
        return None
    text = (value.decode("latin-1") if isinstance(value, bytes) else value).strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:18]), longest)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # "-0000": the date is in UTC
            moment = moment.replace(tzinfo=UTC)
        return min(max(0.0, moment.timestamp() - now_s), longest)
    except (ValueError, OverflowError):
        return None
