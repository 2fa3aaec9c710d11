"""A preview at the command line: channels with one text together, right to left, and in numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Newsroom
from ticker.cli import preview
from ticker.cli.time_zone import named

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def channel(name: str, text: str, **more: Any) -> dict[str, Any]:
    told = {"channel": name, "title": "", "text": text, "dir": "ltr", "hint": None}
    return told | {"characters": len(text)} | more


def test_channels_with_the_same_text_are_shown_together() -> None:
    found = {
        "channels": [
            channel("site", "Bridge closed"),
            channel("bar", "Bridge closed"),
            channel("fcm", "Bridge closed", title="Harbour News", hint="cut"),
        ]
    }
    assert [line for line, _ in preview.channels(found, 80, "none")] == [
        "Site, Bar: 13 characters",
        "  Bridge closed",
        "FCM: 13 characters",
        "  Harbour News",
        "  Bridge closed",
        "  ! cut",
    ]


def test_the_alerts_of_today_and_whom_it_interrupts() -> None:
    last = {"sent_at": "2026-11-29T11:00:00Z", "headline": ""}
    found = {
        "interrupts": {"readers": 4_120, "subscriptions": {"apns": 1_000}},
        "alerts_today": {"en": {"count": 3, "newest": [last]}},
        "warnings": [{"message": "similar to a, published at 2026-11-29T11:00:00.000Z"}],
    }
    lines = [line for line, _ in preview.reach(found)]
    assert lines == ["Readers on screen now: 4,120", "APNs: 1,000 subscriptions"]
    first, second = (line for line, _ in preview.today(found, NOW, 80, "none"))
    assert first.startswith("Alerts in edition en today: 3; the last at ")
    assert second == "  (retracted)"
    local = NOW.astimezone(ZoneInfo("Asia/Qatar"))
    [(warning, style)] = preview.warnings(found, local, 80, "none")
    said = "! similar to a, published at Sun 29 Nov, 14:00 UTC+03"
    assert (warning, style) == (said, "yellow")


@pytest.mark.parametrize(
    ("zone", "now", "began"),
    [
        ("Asia/Qatar", "2026-11-29T21:00Z", "2026-11-29T21:00Z"),  # midnight itself
        ("Asia/Qatar", "2026-11-29T20:59Z", "2026-11-28T21:00Z"),
        ("EST5EDT,M3.2.0,M11.1.0", "2026-11-29T04:30Z", "2026-11-28T05:00Z"),  # no name of a zone
        ("<+03>-3", "2026-11-29T22:00Z", "2026-11-29T21:00Z"),
        ("Asia/Beirut", "2026-03-29T12:00Z", "2026-03-28T22:00Z"),  # there was no 00:00
        ("America/Havana", "2026-11-01T05:30Z", "2026-11-01T04:00Z"),  # a second 00:30
    ],
)
def test_today_begins_at_midnight_by_the_rules_of_the_zone(zone: str, now: str, began: str) -> None:
    moment = datetime.fromisoformat(now).astimezone(named(zone))
    assert preview.midnight(moment).astimezone(UTC) == datetime.fromisoformat(began)


def test_a_preview_publishes_nothing(newsroom: Newsroom) -> None:
    told = ("publish", "Only a preview of a ferry", "-e", "en", "-l", "flash", "--push")
    done = newsroom.ticker(*told, "--preview")
    assert done.code == 0, done.err
    assert "Site, Widget, Bar: 25 characters" in done.out
    assert "Nothing was published" in done.out
    shown = newsroom.ticker(*told, "--preview", "--json").json
    assert [one["channel"] for one in shown["channels"]][3:] == ["webpush", "fcm", "apns"]
    assert "Only a preview" not in newsroom.ticker("list").out
    assert newsroom.ticker(*told, "--preview", "-e", "xx").code == 1
