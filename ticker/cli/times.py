"""Parse and print times on the command line. Pure: the current time is an argument.

A local time is read and shown by the rules that its zone has at that moment. ``now`` is aware, in
the user's zone (``time_zone.local_now``). A fixed offset, as ``datetime.astimezone()`` gives it,
knows no rules: this machine's zone takes its place if it has that offset now.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from ticker.cli.time_zone import UnknownZone, local_zone

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d+[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_LONGEST = 10**9
_YEAR = 365 * 86_400
"""Seconds, 31 years: a longer duration is a slip, and sums with it leave the calendar."""

DURATION_HELP = "30s, 10m, 2h, 1h30m, 3d"
MOMENT_HELP = "+10m, 18:30 (local time) or 2026-11-23T18:30Z"


def seconds(text: str, *, zero: bool = False) -> int:
    """Return the seconds in a duration such as ``2h`` or ``1h30m``; with ``zero`` also of ``0s``.

    Raises ValueError with a message for the user.
    """
    text = _typed(text)
    if _DURATION.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a duration. Examples: {DURATION_HELP}")
    parts = _PART.findall(text)
    if any(len(count) > 10 for count, _ in parts):
        raise ValueError(f"{text!r} is too long for a duration")
    total = sum(int(count) * _UNITS[unit] for count, unit in parts)
    if total == 0 and not zero:
        raise ValueError(f"{text!r} must be longer than zero")
    if total > _LONGEST:
        raise ValueError(f"{text!r} is too long for a duration")
    return total


def _typed(text: str) -> str:
    """Return ``text`` with the digits of any script as ASCII: an Arabic keyboard types its own."""
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


class UnclearTime(ValueError):
    """A clock reading that needs an offset; the message offers the possible ones."""


def moment(text: str, now: datetime) -> datetime:
    """Return the time that ``text`` stands for, with its offset from UTC at that time.

    ``+10m`` counts from now, ``18:30`` is the next time with that clock reading, anything else is
    RFC 3339 (without an offset: in the user's zone). Raises ValueError with a message for the user,
    UnclearTime for a local time that does not exist or occurs twice because the clocks change.
    """
    text = _typed(text).strip()
    if text.startswith("+"):
        return _with_offset(now.astimezone(UTC) + timedelta(seconds=seconds(text[1:])), _zone(now))
    try:
        clock = _CLOCK.fullmatch(text)
        return _named(text, now) if clock is None else _next(int(clock[1]), int(clock[2]), now)
    except UnclearTime:
        raise
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time. Examples: {MOMENT_HELP}") from None


def past(text: str, now: datetime) -> datetime:
    """Return the time in the past that ``text`` stands for.

    ``2h`` is two hours before now, ``18:30`` the last time with that clock reading, anything else
    is RFC 3339. Raises ValueError with a message for the user.
    """
    text = _typed(text).strip()
    if _DURATION.fullmatch(text):
        return _with_offset(now.astimezone(UTC) - timedelta(seconds=seconds(text)), _zone(now))
    try:
        clock = _CLOCK.fullmatch(text)
        return _named(text, now) if clock is None else _last(int(clock[1]), int(clock[2]), now)
    except UnclearTime:
        raise
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is neither a duration ({DURATION_HELP}) nor a time") from None


def expiry(text: str, now: datetime) -> dict[str, str | int]:
    """Return the draft field for ``--expires``: a duration after publishing, or a time."""
    text = _typed(text)
    if _DURATION.fullmatch(text):
        return {"expires_in": seconds(text)}
    try:
        return {"expires_at": moment(text, now).isoformat()}
    except UnclearTime:
        raise
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a duration ({DURATION_HELP}) nor a time ({MOMENT_HELP})"
        ) from None


def shown(rfc3339: str, now: datetime) -> str:
    """Return a short local time: ``18:30`` for today, else ``23 Nov 18:30``; ``""`` if invalid."""
    local = _local(rfc3339, now)
    if local is None:
        return ""
    today = now.astimezone(local.tzinfo)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local.day:02d} {_MONTHS[local.month - 1]} {local:%H:%M}"
    return f"{local:%Y-%m-%d}"


def full(rfc3339: str, now: datetime) -> str:
    """Return a local time with day and zone, such as ``Sat 28 Nov, 23:30 CET``.

    The year is named unless it is this year, the seconds unless they are zero. Returns ``""`` for
    text that is not a time.
    """
    local = _local(rfc3339, now)
    if local is None:
        return ""
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
    year = "" if local.year == now.astimezone(local.tzinfo).year else f" {local.year}"
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{day}{year}, {clock} {_zone_name(local)}"


def localised(text: str, now: datetime) -> str:
    """Return a message of the newsroom, which writes times in UTC, with ``full`` in their place."""
    found = r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z\b"
    return re.sub(found, lambda one: full(one[0], now) or one[0], text, flags=re.ASCII)


def durations(message: str) -> str:
    """Return a message about a field in seconds with its bound as people give it: 7d, 1h30m."""
    bound = r"(at most|at least) ([0-9][0-9,]*)"
    return re.sub(bound, lambda one: f"{one[1]} {_units(one[2])}", message)


def _units(digits: str) -> str:
    rest, parts = int(digits.replace(",", "")), list[str]()
    for unit in "dhms":
        count, rest = divmod(rest, _UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0"


def announced(rfc3339: str, now: datetime) -> str:
    """Return ``full`` and the distance from now: ``Sat 28 Nov, 23:30 CET, in 4 h``."""
    text = full(rfc3339, now)
    return f"{text}, {distance(rfc3339, now)}" if text else ""


def by_another_clock(rfc3339: str, said: str, now: datetime) -> bool:
    """Tell whether what a newsroom said of a time is untrue by the clock here."""
    away = (datetime.fromisoformat(rfc3339) - now).total_seconds()
    return ("in the past" in said and away > 0) or ("more than a year" in said and 0 < away < _YEAR)


def distance(rfc3339: str, now: datetime) -> str:
    """Return how far a time is from now, such as ``in 4 h 20 min``, ``27 days ago`` or ``now``.

    Raises ValueError for text that is not a time.
    """
    away = round((datetime.fromisoformat(rfc3339) - now).total_seconds())
    minutes, days = round(abs(away) / 60), round(abs(away) / 86_400)
    if away == 0:
        return "now"
    if abs(away) < 60:
        text = f"{abs(away)} s"
    elif minutes < 60:
        text = f"{minutes} min"
    elif minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        text = f"{hours} h {rest} min" if rest else f"{hours} h"
    else:
        text = f"{days} days"
    return f"in {text}" if away > 0 else f"{text} ago"


def _zone(now: datetime) -> tzinfo | None:
    """Return the zone of ``now``, with its rules."""
    zone = now.tzinfo
    if not isinstance(zone, timezone) or zone is UTC:
        return zone
    try:
        local = local_zone()
    except UnknownZone:
        return zone
    return local if now.astimezone(local).utcoffset() == now.utcoffset() else zone


def _with_offset(instant: datetime, zone: tzinfo | None) -> datetime:
    # Sums and comparisons of times in one zone with rules would be those of its clock readings.
    return instant.astimezone(timezone(instant.astimezone(zone).utcoffset() or timedelta()))


def _named(text: str, now: datetime) -> datetime:
    named = datetime.fromisoformat(text)
    if named.tzinfo is not None:
        return named
    zone = _zone(now)
    return _with_offset(_only(_instants(named, zone), named, zone), zone)


def _next(hour: int, minute: int, now: datetime) -> datetime:
    """Return the next time at which the clocks of the zone show ``hour`` and ``minute``."""
    zone = _zone(now)
    today = now.astimezone(zone).replace(tzinfo=None, fold=0, second=0, microsecond=0)
    wall = today.replace(hour=hour, minute=minute)
    instants = _instants(wall, zone)
    coming = [instant for instant in instants if instant > now]
    if instants and not coming:
        wall += timedelta(days=1)
        coming = _instants(wall, zone)
    return _with_offset(_only(coming, wall, zone), zone)


def _last(hour: int, minute: int, now: datetime) -> datetime:
    """Return the last time at which the clocks of the zone showed ``hour`` and ``minute``."""
    zone = _zone(now)
    today = now.astimezone(zone).replace(tzinfo=None, fold=0, second=0, microsecond=0)
    wall = today.replace(hour=hour, minute=minute)
    instants = _instants(wall, zone)
    gone = [instant for instant in instants if instant <= now]
    if instants and not gone:
        wall -= timedelta(days=1)
        gone = _instants(wall, zone)
    return _with_offset(_only(gone, wall, zone), zone)


def _instants(wall: datetime, zone: tzinfo | None) -> list[datetime]:
    """Return when the clocks of ``zone`` show ``wall``, in UTC: once, twice or never (PEP 495)."""
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [one for one in both if one.astimezone(zone).replace(tzinfo=None, fold=0) == wall]
    return list(dict.fromkeys(real))


def _only(instants: list[datetime], wall: datetime, zone: tzinfo | None) -> datetime:
    """Return the one instant. Raises UnclearTime, which offers both readings, for none or two."""
    if len(instants) == 1:
        return instants[0]
    # In a gap the offset after the change (fold 1) leads to the earlier of the two times.
    folds, reason, change = (
        ((0, 1), "occurs twice", "back") if instants else ((1, 0), "does not exist", "forward")
    )
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC).astimezone(zone) for fold in folds]
    offers = " or ".join(f"{one.isoformat(timespec='minutes')} ({_zone_name(one)})" for one in both)
    where = getattr(zone, "key", None) or "the local time zone"
    raise UnclearTime(
        f"{wall.isoformat(timespec='minutes')} {reason} in {where}, "
        f"because the clocks go {change}. Write {offers}"
    )


def _local(rfc3339: str, now: datetime) -> datetime | None:
    try:
        return datetime.fromisoformat(rfc3339).astimezone(_zone(now))
    except (ValueError, OverflowError):
        return None


def _zone_name(local: datetime) -> str:
    """Return the abbreviation of the zone at that time, or its offset where it has none."""
    name = local.tzname() or ""
    if name[:1] in ("+", "-"):
        return f"UTC{name[:3]}{':' + name[3:5] if name[3:] else ''}"
    return name
