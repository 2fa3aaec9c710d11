"""Rows of the board: what each role may do to an item in each state, and what a search finds."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.console.rows import row, shown
from ticker.domain.editor import Editor
from ticker.domain.item import Item

TIME = "2026-11-29T08:00:00.000Z"


def item(**fields: Any) -> Item:
    base: dict[str, Any] = {
        "id": "0" * 26,
        "version": 1,
        "level": "ticker",
        "edition": "en",
        "language": "en",
        "dir": "ltr",
        "headline": "Harbour bridge reopens",
        "published_at": TIME,
        "updated_at": TIME,
    }
    return Item(**base | fields)


@pytest.mark.parametrize(
    ("role", "state", "acts"),
    [
        ("chief", "live", ("correct", "retract", "pin", "expire")),
        ("editor", "scheduled", ("release", "reschedule", "correct", "retract")),
        ("editor", "draft", ("approve", "correct", "retract")),
        ("reporter", "draft", ("correct",)),
        ("reporter", "live", ()),
        ("chief", "retracted", ()),
        ("chief", "expired", ()),
    ],
)
def test_what_may_be_done(role: Any, state: Any, acts: tuple[str, ...]) -> None:
    assert row(item(state=state), Editor("ana", role)).acts == acts


def test_a_proposed_change_waits_for_its_approval() -> None:
    proposed = item(proposed={"change": {"headline": "x"}, "authors": ["ana"]})
    found = row(proposed, Editor("eva", "editor"))
    assert found.acts[:2] == ("approve", "dismiss")
    assert found.marks == ("proposed",)
    assert row(proposed, Editor("ben", "reporter")).acts == ()


def test_a_row_names_the_colleague_who_is_editing_the_item() -> None:
    mine, other = (row(item(), Editor("ana"), lock) for lock in ("ana", "eva"))
    assert (mine.locked_by, other.locked_by) == ("", "eva")
    assert mine.key != other.key


def test_limits_to_editions_and_the_pin_that_can_be_taken_away() -> None:
    assert row(item(), Editor("ana", "chief", frozenset({"ar"}))).acts == ()
    pinned = row(item(pinned=True), Editor("ana"))
    assert "unpin" in pinned.acts
    assert pinned.marks == ("pinned",)
    assert pinned.key != row(item(), Editor("ana")).key


def test_views_and_words() -> None:
    live = item()
    draft = item(state="draft", headline="Minister to resign", speaker="Ministry")
    gone = item(state="retracted", edition="es", headline="Ferry lost")
    every = [live, draft, gone]
    assert shown(every, "all", "", "") == every
    assert shown(every, "live", "", "") == [live]
    assert shown(every, "gone", "", "") == [gone]
    assert shown(every, "all", "es", "") == [gone]
    assert shown(every, "all", "", "MINISTRY resign") == [draft]
    assert shown(every, "all", "", "bridge ferry") == []
