"""The dates of feeds: RFC 3339, RFC 822 and what senders write in their place. Pure.

A reading is a moment and, where something had to be guessed, a note about it. What no calendar has
(30 February, ``0000-00-00``) and what stands for "not set" (the year 1, the start of 1970) is no
date.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ticker.imports.zones import LEVANTINE, MONTHS, OFFSETS, PLACES, SEASONS, WORDS

DATE_MAX = 120
"""Characters of a date."""
FIRST_YEAR = 1971
LAST_YEAR = 2999
OFFSET_MAX = timedelta(hours=15)

_EPOCH = re.compile(r"-?[0-9]{9,13}(?:\.[0-9]+)?")
_DATE_OF_NET = re.compile(r"/?Date\((-?[0-9]{9,14})(?:[+-][0-9]{4})?\)/?")
"""Milliseconds since 1970; the offset says only how to show them."""
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:T|\s)\s*(?P<rest>[0-9].*))?|"
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?(?P<packed>[0-9]{4,6}.*))?",
    re.I,
)
_WEEK = re.compile(r"([0-9]{4})-?W([0-9]{2})-?([1-7])(?:(?:T|\s)\s*(?P<rest>[0-9].*))?", re.I)
_ORDINAL = re.compile(r"([0-9]{4})-?([0-9]{3})(?:T\s*(?P<rest>[0-9].*))?", re.I)
"""A day of a week and a day of the year (ISO 8601)."""
_HIJRI = re.compile(
    r"هـ|(?<!\w)(?:ه|a\.?h|هجري|هجرية|rabi)(?!\w)|(?<!\w)(?:محرم|صفر|ربيع|جماد|رجب|شعبان|رمضان|"
    r"شوال|ذو|ذي|muharram|safar|jumada|rajab|sha'?ban|ramadan|shawwal|dhu)",
    re.I,
)
"""The era of the Islamic calendar, and its months: their numbers are those of another calendar."""
_TWO_CALENDARS = re.compile(r"\s*الموافق\s*ل?|[()|]|\s[/\-\u2013]\s")
"""Between a date in that calendar and the same one in ours."""
_PACKED = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})?(.*)")
_CLOCK = re.compile(
    r"([0-9]{1,2})[:h.]([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*(?:([ap])\.?\s?m\b\.?)?",
    re.I,
)
_NAMED_CLOCK = re.compile(
    r"(?<![0-9.])" + _CLOCK.pattern.replace("[:h.]", r"(?:[:h]|\.(?=[0-9]{2}(?![0-9.])))"), re.I
)
_FULL_HOUR = re.compile(
    r"(?<![0-9:.h/-])(0?[1-9]|1[0-2])\s*(?:([ap])\.?\s?m\b\.?|(صباح)ا?\u064b?(?!\w)|مساء[\u064b]?(?!\w))",
    re.I,
)
"""An hour of half a day without minutes."""
_SHORT_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?(?![0-9])")
"""A clock whose numbers have one digit where there is no more."""
_MONOTONIC = re.compile(r"\sm=[+-][0-9.]+$")
"""What Go prints behind a time that it has just taken."""
_ARABIC_HALF = re.compile(r"(?<=:[0-9]{2})\s*(?:(ص|صباحا)|(م|مساء))\u064b?(?!\w)")
"""Before and after noon, behind a time."""
_NUMERIC = re.compile(
    r"([0-9]{1,4})([/.])([0-9]{1,2})\2([0-9]{2,4})\b|"
    r"(?<![0-9-])([0-9]{1,2})(-)([0-9]{1,2})-([0-9]{4})(?![0-9-])"
)
_EAST_ASIAN = re.compile(r"([0-9]{4})\s*[年년]\s*([0-9]{1,2})\s*[月월]\s*([0-9]{1,2})\s*[日일]")
_EAST_ASIAN_CLOCK = re.compile(
    r"(?<![0-9:])(?:(上午|午前|오전)|(下午|午後|오후))?\s*(?<![0-9:])([0-9]{1,2})"
    r"(?:\s*[時时點点시]\s*(?:([0-9]{1,2})\s*[分분])?|:([0-9]{2})(?!:))(?:\s*([0-9]{1,2})\s*[秒초])?"
)
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_OFFSET = re.compile(r"(?:(?:GMT|UTC?|Z)\s*)?([+\-\u2212])\s?([0-9]{1,2})(?::?([0-9]{2}))?\Z", re.I)
_OFFSET_WITHIN = re.compile(
    r"(?:(?:GMT|UTC?|Z)\s?)?[+\-\u2212]\s?[0-9]{1,2}(?::?[0-9]{2})?(?![0-9])", re.I
)
_AREA = re.compile(r"[A-Za-z]+(?:/[A-Za-z_+\-0-9]+){1,2}")


class FeedDate(NamedTuple):
    """A moment with its zone, and a note if a part of it was guessed."""

    moment: datetime
    note: str | None = None
    zoned: bool = True
    """Whether a zone is given; else the moment is in UTC."""

    @property
    def text(self) -> str:
        """The moment as RFC 3339."""
        return self.moment.isoformat()


def read(value: object) -> FeedDate | None:
    """Return what ``value`` says, or None if it is no date."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        value = f"{value:.3f}"
    if not isinstance(value, str) or len(value) > DATE_MAX:
        return None
    text = " ".join(unicodedata.normalize("NFKC", _digits(value)).split()).strip(" .,;")
    if _EAST_ASIAN.search(text):
        text = _EAST_ASIAN.sub(r"\1-\2-\3 ", text)
        text = _EAST_ASIAN_CLOCK.sub(_western_clock, text).strip()
    text = _FULL_HOUR.sub(_with_minutes, _MONOTONIC.sub("", text))
    text = _ARABIC_HALF.sub(lambda found: " am" if found[1] else " pm", text)
    parts = _TWO_CALENDARS.split(text) if _HIJRI.search(text) else [text]
    return next(filter(None, map(_read, parts)), None)


def _with_minutes(found: re.Match[str]) -> str:
    morning = found[3] or (found[2] or "").lower() == "a"
    return f"{found[1]}:00 {'am' if morning else 'pm'}"


def _western_clock(found: re.Match[str]) -> str:
    half = " am" if found[1] else " pm" if found[2] else ""
    minute = int(found[4] or found[5] or 0)
    return f" {found[3]}:{minute:02}:{int(found[6] or 0):02}{half}"


def _read(text: str) -> FeedDate | None:
    if _HIJRI.search(text):
        return None
    try:
        found = _epoch(text) or _iso(text) or _iso_day(text) or _words(text)
    except (ValueError, OverflowError):
        return None
    if found is None or not FIRST_YEAR <= found.moment.year <= LAST_YEAR:
        return None
    return found


def _digits(text: str) -> str:
    """Return ``text`` with the digits of all scripts as ASCII."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char
        for char in text
    )


def _epoch(text: str) -> FeedDate | None:
    """Return a count of seconds or milliseconds since 1970 as a date."""
    if found := _DATE_OF_NET.fullmatch(text):
        return FeedDate(datetime.fromtimestamp(int(found[1]) / 1000, UTC))
    if not _EPOCH.fullmatch(text):
        return None
    seconds = float(text)
    return FeedDate(datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC))


def _iso(text: str) -> FeedDate | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day = (
        (int(part) for part in found.group(1, 2, 3) if part)
        if found[1]
        else (int(part) for part in found.group(5, 6, 7))
    )
    rest = found["rest"] or found["packed"] or ""
    rest = _SHORT_CLOCK.sub(
        lambda one: ":".join(part.zfill(2) for part in one.groups("00")), rest, 1
    )
    clock = _CLOCK.match(rest) or _PACKED.match(rest)
    if rest and clock is None:
        return None
    if clock is None:
        return _moment(year, month, day, (0, 0, 0, 0), "")
    zone = rest[clock.end() :] if clock.re is _CLOCK else clock[4]
    return _moment(year, month, day, _time(clock), zone)


def _iso_day(text: str) -> FeedDate | None:
    """Return a date with a week or the day of the year. Raises ValueError if there is no such."""
    if found := _WEEK.fullmatch(text):
        day = datetime.fromisocalendar(int(found[1]), int(found[2]), int(found[3]))
    elif found := _ORDINAL.fullmatch(text):
        day = datetime(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)
        if day.year != int(found[1]):
            raise ValueError("no day of this year")
    else:
        return None
    text = day.date().isoformat()
    return _iso(f"{text}T{found['rest']}" if found["rest"] else text)


def _words(text: str) -> FeedDate | None:
    """Return a date with a month's name, in any order, or of numbers between slashes or dots."""
    for name, month in LEVANTINE:
        text = text.replace(name, month)
    zone_comment = ""
    if comment := re.search(r"\(([^()]*)\)", text):
        zone_comment = comment[1]
        text = text.replace(comment[0], " ")
    numeric = _NUMERIC.search(text)
    if numeric is not None:
        date = _numeric(numeric)
        text = text[: numeric.start()] + " " + text[numeric.end() :]
        clock = _CLOCK.search(text)
    else:
        clock = _NAMED_CLOCK.search(text)
        date = None
    time = (0, 0, 0, 0)
    zone = ""
    if clock is not None:
        time = _time(clock)
        rest = text[clock.end() :].strip()
        text = text[: clock.start()] + " | " + rest
        if offset := _OFFSET_WITHIN.search(rest):
            zone = offset[0]
            text = text.replace(offset[0], " ", 1)
        elif area := _AREA.search(rest):
            zone = area[0]
            text = text.replace(area[0], " ", 1)
    if date is None:
        date, left = _named(_TOKEN.findall(text))
    else:
        left = _TOKEN.findall(text)
    if date is None:
        return None
    words = [one for one in left if _plain_word(one) not in WORDS and not one.isdigit()]
    return _moment(*date, time, zone or " ".join(words) or zone_comment)


def _numeric(found: re.Match[str]) -> tuple[int, int, int] | None:
    parts = [part for part in found.groups() if part is not None]
    first, second, third = int(parts[0]), int(parts[2]), int(parts[3])
    if len(parts[0]) == 4:
        return first, second, third
    year = _year(parts[3])
    if parts[1] == "." or first > 12 or first == second:
        return year, second, first
    if second > 12:
        return year, first, second
    return None  # 3/4/2026 is in March or in April


def _named(tokens: list[str]) -> tuple[tuple[int, int, int] | None, list[str]]:
    """Return the date in ``tokens``, and the tokens that are no part of it."""
    months = [place for place, one in enumerate(tokens) if _plain_word(one) in MONTHS]
    if not months:
        return None, tokens
    # "mar" is a Tuesday or March: the month stands beside the day.
    place = next(
        (one for one in months if one > 0 and tokens[one - 1].isdigit()),
        next(
            (one for one in months if one + 1 < len(tokens) and tokens[one + 1].isdigit()),
            months[-1],
        ),
    )
    numbers = [one for one in tokens if one.isdigit()]
    year = next((one for one in numbers if len(one) == 4), None)
    days = [one for one in numbers if one is not year]
    if not days or (year is None and len(days) < 2):
        return None, tokens
    left = [
        one
        for at, one in enumerate(tokens)
        if at != place and not (at in months and _plain_word(one) in ("mar", "sep"))
    ]
    month = MONTHS[_plain_word(tokens[place])]
    return (_year(year or days[1]), month, int(days[0])), left


def _plain_word(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 70 else 1900)


def _time(found: re.Match[str]) -> tuple[int, int, int, int]:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found.re is _PACKED:
        return hour, minute, second, 0
    half = (found[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, minute, second, int((found[4] or "").ljust(6, "0")[:6] or 0)


def _moment(
    year: int, month: int, day: int, time: tuple[int, int, int, int], zone: str
) -> FeedDate:
    """Return the moment. Raises ValueError if no calendar has it."""
    hour, minute, second, micro = time
    days = 0
    if (hour, minute, second) == (24, 0, 0):
        hour, days = 0, 1
    if second == 60:
        second = 59  # a leap second
    where, note = _zone(zone.strip(" ,.;[]|"))
    local = datetime(year, month, day, hour, minute, second, micro, where)
    zoned = bool(zone.strip(" ,.;[]|"))
    return FeedDate((local + timedelta(days=days)).astimezone(UTC), note, zoned)


def _zone(text: str) -> tuple[tzinfo, str | None]:
    """Return the zone that ``text`` names; UTC, with a note, if it is unknown."""
    if not text:
        return UTC, None
    if found := _OFFSET.match(text):
        hours, minutes = int(found[2]), int(found[3] or 0)
        offset = timedelta(hours=hours, minutes=minutes)
        if minutes < 60 and offset < OFFSET_MAX:
            return timezone(offset if found[1] == "+" else -offset), None
        return UTC, f"the offset {text[:40]!r} does not exist; taken as UTC"
    # RFC 9557 has the name of the zone after the offset.
    name = text.split("[")[0].strip()
    if name != text:
        return _zone(name)
    key = " ".join(re.findall(r"[a-z]+", text.lower()))
    if key in OFFSETS:
        return timezone(timedelta(minutes=OFFSETS[key])), None
    if key in SEASONS:
        return ZoneInfo(SEASONS[key]), None
    if len(key) == 1:
        return UTC, None  # military zones were defined wrongly: RFC 5322 §4.3
    if _AREA.fullmatch(text):
        try:
            return ZoneInfo(text), None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    place = next((PLACES[word] for word in map(_plain_word, text.split()) if word in PLACES), None)
    if place is not None:
        return ZoneInfo(place), None
    return UTC, f"the time zone {text[:40]!r} is unknown; taken as UTC"
