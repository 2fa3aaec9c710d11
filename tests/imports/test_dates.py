"""The dates of feeds: zones by name, dates that no calendar has, and ways to write them."""

from __future__ import annotations

import pytest

from ticker.imports import dates
from ticker.imports.zones import OFFSETS

NINE = "2026-11-28T09:00:00+00:00"
SUMMER = "2026-07-28T08:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Sat, 28 Nov 2026 10:00:00 CET", NINE),
        ("Sat, 28 Nov 2026 11:00:00 EET", NINE),
        ("Sat, 28 Nov 2026 04:00:00 EST", NINE),
        ("Sat, 28 Nov 2026 01:00 PST", NINE),
        ("Sat, 28 Nov 2026 09:00:00 Z", NINE),
        ("Sat, 28 Nov 2026 09:00:00 GMT", NINE),
        ("Sat, 28 Nov 2026 14:30:00 IST", NINE),
        ("Sat, 28 Nov 2026 12:00:00 +0300", NINE),
        ("Sat, 28 Nov 2026 12:00:00 GMT+3", NINE),
        ("Sat, 28 Nov 2026 12:00:00 UTC+03:00", NINE),
        ("Sat, 28 Nov 2026 04:00:00 -0500 (EST)", NINE),
        ("Sat, 28 Nov 2026 12:00:00 Arab Standard Time", NINE),
        ("Sat, 28 Nov 2026 13:00:00 Arabian Standard Time", NINE),
        ("28 Nov 2026 10:00 Europe/Berlin", NINE),
        ("Tue, 28 Jul 2026 10:00:00 Europe/Berlin", SUMMER),
        ("Tue, 28 Jul 2026 10:00:00 MEST", SUMMER),
        ("Tue, 28 Jul 2026 10:00:00 CET", "2026-07-28T09:00:00+00:00"),
        ("Sat Nov 28 10:00:00 CET 2026", NINE),
        ("Sat Nov 28 09:00:00 2026", NINE),
        ("28-Nov-2026 09:00:00", NINE),
        ("Nov. 28th, 2026 at 9:00 a.m.", NINE),
        ("28/11/2026 09:00", NINE),
        ("11/28/2026 9:00 AM", NINE),
        ("2026/11/28 09:00:00", NINE),
        ("28.11.2026, 10:00 Uhr MEZ", NINE),
        ("mar, 28 nov 2026 09:00", NINE),
        ("mar. 3 mars 2026 09:00", "2026-03-03T09:00:00+00:00"),
        ("28 de noviembre del 2026 a las 09:00", NINE),
        ("٢٨ نوفمبر ٢٠٢٦ ٠٩:٠٠", NINE),
        ("2026-11-28", "2026-11-28T00:00:00+00:00"),
        ("2026-11-28T09:00Z", NINE),
        ("2026-11-28 09:00:00 +0000 UTC", NINE),
        ("2026-11-28t10:00:00,000+01", NINE),
        ("2026-11-28T10:00:00+01:00[Europe/Berlin]", NINE),
        ("20261128T100000+0100", NINE),
        ("20261128T090000Z", NINE),
        ("20261128", "2026-11-28T00:00:00+00:00"),
        ("2026-11-28T09:00:00.1234567Z", "2026-11-28T09:00:00.123456+00:00"),
        ("2026-W48-6T09:00:00Z", NINE),
        ("2026W486T100000+0100", NINE),
        ("2026-332T09:00Z", NINE),
        ("2026-W53-7", "2027-01-03T00:00:00+00:00"),
        ("18 جمادى الآخرة 1448 هـ الموافق 28 نوفمبر 2026 09:00", NINE),
        ("السبت 28 نوفمبر 2026 09:00 (18 جمادى الآخرة 1448هـ)", NINE),
        ("28 Nov 2026 09:00 / 18 Jumada II 1448 AH", NINE),
        (1_795_856_400, NINE),
        ("1795856400000", NINE),
    ],
)
def test_dates(value: object, moment: str) -> None:
    found = dates.read(value)
    assert found is not None
    assert (found.text, found.note) == (moment, None)


@pytest.mark.parametrize(
    "value",
    [
        *("0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "-0001-11-30"),
        *("30 Feb 2026 10:00", "2026-13-01", "2026-11-28T25:00:00Z", "28 Nov 2026 09:61", "12:00"),
        *("2026-W54-1", "2026-W00-1", "2026-W48-8", "2025-366", "2026-000", "1448-06-18T09:00:00Z"),
        *("18 جمادى الآخرة 1448 هـ", "18/06/48 هـ", "18 Jumada II 1448", "18/06/1448", "9 Rabi 48"),
        *("", "soon", "Sat, Nov", "03/04/2026", "9" * 30, "1" * 5_000, "٢٨" * 90, None, True, {}),
        *(float("nan"), float("inf"), "Nov 2026", "13:00 PM 28 Nov 2026"),
    ],
)
def test_what_is_no_date(value: object) -> None:
    assert dates.read(value) is None


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("28 Nov 2026 09:00 QQT", "the time zone 'QQT' is unknown; taken as UTC"),
        ("28 Nov 2026 09:00 Nowhere/Town", "the time zone 'Nowhere/Town' is unknown; taken as UTC"),
        ("2026-11-28T09:00:00+2500", "the offset '+2500' does not exist; taken as UTC"),
    ],
)
def test_a_zone_that_does_not_exist_is_noted(value: str, note: str) -> None:
    found = dates.read(value)
    assert found is not None
    assert (found.text, found.note) == (NINE, note)


@pytest.mark.parametrize("letter", ["A", "M", "N", "Y"])
def test_military_zones_mean_nothing(letter: str) -> None:
    found = dates.read(f"Sat, 28 Nov 2026 09:00:00 {letter}")
    assert found is not None
    assert found.text == NINE, "RFC 5322 §4.3: they were defined wrongly"


def test_every_zone_has_an_offset_that_exists() -> None:
    assert all(-12 * 60 <= minutes <= 14 * 60 for minutes in OFFSETS.values())
    assert OFFSETS["ist"] == 330
