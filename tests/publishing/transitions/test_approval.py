"""Drafts, approvals and the second person; and the life of an item under every sequence of acts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory import TAXONOMY
from ticker.domain.clock import rfc3339
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Conflict
from ticker.domain.item import Item
from ticker.publishing import transitions
from ticker.publishing.transitions import Step

NOW = 1_764_000_000_000
RULE = frozenset({"bulletin", "flash"})


def publish(by: str = "ana", **fields: Any) -> Step:
    draft = Draft.model_validate({"headline": "Dam holds", "edition": "en"} | fields)
    return transitions.publish(draft, TAXONOMY, id="01", by=by, now_ms=NOW, two_person=RULE)


def change(item: Item, by: str = "ana", **fields: Any) -> Step:
    step = _changed(item, by, **fields)
    assert step is not None
    return step


def _changed(item: Item, by: str, **fields: Any) -> Step | None:
    sent = Change.model_validate(fields)
    return transitions.change(item, sent, by=by, now_ms=NOW, two_person=RULE)


def approve(item: Item, by: str, now_ms: int = NOW, **more: Any) -> Step | None:
    return transitions.approve(item, by=by, now_ms=now_ms, two_person=RULE, **more)


def test_a_level_that_needs_two_people_waits_and_others_do_not() -> None:
    assert publish(level="urgent").item.state == "live"
    waits = publish(level="flash")
    assert (waits.item.state, waits.event, waits.item.authors) == ("draft", None, ["ana"])
    assert waits.private is not None
    assert waits.private.action == "draft"
    assert publish(level="flash", test=True).item.state == "test"
    assert publish(level="urgent", break_glass="not needed").item.break_glass is None
    assert publish(level="flash", draft=True, break_glass="later").item.break_glass is None
    alone = publish(level="flash", break_glass="Nobody else is awake")
    assert (alone.item.state, alone.item.break_glass) == ("live", "Nobody else is awake")
    assert alone.event is not None
    assert alone.event.note == "Nobody else is awake"


def test_the_draft_of_a_drill_becomes_a_test_item_by_the_same_rules() -> None:
    for level, at in (("ticker", None), ("flash", rfc3339(NOW + 60_000))):
        step = publish(level=level, test=True, draft=True, at=at)
        assert (step.item.state, step.event, step.item.authors) == ("draft", None, ["ana"])
        item = change(step.item, "ben", headline="The dam holds").item
        assert item.state == "draft"
        if level == "flash":
            with pytest.raises(Conflict, match="second person"):
                approve(item, "ben")
        done = approve(item, "eva", undo_ms=5_000)
        assert done is not None
        assert done.private is not None
        assert (done.item.state, done.event, done.private.action) == ("test", None, "test")
        assert (done.item.approved_by, done.item.embargo_until) == ("eva", None)
        assert not done.item.went_out
        assert approve(done.item, "eva") is None, "the second click"
        with pytest.raises(Conflict, match="approved it already"):
            approve(done.item, "dan")


def test_no_author_is_the_second_person() -> None:
    item = change(publish(level="flash").item, by="ben", headline="The dam holds").item
    assert item.authors == ["ana", "ben"]
    for author in item.authors:
        with pytest.raises(Conflict, match="second person"):
            approve(item, author)
    step = approve(item, "eva")
    assert step is not None
    assert (step.item.state, step.item.approved_by) == ("live", "eva")
    assert step.event is not None
    assert (step.event.action, step.event.by) == ("publish", "eva")
    with pytest.raises(Conflict, match="second person"):
        approve(item, "ANA")
    second = approve(item, "eva", break_glass="not needed")
    assert second is not None
    assert second.item.break_glass is None
    broken = approve(item, "ana", break_glass="Nobody else is here")
    assert broken is not None
    assert broken.item.break_glass == "Nobody else is here"


def test_an_author_approves_what_needs_no_second_person() -> None:
    step = approve(publish(draft=True).item, "ana")
    assert step is not None
    assert step.item.state == "live"


def test_an_approved_draft_waits_for_its_time() -> None:
    due = NOW + 60_000
    item = publish(level="flash", at=rfc3339(due)).item
    assert item.state == "draft"
    early = approve(item, "eva")
    assert early is not None
    assert (early.item.state, early.event) == ("scheduled", None)
    assert early.item.embargo_until == rfc3339(due)
    late = approve(item, "eva", due)
    assert late is not None
    assert (late.item.state, late.item.embargo_until) == ("live", None)


def test_a_changed_text_needs_a_new_approval_and_a_changed_time_does_not() -> None:
    step = approve(publish(level="flash", at=rfc3339(NOW + 60_000)).item, "eva")
    assert step is not None
    item = step.item
    moved = change(item, at=rfc3339(NOW + 90_000), note="later").item
    assert (moved.state, moved.approved_by) == ("scheduled", "eva")
    again = change(item, by="eva", headline="The dam holds")
    assert (again.item.state, again.item.approved_by) == ("draft", None)
    assert again.item.authors == ["ana", "eva"]
    assert again.private is not None
    assert again.private.action == "draft"
    plain = publish(at=rfc3339(NOW + 60_000)).item
    assert change(plain, headline="The dam holds").item.state == "scheduled"


def test_who_wrote_a_scheduled_text_does_not_approve_it_when_its_level_is_raised() -> None:
    plain = publish(at=rfc3339(NOW + 60_000)).item
    item = change(plain, by="ben", headline="The dam holds").item
    assert item.state == "scheduled"
    raised = change(item, level="flash").item
    assert (raised.state, raised.authors) == ("draft", ["ana", "ben"])
    with pytest.raises(Conflict, match="second person"):
        approve(raised, "ben")
    out = transitions.release(item, by="clock", now_ms=NOW + 60_000)
    gone = transitions.retract(item, None, by="ana", now_ms=NOW)
    for step in (out, gone):
        assert step is not None
        assert step.item.authors == [], "it was no draft"
    assert out is not None
    assert out.item.went_out


PICTURES = [{"href": f"https://news.example/media/{n}/320.jpg", "id": f"{n:032x}"} for n in (1, 2)]


@pytest.mark.parametrize("state", ["draft", "scheduled", "live", "test", "expired", "retracted"])
def test_a_picture_that_is_taken_down_leaves_everything_else(state: str) -> None:
    before = publish(level="flash", media=PICTURES, at=rfc3339(NOW + 60_000)).item
    approved = approve(before, "eva")
    assert approved is not None
    item = approved.item.model_copy(update={"state": state})
    gone, kept = PICTURES[0]["id"], PICTURES[1]["id"]
    step = transitions.without_picture(item, gone, by="ben", now_ms=NOW + 1)
    if state in ("expired", "retracted"):
        assert step is None
        return
    assert step is not None
    assert [one.id for one in step.item.media] == [kept]
    changed = {"media": step.item.media, "version": 3, "updated_at": rfc3339(NOW + 1)}
    assert step.item == item.model_copy(update=changed)
    assert (step.event is not None) == (state == "live")
    told = step.event or step.private
    assert told is not None
    assert (told.action, told.by, told.note) == ("update", "ben", transitions.TAKEN_DOWN)
    assert transitions.without_picture(step.item, gone, by="ben", now_ms=NOW) is None


def test_what_is_no_draft_or_has_expired_is_not_approved() -> None:
    live = publish().item
    retracted = transitions.retract(publish(draft=True).item, None, by="ana", now_ms=NOW)
    assert retracted is not None
    assert retracted.event is None, "readers never had it"
    expired = publish(draft=True, expires_at=rfc3339(NOW + 1_000)).item
    for item, now in ((live, NOW), (retracted.item, NOW), (expired, NOW + 1_000)):
        with pytest.raises(Conflict):
            approve(item, "eva", now)
    approved = approve(publish(draft=True).item, "eva")
    assert approved is not None
    assert approve(approved.item, "eva") is None, "the second click changes nothing"
    with pytest.raises(Conflict, match="eva has approved it already"):
        approve(approved.item, "ben")


ACTS = st.sampled_from(
    ["headline", "level", "time", "approve", "break", "release", "pin", "end", "retract"]
)
EDITORS = st.sampled_from(["ana", "ben", "eva"])


@given(
    st.fixed_dictionaries({}, optional={"draft": st.booleans(), "at": st.just(NOW + 60_000)}),
    st.sampled_from(["urgent", "flash"]),
    st.lists(st.tuples(ACTS, EDITORS), max_size=12),
)
def test_no_sequence_of_acts_lets_one_person_alone_send_a_flash(
    fields: dict[str, Any], level: str, acts: list[tuple[str, str]]
) -> None:
    """Nor does it show a draft, revive what is retracted, or skip a version."""
    if "at" in fields:
        fields["at"] = rfc3339(fields["at"])
    step: Step | None = publish(level=level, **fields)
    assert step is not None
    item, writers, shown = step.item, {"ana"}, step.event is not None
    seen = item.headline
    for act, by in acts:
        step = _act(item, act, by)
        if step is None:
            continue
        assert step.item.version == item.version + 1
        assert item.state != "retracted", "nothing changes after a retraction"
        if act in ("headline", "level"):
            writers.add(by)
        if step.event is not None and not shown:
            shown = True
            if step.item.level in RULE and step.item.break_glass is None:
                assert step.item.approved_by not in {None, *writers}
        waits = step.item.state in ("draft", "scheduled") or not shown
        proposes = step.private is not None and step.private.action == "propose"
        assert (step.event is None) == (waits or proposes)
        if step.event is not None and step.event.action == "update" and step.item.headline != seen:
            alone = f"says {step.event.by}" in step.item.headline
            assert (
                not alone or step.item.break_glass or "flash" not in (item.level, step.item.level)
            )
        if step.event is not None:
            seen = step.item.headline
        item = step.item


@given(
    st.fixed_dictionaries(
        {},
        optional={"at": st.just(rfc3339(NOW + 60_000)), "push": st.just(True)}
        | {"pinned": st.just(True), "break_glass": st.just("alone"), "note": st.just("drill")},
    ),
    st.sampled_from(["urgent", "flash"]),
    st.lists(st.tuples(ACTS, EDITORS), max_size=12),
)
def test_no_sequence_of_acts_puts_a_test_item_on_the_wire(
    fields: dict[str, Any], level: str, acts: list[tuple[str, str]]
) -> None:
    """It stays a test, and is never anything but a test or withdrawn; its versions are private."""
    step: Step | None = publish(level=level, test=True, **fields)
    assert step is not None
    item = step.item
    for act, by in [("", ""), *acts]:
        step = step if act == "" else _act(item, act, by)
        if step is None:
            continue
        assert step.event is None
        assert step.private is not None
        assert step.item.test
        assert step.item.state in ("test", "retracted")
        assert not step.item.went_out
        item = step.item


def _act(item: Item, act: str, by: str) -> Step | None:
    """Return what ``act`` makes of ``item``; None if it is refused or changes nothing."""
    try:
        match act:
            case "headline":
                return _changed(item, by, headline=f"Dam holds, says {by}")
            case "level":
                return _changed(item, by, level="flash" if item.level == "urgent" else "urgent")
            case "time":
                return _changed(item, by, at=rfc3339(NOW + 90_000))
            case "approve":
                return approve(item, by)
            case "break":
                return approve(item, by, break_glass="alone")
            case "release":
                return transitions.release(item, by=by, now_ms=NOW)
            case "pin":
                return transitions.pin(item, not item.pinned, by=by, now_ms=NOW)
            case "end":
                return transitions.end(item, by=by, now_ms=NOW)
            case _:
                return transitions.retract(item, None, by=by, now_ms=NOW)
    except Conflict:
        return None
