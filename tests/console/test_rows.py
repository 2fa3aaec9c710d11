"""Rows of the board: what each role may do to an item in each state, and what a search finds."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.console.rows import cancellation, row, shown
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
        ("editor", "test", ("correct", "retract")),
        ("reporter", "test", ()),
        ("chief", "retracted", ()),
        ("chief", "expired", ()),
    ],
)
def test_what_may_be_done(role: Any, state: Any, acts: tuple[str, ...]) -> None:
    assert row(item(state=state), Editor("ana", role)).acts == acts


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"authors": ["ana"]}, "withdrawn"),
        ({"embargo_until": TIME}, "withdrawn"),
        ({"authors": ["ana"], "approved_by": "eva"}, "retracted"),
        ({}, "retracted"),
        ({"test": True}, "retracted"),
    ],
)
def test_what_no_reader_had_is_withdrawn(fields: dict[str, Any], state: str) -> None:
    assert row(item(state="retracted", **fields), Editor("ana", "chief")).state == state


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


@pytest.mark.parametrize(
    ("fields", "role", "headline"),
    [
        ({"level": "flash"}, "editor", "We have withdrawn it."),
        ({"push": True, "cancellation": "The dam holds"}, "chief", "The dam holds"),
        ({"push": True, "state": "test", "test": True}, "editor", "We have withdrawn it."),
        ({"cancellation": "No alert, so nobody was told"}, "chief", None),
        ({"level": "flash"}, "reporter", None),
        ({"level": "flash", "state": "scheduled"}, "chief", None),
        ({"level": "flash", "state": "retracted"}, "chief", None),
        ({"level": "flash", "edition": "ar"}, "chief", None),
    ],
)
def test_the_cancellation_of_an_alert(
    fields: dict[str, Any], role: Any, headline: str | None
) -> None:
    editor = Editor("ana", role, frozenset({"en"}))
    assert cancellation(item(**fields), editor, "We have withdrawn it.") == headline


def test_views_and_words() -> None:
    live = item()
    draft = item(state="draft", headline="Minister to resign", speaker="Ministry")
    gone = item(state="retracted", edition="es", headline="Ferry lost")
    drills = [item(state=state, test=True) for state in ("test", "retracted")]
    assert shown([live, *drills], "test", "", "") == drills
    assert row(drills[1], Editor("ana")).marks == ("test",)
    every = [live, draft, gone]
    assert shown(every, "all", "", "") == every
    assert shown(every, "live", "", "") == [live]
    assert shown(every, "gone", "", "") == [gone]
    assert shown(every, "all", "es", "") == [gone]
    assert shown(every, "all", "", "MINISTRY resign") == [draft]
    assert shown(every, "all", "", "bridge ferry") == []
