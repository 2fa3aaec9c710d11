"""The changes of an item, as the command prints them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Newsroom
from tests.support.command_line import run_in_terminal
from tests.support.waiting import wait_until_sync

pytestmark = pytest.mark.processes


def test_each_change_has_its_values_before_and_after(newsroom: Newsroom) -> None:
    id = newsroom.publish("Three berths are closed")
    note = ("--correction", "Two berths, not three", "--note", "the port called")
    assert newsroom.ticker("correct", id, "Two berths are closed", *note).code == 0
    assert newsroom.ticker("retract", id, "--reason", "none is").code == 0
    rows = [row.split("\t")[1:] for row in newsroom.ticker("history", id[-6:]).out.splitlines()]
    assert rows[0] == ["1", "publish", rows[0][2], "", "", "", ""]
    headline = ["headline", "Three berths are closed", "Two berths are closed"]
    assert rows[1][3:] == ["the port called", *headline]
    assert ["retract", "none is", "state", "live", "retracted"] in [
        [row[1], *row[3:]] for row in rows
    ]
    document = newsroom.ticker("history", id, "--json").json
    assert document["history"][1]["changes"]["headline"]["before"] == headline[1]


def test_a_history_begins_before_the_item_is_published(newsroom: Newsroom) -> None:
    id = newsroom.publish("The berths open again", "--at", "+1d")
    assert newsroom.ticker("reschedule", id, "+2d").code == 0
    assert newsroom.ticker("retract", id, "--reason", "not yet").code == 0
    rows = [row.split("\t") for row in newsroom.ticker("history", id).out.splitlines()]
    assert [(row[2], row[4], row[5]) for row in rows] == [
        ("schedule", "", ""),
        ("reschedule", "", "embargo_until"),
        ("withdraw", "not yet", "state"),
    ]
    open_id = newsroom.publish("Berths and piers")
    wait_until_sync(
        lambda: "an editor key" in newsroom.ticker("history", open_id, TICKER_DATA="none").err
    )


def test_a_withdrawal_is_no_retraction(newsroom: Newsroom) -> None:
    id = newsroom.publish("The pier opens on Monday", "--at", "+1d")
    first = newsroom.ticker("retract", id, "--reason", "not yet").out
    assert f"✓ {id}  withdrawn  version 2" in first
    again = newsroom.ticker("retract", id, "--reason", "not yet").out
    assert f"✓ {id}  was withdrawn already, nothing changed  version 2" in again


def test_a_terminal_shows_local_times_in_lines_that_end_at_words(newsroom: Newsroom) -> None:
    day = datetime(datetime.now(ZoneInfo("Asia/Tokyo")).year + 1, 1, 1)  # at most a year away
    id = newsroom.publish("The lock opens", "--at", f"{day:%Y-%m-%d}T00:00Z")
    assert newsroom.ticker("reschedule", id, f"{day:%Y-%m-%d}T01:00Z").code == 0
    narrow = {"TZ": "Asia/Tokyo", "COLUMNS": "44"}
    done = run_in_terminal(("history", id), newsroom.env | narrow, b"")
    assert b"JST: schedule by ticker\r\nup, version 1\r\n" in done.out
    assert f"embargo_until - {day:%a} 1 Jan {day.year}, 09:00 JST".encode() in done.out
    assert f"+ {day:%a} 1 Jan {day.year}, 10:00 JST".encode() in done.out
