"""The commands of the wire desk against a running newsroom and its worker."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Newsroom
from ticker.cli.wires import refused
from ticker.client.wires import Wire

pytestmark = pytest.mark.processes

PRIVATE = "https://localhost:9/feed.xml"
"""An address that may be set and never asked: it leads to this machine."""


def test_a_feed_is_watched_checked_and_removed(newsroom: Newsroom) -> None:
    made = newsroom.ticker("wires", "add", "coast", PRIVATE, "-e", "en", "--desk", "sea")
    assert made.out == "✓ Watching coast.\n"
    again = newsroom.ticker("wires", "add", "coast", PRIVATE)
    assert (again.code, "already" in again.err) == (1, True)
    checked = newsroom.ticker("wires", "check", "coast")
    assert checked.code == 1
    assert "not a public address" in checked.out
    listed = newsroom.ticker("wires", "list", "--desk", "sea").out
    assert "coast" in listed
    assert "failing" in listed
    [wire] = newsroom.ticker("wires", "list", "--json").json["wires"]
    assert (wire["name"], wire["status"], wire["desk"]) == ("coast", "failing", "sea")
    assert newsroom.ticker("wires", "list", "--desk", "land").out == ""
    assert newsroom.ticker("wires", "drafts", "--wire", "coast").err == "No drafts wait.\n"
    assert newsroom.ticker("wires", "drafts", "--json").json == {"drafts": []}
    changed = newsroom.ticker("wires", "change", "coast", "--desk", "", "--every", "30")
    assert changed.out == "✓ Changed coast.\n"
    more = ("--section", "politics", "--authorization", "Basic x", "--json")
    wire = newsroom.ticker("wires", "change", "coast", *more).json
    told = [wire[name] for name in ("desk", "every", "sections", "edition", "authorization")]
    assert told == [None, 30, ["politics"], "en", True]
    wire = newsroom.ticker("wires", "change", "coast", "--section", "", "--json").json
    assert (wire["sections"], wire["every"]) == ([], 30)
    moved = newsroom.ticker("wires", "change", "coast", "--url", f"{PRIVATE}?2", "--json").json
    assert moved["authorization"] is False, "a secret for one address is not sent to another"
    assert newsroom.ticker("wires", "change", "coast").code == 2
    assert newsroom.ticker("wires", "change", "lake", "--every", "30").code == 1
    removed = newsroom.ticker("wires", "remove", "coast")
    assert removed.out == "✓ Stopped watching coast. Its drafts stay.\n"
    assert newsroom.ticker("wires", "check", "coast").code == 1


def test_a_feed_whose_entries_are_refused_says_so() -> None:
    """Such a feed works, but none of the news of its agency arrives."""
    state = {"name": "coast", "status": "working", "error": None, "looked_at": None}
    assert refused(Wire.read(state)) == ""
    wire = Wire.read(state | {"refused": 2, "refusal": "edition: is required"})
    assert refused(wire) == "2 refused; the last: edition: is required"
