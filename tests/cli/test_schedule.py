"""The commands that set when an item is live, against a real newsroom."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Newsroom

pytestmark = pytest.mark.processes


def test_a_scheduled_item_is_moved_released_and_ended(newsroom: Newsroom) -> None:
    item = newsroom.publish("The polls close late", "--at", "+1d", "--expires", "4d")
    twice = newsroom.ticker("publish", "The polls close late", "--edition", "en")
    assert "An identical item is live or scheduled already" in twice.err
    moved = newsroom.ticker("reschedule", item, "+2d")
    assert moved.code == 0
    assert f"{item}  rescheduled for " in moved.out
    assert ", in 2 days" in moved.out
    due = newsroom.ticker("show", item, "--json").json["embargo_until"]
    again = newsroom.ticker("reschedule", item, due)
    assert f"{item}  was scheduled for this time already, nothing changed " in again.out
    past = newsroom.ticker("reschedule", item, "2026-07-01T18:30", TZ="Europe/Berlin")
    assert past.code == 1
    assert "ago, is in the past" in past.err
    assert newsroom.ticker("end", item).code == 1
    assert f"{item}  released " in newsroom.ticker("release", item).out
    assert f"{item}  is live already, nothing changed " in newsroom.ticker("release", item).out
    late = newsroom.ticker("reschedule", item, "+1h")
    assert late.code == 1
    assert "the item is live; only the time of a scheduled item can be changed" in late.err
    ended = newsroom.ticker("end", item).out
    assert f"{item}  ended " in ended
    assert "Expires" not in ended  # it has ended, before the time that it had
    assert newsroom.ticker("show", item, "--json").json["state"] == "expired"
