"""Drafts on the command line: written, listed, changed, approved and withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Newsroom
from tests.client.messages import item
from ticker.cli.listing import was_out
from ticker.client.events import Item

pytestmark = pytest.mark.processes


def test_a_draft_from_the_first_word_to_its_approval(newsroom: Newsroom) -> None:
    written = newsroom.ticker("draft", "Minister to resign tonight", "-e", "en", "-l", "urgent")
    assert written.code == 0
    assert "is a draft; `ticker approve` publishes it" in written.out
    id = written.out.split()[1]
    assert id not in newsroom.listed()
    assert newsroom.listed("--state", "draft")[id]["state"] == "draft"
    better = newsroom.ticker("correct", id[-8:], "Minister to resign tomorrow", "--minor")
    assert f"{id}  updated; it waits for an approval" in better.out
    assert "published_at" not in newsroom.ticker("show", id).out
    assert "Push is sent when" not in newsroom.ticker("status", id).out
    stale = newsroom.ticker("approve", id, "--if-version", "1")
    assert stale.code == 1
    unseen = newsroom.ticker("approve", id)
    assert (unseen.code, "--if-version is required" in unseen.err) == (2, True)
    done = newsroom.ticker("approve", id[-8:], "--if-version", "2")
    assert done.code == 0
    assert f"{id}  approved " in done.out
    assert newsroom.listed()[id]["headline"] == "Minister to resign tomorrow"
    again = newsroom.ticker("approve", id, "--if-version", "3")
    assert f"{id}  was approved already, nothing changed" in again.out


def test_a_draft_with_a_time_is_scheduled_and_one_that_is_withdrawn_was_never_out(
    newsroom: Newsroom,
) -> None:
    approve = ("approve", "--if-version", "1")
    written = newsroom.ticker("draft", "Polls close at nine", "-e", "en", "--at", "+1d", "--json")
    id = written.json["item"]["id"]
    assert f"{id}  approved and scheduled for " in newsroom.ticker(*approve, id).out
    other = newsroom.ticker("publish", "Polls open at six", "-e", "en", "--draft", "--json")
    gone = newsroom.ticker("retract", other.json["item"]["id"], "--reason", "not true")
    assert "  withdrawn  " in gone.out
    refused = newsroom.ticker("approve", other.json["item"]["id"], "--if-version", "2")
    assert refused.code == 1
    assert "the item is retracted; only a draft can be approved" in refused.err


def test_the_draft_of_a_drill_is_a_drill_at_every_step(newsroom: Newsroom) -> None:
    written = newsroom.ticker("draft", "Dam to be opened", "-e", "en", "--test")
    id = written.out.split()[1]
    assert written.out.startswith(f"DRILL {id}  is a draft")
    done = newsroom.ticker("approve", id, "--if-version", "1")
    assert f"DRILL {id}  stored as a test item, not sent to readers" in done.out
    assert id not in newsroom.listed()


def test_a_reason_to_do_without_a_second_person_is_sent(newsroom: Newsroom) -> None:
    """In a newsroom without the rule it is not needed, so it is not kept."""
    flash = ("publish", "Dam above Port Almar has failed", "-e", "en", "-l", "flash", "--json")
    sent = newsroom.ticker(*flash, "--break-glass", "Nobody answers")
    assert (sent.code, sent.json["item"]["break_glass"]) == (0, None)
    draft = newsroom.ticker("draft", "Dam has not failed", "-e", "en", "-l", "flash", "--json")
    id = draft.json["item"]["id"]
    glass = ("--if-version", "1", "--break-glass", "Nobody answers")
    assert newsroom.ticker("approve", id, *glass).code == 0


@pytest.mark.parametrize(
    ("fields", "out"),
    [
        ({}, True),
        ({"authors": ["ana"], "approved_by": "eva"}, True),
        ({"authors": ["ana"], "approved_by": None}, False),
        ({"embargo_until": "2026-11-29T19:00:00.000Z"}, False),
    ],
)
def test_which_items_readers_have_had(fields: dict[str, Any], out: bool) -> None:
    assert was_out(Item.read(item("a", **fields))) == out
