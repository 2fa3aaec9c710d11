"""The user's time zone, with its rules for every moment, not only today's offset.

``TZ`` is read as POSIX.1-2024 §8.3 and tzset(3) describe it: a zone's name, ``:`` and a name, the
path of a file, or a rule such as ``CET-1CEST,M3.5.0,M10.5.0/3``.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

LOCALTIME = Path("/etc/localtime")
_FOLDER = "/zoneinfo/"
_US_RULE = ",M3.2.0,M11.1.0"
"""The change of clocks that the C library takes where a rule has a summer time but no dates."""
FILE_MAX = 1_048_576
"""Bytes of a zone's file; the largest have some thousands."""
GUESSES = 3
NAME_MAX = 100
"""Characters of a name that are read; the longest rule is shorter."""


class UnknownZone(ValueError):
    """The name is not a time zone's; the message is for the user."""


def named(name: str) -> tzinfo:
    """Return the zone that ``name`` (in the syntax of ``TZ``) stands for. Raises UnknownZone."""
    key = name.strip().removeprefix(":")[:NAME_MAX]
    if not key or key.upper() in ("Z", "UTC", "GMT"):
        return UTC
    try:
        return _zone(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(_unknown(key)) from None


def local_zone(environ: Mapping[str, str] = os.environ, file: Path = LOCALTIME) -> tzinfo:
    """Return the zone of ``TZ``, or without it of this machine (``file``).

    Raises UnknownZone for a ``TZ`` that is none.
    """
    name = environ.get("TZ")
    if name is not None:
        try:
            return named(name)
        except UnknownZone as error:
            raise UnknownZone(f"TZ: {error}") from None
    return _machine_zone(file)


def local_now(zone: str | None = None) -> datetime:
    """Return the current time in ``zone``, by default the user's. Raises UnknownZone."""
    return datetime.now(UTC).astimezone(local_zone() if zone is None else named(zone))


def shown_now() -> datetime:
    """Return the current time in the zone for showing times: UTC if ``TZ`` is unknown.

    Only what reads a local time has to refuse an unknown zone.
    """
    try:
        return local_now()
    except UnknownZone:
        return datetime.now(UTC)


@cache
def _zone(key: str) -> tzinfo:
    if key.startswith("/"):
        return _from_file(Path(key), key.rpartition(_FOLDER)[2])
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        try:
            return _rule(key)
        except ValueError:
            return _rule(key + _US_RULE)


class _Whole(BytesIO):
    """Bytes that must not end early: ``zoneinfo`` would look for the end of a line for ever."""

    def read(self, size: int | None = -1) -> bytes:
        """Return ``size`` bytes. Raises ValueError if there are fewer."""
        found = super().read(size)
        if size is not None and len(found) < size:
            raise ValueError("the file is cut off")
        return found


def _from_file(file: Path, key: str | None) -> ZoneInfo:
    """Return the zone that the TZif file has (RFC 9636). Raises ValueError, OSError."""
    if not file.is_file():
        raise ValueError(f"{file} is not a file")  # a pipe or a device may have no end
    with file.open("rb") as opened:
        data = opened.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise ValueError(f"{file} is larger than {FILE_MAX:,} bytes")
    try:
        return ZoneInfo.from_file(_Whole(data), key=key)
    except (AssertionError, LookupError, OverflowError):
        raise ValueError(f"{file} is damaged") from None


def _rule(rule: str) -> ZoneInfo:
    """Return the zone of a POSIX rule. Raises ValueError.

    ``zoneinfo`` reads rules only at the end of a file (RFC 9636 §3.3), so this makes such a file.
    """
    if not rule.isascii() or not any(char.isdigit() for char in rule):
        raise ValueError(f"{rule!r} is not a rule")
    head = struct.pack(">4s1s15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    body = head + struct.pack(">lBB4s", 0, 0, 0, b"UTC\0")
    return ZoneInfo.from_file(BytesIO(body + body + f"\n{rule}\n".encode()), key=rule)


@cache
def _machine_zone(file: Path) -> tzinfo:
    try:
        name = str(file.resolve(strict=True)).rpartition(_FOLDER)
        return _from_file(file, name[2] if name[1] else None)
    except (OSError, ValueError):
        pass  # no such file, as in a small container or on Windows
    # Today's offset is all that is left to know.
    return datetime.now().astimezone().tzinfo or UTC


def _unknown(name: str) -> str:
    if name.startswith("/"):
        return f"{name!r} is not a time zone's file"
    import difflib

    known = {zone.lower(): zone for zone in available_timezones()}
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known)}
    sought = name.lower().replace(" ", "_")
    near = difflib.get_close_matches(sought, known, n=GUESSES, cutoff=0.75)
    near += [cities[one] for one in difflib.get_close_matches(sought, cities, n=1, cutoff=0.8)]
    guesses = " or ".join(known[one] for one in dict.fromkeys(near))
    hint = f". Did you mean {guesses}?" if guesses else ", such as Europe/Berlin or UTC"
    return f"{name!r} is not a time zone{hint}"
