"""Times as editors type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ticker.cli import times

ZONE = timezone(timedelta(hours=3))
NOW = datetime(2026, 11, 23, 19, 30, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("10m", 600), ("2h", 7_200), ("1h30m", 5_400), ("3d", 259_200), ("1w", 604_800)],
)
def test_durations(text: str, expected: int) -> None:
    assert times.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "2", "h", "2x", "-2h", "2h ", "1.5h", "0m", "٢h"])
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
        ("2026-12-01 18:30", datetime(2026, 12, 1, 18, 30, tzinfo=ZONE)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    assert times.moment(text, NOW) == expected


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
