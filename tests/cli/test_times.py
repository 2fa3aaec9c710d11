"""Times as editors type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis.strategies import integers, sampled_from

from ticker.cli import times

ZONE = timezone(timedelta(hours=3))
NOW = datetime(2026, 11, 23, 19, 30, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("10m", 600), ("2h", 7_200), ("1h30m", 5_400), ("3d", 259_200), ("٢h", 7_200)],
)
def test_durations(text: str, expected: int) -> None:
    assert times.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "2", "h", "2x", "-2h", "2h ", "1.5h", "0m", "²h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer than zero"):
        times.seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+10m", NOW + timedelta(minutes=10)),
        ("20:00", datetime(2026, 11, 23, 20, 0, tzinfo=ZONE)),
        ("18:30", datetime(2026, 11, 24, 18, 30, tzinfo=ZONE)),
        ("19:30", datetime(2026, 11, 24, 19, 30, tzinfo=ZONE)),
        ("2026-12-01T18:30Z", datetime(2026, 12, 1, 18, 30, tzinfo=UTC)),
        ("2026-12-01T18:30", datetime(2026, 12, 1, 18, 30, tzinfo=ZONE)),
        ("٢٠٢٦-١٢-٠١ ١٨:٣٠", datetime(2026, 12, 1, 18, 30, tzinfo=ZONE)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    assert times.moment(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", NOW - timedelta(hours=2)),
        ("18:30", datetime(2026, 11, 23, 18, 30, tzinfo=ZONE)),
        ("19:30", datetime(2026, 11, 23, 19, 30, tzinfo=ZONE)),
        (" 20:00 ", datetime(2026, 11, 22, 20, 0, tzinfo=ZONE)),
        ("2026-11-01T18:30", datetime(2026, 11, 1, 18, 30, tzinfo=ZONE)),
    ],
)
def test_times_in_the_past(text: str, expected: datetime) -> None:
    assert times.past(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "+2h"])
def test_what_is_no_time_in_the_past(text: str) -> None:
    with pytest.raises(ValueError, match="neither a duration"):
        times.past(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "10:60", "+", "+x", "2026-13-01"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        times.moment(text, NOW)


def test_an_expiry_is_a_duration_or_a_moment() -> None:
    assert times.expiry("2h", NOW) == {"expires_in": 7_200}
    assert times.expiry("20:00", NOW) == {"expires_at": "2026-11-23T20:00:00+03:00"}
    with pytest.raises(ValueError, match="neither a duration"):
        times.expiry("never", NOW)


def test_a_short_local_time_is_shown() -> None:
    assert times.shown("2026-11-23T10:05:00.000Z", NOW) == "13:05"
    assert times.shown("2026-11-22T10:05:00.000Z", NOW) == "22 Nov 13:05"
    assert times.shown("2025-11-22T10:05:00.000Z", NOW) == "2025-11-22"
    assert times.shown("", NOW) == ""


@pytest.mark.parametrize("text", ["99999999999w", "9" * 5_000 + "d", "4000w"])
def test_a_duration_beyond_the_calendar_is_refused(text: str) -> None:
    for read in (times.seconds, lambda one: times.moment(f"+{one}", NOW)):
        with pytest.raises(ValueError, match="too long"):
            read(text)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        # The night of a change, seen from the evening before.
        ("2026-10-24T18:00Z", "08:00", "2026-10-25T08:00+01:00"),
        ("2027-03-27T19:00Z", "08:00", "2027-03-28T08:00+02:00"),
        ("2026-11-28T18:00Z", "2027-07-01T18:30", "2027-07-01T18:30+02:00"),
        ("2026-11-28T18:00Z", "2027-07-01", "2027-07-01T00:00+02:00"),
        ("2026-07-01T18:00Z", "2026-12-01T18:30", "2026-12-01T18:30+01:00"),
        # A duration is of real time, whatever the clocks do.
        ("2026-10-24T18:00Z", "+12h", "2026-10-25T07:00+01:00"),
        ("2027-03-27T19:00Z", "+12h", "2027-03-28T09:00+02:00"),
        # Between the two readings of 02:30 only the second is still to come.
        ("2026-10-25T00:45Z", "02:30", "2026-10-25T02:30+01:00"),
        ("2026-10-25T01:45Z", "02:30", "2026-10-26T02:30+01:00"),
    ],
)
def test_a_local_time_has_the_rules_of_its_own_moment(now: str, text: str, expected: str) -> None:
    moment = times.moment(text, datetime.fromisoformat(now).astimezone(BERLIN))
    assert moment.isoformat(timespec="minutes") == expected


def test_a_fixed_offset_stands_for_this_machines_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    winter = datetime(2026, 11, 28, 18, tzinfo=timezone(timedelta(hours=1)))
    assert times.moment("2027-07-01T18:30", winter).hour == 18
    assert times.moment("2027-07-01T18:30", winter).utcoffset() == timedelta(hours=2)
    assert times.full("2027-07-01T16:30:00.000Z", winter) == "Thu 1 Jul 2027, 18:30 CEST"
    assert times.shown("2026-07-01T16:30:00.000Z", winter) == "01 Jul 18:30"
    elsewhere = datetime(2026, 11, 28, 18, tzinfo=timezone(timedelta(hours=9)))
    assert times.moment("2027-07-01T18:30", elsewhere).utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize(
    ("text", "said", "offers"),
    [
        (
            "2027-03-28T02:30",
            "does not exist in Europe/Berlin, because the clocks go forward",
            ("2027-03-28T01:30+01:00 (CET)", "2027-03-28T03:30+02:00 (CEST)"),
        ),
        (
            "2026-10-25 02:30",
            "occurs twice in Europe/Berlin, because the clocks go back",
            ("2026-10-25T02:30+02:00 (CEST)", "2026-10-25T02:30+01:00 (CET)"),
        ),
        ("02:30", "occurs twice", ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00")),
    ],
)
def test_a_time_that_the_clocks_skip_or_repeat_is_explained(
    text: str, said: str, offers: tuple[str, str]
) -> None:
    now = datetime(2026, 10, 24, 20, tzinfo=BERLIN)
    for read in (times.moment, times.expiry, *([] if text == "02:30" else [times.past])):
        with pytest.raises(times.UnclearTime) as caught:
            read(text, now)
        assert said in str(caught.value)
        assert f"Write {offers[0]}" in str(caught.value)
        assert offers[1] in str(caught.value)


@cache
def changes(zone: str) -> list[datetime]:
    """Return the clock changes of a zone from 2024 to 2030, in UTC."""
    rules = ZoneInfo(zone)
    found = []
    last = datetime(2024, 1, 1, tzinfo=UTC)
    while last.year < 2031:
        here, there = last, last + timedelta(days=7)
        if here.astimezone(rules).utcoffset() != there.astimezone(rules).utcoffset():
            while there - here > timedelta(minutes=1):
                middle = here + timedelta(minutes=(there - here) // timedelta(minutes=2))
                if middle.astimezone(rules).utcoffset() == here.astimezone(rules).utcoffset():
                    here = middle
                else:
                    there = middle
            found.append(there)
        last += timedelta(days=7)
    return found


ZONES = sorted(zone for zone in available_timezones() if "/" in zone)


@given(sampled_from(ZONES), integers(-200, 200), integers(-400, 400))
@settings(max_examples=60)
@example("Australia/Lord_Howe", 10, 0)
@example("Africa/Casablanca", -30, 1)
@example("America/Nuuk", 0, 0)
@example("Europe/Dublin", -60, -1)
@example("Asia/Beirut", 20, 0)
def test_a_local_time_given_is_the_time_shown(zone: str, minutes: int, days: int) -> None:
    rules = ZoneInfo(zone)
    for change in changes(zone):
        instant = change + timedelta(minutes=minutes)
        now = (change + timedelta(days=days)).astimezone(rules)
        for given_time in (instant.astimezone(rules), change.astimezone(rules)):
            assert_given_is_shown(given_time.replace(tzinfo=None, fold=0), now)
        # What the clocks showed before the change goes on past it: into the hour that is skipped.
        before = (change - timedelta(minutes=1)).astimezone(rules).replace(tzinfo=None, fold=0)
        assert_given_is_shown(before + timedelta(minutes=1 + abs(minutes)), now)


def assert_given_is_shown(wall: datetime, now: datetime) -> None:
    text = wall.isoformat(timespec="minutes")
    try:
        readings = [times.moment(text, now)]
    except times.UnclearTime as error:
        offers = re.findall(r"\S+[+-]\d\d:\d\d(?= \()", str(error))
        readings = [times.moment(one, now) for one in offers]
        assert readings[0] < readings[1]
        if "does not exist" in str(error):
            assert not any(is_shown(wall, one, now) for one in readings)
            return
    assert all(is_shown(wall, one, now) for one in readings), text
    assert len(readings) == len({one.astimezone(now.tzinfo).fold for one in readings})


def is_shown(wall: datetime, moment: datetime, now: datetime) -> bool:
    shown = times.full(moment.astimezone(UTC).isoformat(), now)
    return f" {wall.day} {wall:%b}" in shown and f", {wall:%H:%M} " in shown


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T16:30:15Z", "Mon 23 Nov, 19:30:15 UTC+03:00, now"),
        ("2026-11-23T16:31:00Z", "Mon 23 Nov, 19:31 UTC+03:00, in 45 s"),
        ("2026-11-23T20:30:00Z", "Mon 23 Nov, 23:30 UTC+03:00, in 4 h"),
        ("2026-11-23T20:50:00Z", "Mon 23 Nov, 23:50 UTC+03:00, in 4 h 20 min"),
        ("2026-11-23T16:10:00Z", "Mon 23 Nov, 19:10 UTC+03:00, 20 min ago"),
        ("2027-02-01T21:00:00Z", "Tue 2 Feb 2027, 00:00 UTC+03:00, in 70 days"),
        ("9999-12-31T23:59:59Z", ""),
        ("soon", ""),
    ],
)
def test_a_time_is_announced_with_day_zone_and_distance(at: str, expected: str) -> None:
    assert times.announced(at, NOW) == expected


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("must be at most 604,800", "must be at most 7d"),
        ("must be at most 31,622,400", "must be at most 366d"),
        ("must be at least 5400", "must be at least 1h30m"),
        ("must be at least 0", "must be at least 0"),
        ("is not before 2026-10-25", "is not before 2026-10-25"),
    ],
)
def test_a_bound_in_seconds_is_said_as_a_duration(said: str, shown: str) -> None:
    assert times.durations(said) == shown


def test_a_message_of_the_newsroom_has_local_times() -> None:
    now = datetime(2026, 10, 25, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    said = "published at 2026-10-25T00:30:00.000Z, again at 2026-10-25T01:30Z, "
    said += "not at 2026-13-25T01:30Z"
    assert times.localised(said, now) == (
        "published at Sun 25 Oct, 02:30 CEST, again at Sun 25 Oct, 02:30 CET, "
        "not at 2026-13-25T01:30Z"
    )
