"""A preview at the command line: channels with one text together, right to left, and in numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.conftest import Newsroom
from ticker.cli import preview

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
    last = {"published_at": "2026-11-29T11:00:00Z", "headline": ""}
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


def test_the_zone_of_today() -> None:
    assert preview.zone_of(NOW) == "UTC"
    assert preview.zone_of(NOW.astimezone(ZoneInfo("Asia/Qatar"))) == "Asia/Qatar"
    assert preview.zone_of(datetime.now().astimezone()) == "UTC", "a zone without a name"


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
