"""Parse and print times on the command line. Pure: the current time is an argument."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d+[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)

DURATION_HELP = "30s, 10m, 2h, 1h30m, 3d"
MOMENT_HELP = "+10m, 18:30 (local time) or 2026-11-23T18:30Z"


def seconds(text: str) -> int:
    """Return the seconds in a duration such as ``2h`` or ``1h30m``.

    Raises ValueError with a message for the user.
    """
    if _DURATION.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a duration. Examples: {DURATION_HELP}")
    total = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    if total == 0:
        raise ValueError(f"{text!r} must be longer than zero")
    return total


def moment(text: str, now: datetime) -> datetime:
    """Return the time that ``text`` stands for. ``now`` is aware, in the user's time zone.

    ``+10m`` counts from now, ``18:30`` is the next time with that clock reading, anything else is
    RFC 3339 (without an offset: in the user's zone). Raises ValueError with a message for the user.
    """
    text = text.strip()
    if text.startswith("+"):
        return now + timedelta(seconds=seconds(text[1:]))
    clock = _CLOCK.fullmatch(text)
    try:
        if clock is not None:
            today = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            return today if today > now else today + timedelta(days=1)
        named = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time. Examples: {MOMENT_HELP}") from None
    return named if named.tzinfo is not None else named.replace(tzinfo=now.tzinfo)


def past(text: str, now: datetime) -> datetime:
    """Return the time a duration before ``now``, or the time in RFC 3339 that ``text`` is.

    Raises ValueError with a message for the user.
    """
    if _DURATION.fullmatch(text):
        return now - timedelta(seconds=seconds(text))
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a duration ({DURATION_HELP}) nor a time") from None
    return named if named.tzinfo is not None else named.replace(tzinfo=now.tzinfo)


def expiry(text: str, now: datetime) -> dict[str, str | int]:
    """Return the draft field for ``--expires``: a duration after publishing, or a time."""
    if _DURATION.fullmatch(text):
        return {"expires_in": seconds(text)}
    try:
        return {"expires_at": moment(text, now).isoformat()}
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a duration ({DURATION_HELP}) nor a time ({MOMENT_HELP})"
        ) from None


def shown(rfc3339: str, now: datetime) -> str:
    """Return a short local time: ``18:30`` for today, else ``23 Nov 18:30``; ``""`` if invalid."""
    try:
        local = datetime.fromisoformat(rfc3339).astimezone(now.tzinfo)
    except ValueError:
        return ""
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d}"
