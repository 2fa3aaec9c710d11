"""Items that were retracted or ended by mistake are published again as new ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.conftest import Newsroom
from tests.client.messages import item
from ticker.cli.undo import draft_again
from ticker.client import Refused

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
PAST, LATER = "2026-11-28T19:00:00.000Z", "2026-11-29T19:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"state": "retracted", "pinned": True, "push": True}, {}),
        ({"state": "expired", "expires_at": PAST}, {}),
        ({"state": "retracted", "expires_at": LATER}, {"expires_at": LATER}),
        ({"state": "retracted", "embargo_until": LATER}, {"at": LATER}),
    ],
)
def test_the_draft_has_the_text_and_the_times_that_are_to_come(
    fields: dict[str, Any], times: dict[str, str]
) -> None:
    assert draft_again(item("a", **fields), NOW) == {
        "headline": "Headline of a",
        "edition": "en",
        "level": "ticker",
        "language": "en",
        "dir": "ltr",
        "sections": ["politics"],
        "verification": "confirmed",
        "note": f"Published again: a was {fields['state']} by mistake.",
        **times,
    }


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "it is live; only"),
        ({"state": "scheduled"}, "it is scheduled; only"),
        ({"state": "retracted", "embargo_until": PAST}, "before its time passed"),
    ],
)
def test_what_cannot_be_published_again(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        draft_again(item("a", **fields), NOW)


@pytest.mark.processes
def test_a_retraction_by_mistake(newsroom: Newsroom) -> None:
    id = newsroom.publish("The lighthouse is lit again", "--story", "lighthouse")
    assert "it is live" in newsroom.ticker("undo", id).err
    assert newsroom.ticker("retract", id, "--reason", "wrong key").code == 0
    words = ("undo", id[-6:], "--correction", "This item was withdrawn by mistake.", "--json")
    first, second = newsroom.ticker(*words).json, newsroom.ticker(*words).json
    new = first["item"]
    assert (new["headline"], new["story"]) == ("The lighthouse is lit again", "lighthouse")
    assert new["correction"]["text"] == "This item was withdrawn by mistake."
    assert id in new["note"]
    assert new["id"] == second["item"]["id"] != id
    assert second["repeated"]
