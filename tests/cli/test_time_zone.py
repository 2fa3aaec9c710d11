"""The user's time zone: every form of TZ, and machines without one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from ticker.cli import times
from ticker.cli.time_zone import UnknownZone, local_now, local_zone, named, shown_now

SUMMER = "2027-07-01T16:30:00.000Z"
WINTER = "2027-01-01T16:30:00.000Z"
NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "summer", "winter"),
    [
        ("Europe/Berlin", "18:30 CEST", "17:30 CET"),
        (":Europe/Berlin", "18:30 CEST", "17:30 CET"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "18:30 CEST", "17:30 CET"),
        ("EST5EDT", "12:30 EDT", "11:30 EST"),
        ("AAA-1BBB", "18:30 BBB", "17:30 AAA"),
        ("<+0545>-5:45", "22:15 UTC+05:45", "22:15 UTC+05:45"),
        ("America/Sao_Paulo", "13:30 UTC-03", "13:30 UTC-03"),
        ("Asia/Kolkata", "22:00 IST", "22:00 IST"),
        ("UTC0", "16:30 UTC", "16:30 UTC"),
        ("", "16:30 UTC", "16:30 UTC"),
        ("utc", "16:30 UTC", "16:30 UTC"),
    ],
)
def test_every_form_of_tz_knows_summer_and_winter(name: str, summer: str, winter: str) -> None:
    zone = local_zone({"TZ": name})
    assert zone == named(name)
    now = NOW.astimezone(zone)
    assert times.full(SUMMER, now) == f"Thu 1 Jul 2027, {summer}"
    assert times.full(WINTER, now) == f"Fri 1 Jan 2027, {winter}"


def test_tz_may_be_a_file() -> None:
    [path] = [Path(one, "Asia/Tokyo") for one in TZPATH if Path(one, "Asia/Tokyo").exists()][:1]
    for name in (str(path), f":{path}"):
        assert times.full(SUMMER, NOW.astimezone(named(name))) == "Fri 2 Jul 2027, 01:30 JST"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin"),
        ("berlin", "Did you mean Europe/Berlin?"),
        ("new york", "Did you mean America/New_York?"),
        ("Mars/Olympus", "such as Europe/Berlin or UTC"),
        ("../../etc/passwd", "not a time zone"),
        ("/etc/passwd", "not a time zone"),
        ("/nowhere", "not a time zone"),
        ("Europe", "not a time zone"),
        ("\0", "not a time zone"),
        ("x" * 10_000, "not a time zone"),
    ],
)
def test_an_unknown_zone_is_explained(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownZone, match="not a time zone") as caught:
        named(name)
    assert said in str(caught.value)
    with pytest.raises(UnknownZone, match=r"^TZ: "):
        local_zone({"TZ": name})


def test_only_reading_refuses_an_unknown_tz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berln")
    with pytest.raises(UnknownZone):
        local_now()
    assert times.full(SUMMER, shown_now()).endswith("16:30 UTC")
    assert local_now("Europe/Berlin").tzname() in ("CET", "CEST")


def test_without_tz_the_machines_file_names_the_zone(tmp_path: Path) -> None:
    source = next(Path(one, "Europe/Berlin") for one in TZPATH if Path(one).exists())
    (tmp_path / "zoneinfo" / "Europe").mkdir(parents=True)
    target = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    target.write_bytes(source.read_bytes())
    link = tmp_path / "localtime"
    link.symlink_to(target)
    zone = local_zone({}, link)
    assert getattr(zone, "key", None) == "Europe/Berlin"
    assert times.full(SUMMER, NOW.astimezone(zone)).endswith("18:30 CEST")


def test_a_copied_file_is_a_zone_without_a_name(tmp_path: Path) -> None:
    copy = tmp_path / "localtime"
    copy.write_bytes(next(Path(one, "Europe/Berlin") for one in TZPATH).read_bytes())
    now = NOW.astimezone(local_zone({}, copy))
    assert times.full(SUMMER, now).endswith("18:30 CEST")
    with pytest.raises(times.UnclearTime, match="the local time zone"):
        times.moment("2027-03-28T02:30", now)


def test_a_machine_without_a_zone_has_an_offset(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no zone")
    for file in (tmp_path / "absent", broken):
        assert local_zone({}, file).utcoffset(NOW.replace(tzinfo=None)) is not None


def test_a_damaged_zone_file_is_refused(tmp_path: Path) -> None:
    """Wherever it ends: ``zoneinfo`` would look for the end of its last line for ever."""
    [whole] = [Path(one, "Asia/Tokyo") for one in TZPATH if Path(one, "Asia/Tokyo").exists()][:1]
    data = whole.read_bytes()
    for length in range(len(data)):
        cut = tmp_path / f"cut{length}"
        cut.write_bytes(data[:length])
        with pytest.raises(UnknownZone):
            named(str(cut))
    for name, content in (("large", data + bytes(1_048_577)), ("ones", data[:50] + b"\xff" * 60)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnknownZone):
            named(str(tmp_path / name))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnknownZone):
        named(str(tmp_path / "pipe"))
