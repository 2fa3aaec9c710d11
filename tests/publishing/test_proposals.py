"""Changes of live alerts wait for a second person; readers see nothing of them until then."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from tests.support.drafts import change, draft
from tests.support.in_memory import TAXONOMY
from ticker.config import Settings
from ticker.domain.draft import Change, read_change
from ticker.domain.errors import Conflict, Invalid, Stale
from ticker.domain.item import Item
from ticker.domain.messages import Message, said
from ticker.publishing import transitions
from ticker.publishing.service import ItemService
from ticker.publishing.transitions import Step
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

NOW = 1_764_000_000_000
RULE = frozenset({"bulletin", "flash"})
PICTURES = [{"href": f"https://news.example/media/{n}/320.jpg", "id": f"{n:032x}"} for n in (1, 2)]


def live(level: str = "flash", **fields: Any) -> Item:
    made = draft("Dam holds", level=level, break_glass="alone", **fields)
    return transitions.publish(
        made, TAXONOMY, id="01", by="ana", now_ms=NOW, two_person=RULE
    ).item.model_copy(update={"break_glass": None})


def changed(item: Item, by: str = "ana", **fields: Any) -> Step:
    step = transitions.change(item, change(**fields), by=by, now_ms=NOW, two_person=RULE)
    assert step is not None
    return step


def test_the_same_proposal_again_makes_no_version_and_no_author() -> None:
    same = change(headline="Dam holds")
    assert transitions.change(live(), same, by="ana", now_ms=NOW, two_person=RULE) is None
    item = changed(live(), headline="Dam has failed").item
    for by in ("ana", "ben"):
        sent = change(headline="Dam has failed")
        again = transitions.change(item, sent, by=by, now_ms=NOW, two_person=RULE)
        assert again is None
    assert changed(item, "ben", headline="Dam holds").item.proposed is not None
    assert approve(item, "ben").item.headline == "Dam has failed"


def approve(item: Item, by: str, **more: Any) -> Step:
    step = transitions.approve(item, by=by, now_ms=NOW, two_person=RULE, **more)
    assert step is not None
    return step


@pytest.mark.parametrize(
    ("level", "fields", "waits"),
    [
        ("flash", {"headline": "Dam has failed"}, True),
        ("flash", {"correction": "It was the other dam."}, True),
        ("flash", {"push": True}, True),
        ("flash", {"level": "ticker"}, True),
        ("flash", {"media": PICTURES}, True),
        ("flash", {"speaker": "Mayor"}, True),
        ("flash", {"tags": ["dam"]}, False),
        ("flash", {"expires_at": "2099-01-01T00:00:00Z", "note": "n"}, False),
        ("flash", {"headline": "Dam has failed", "break_glass": "wrong dam"}, False),
        ("urgent", {"headline": "Dam has failed"}, False),
        ("urgent", {"level": "flash"}, True),
    ],
)
def test_what_readers_see_of_an_alert_waits(
    level: str, fields: dict[str, Any], waits: bool
) -> None:
    item = live(level)
    step = changed(item, **fields)
    assert (step.event is None, step.item.proposed is not None) == (waits, waits)
    if waits:
        assert step.private is not None
        assert (step.private.action, step.private.item) == ("propose", step.item)
        same = {"version", "updated_at", "proposed"}
        assert step.item.model_dump(exclude=same) == item.model_dump(exclude=same)
    else:
        assert step.item.break_glass == (fields.get("break_glass") if level == "flash" else None)


def test_a_proposal_names_who_sent_it_apart_from_who_knows_the_key() -> None:
    better = change(headline="Dam has failed")
    step = transitions.change(
        live(), better, by="bot", writers=["bot", "ana"], now_ms=NOW, two_person=RULE
    )
    assert step is not None
    item = changed(step.item, by="ben", summary="At noon").item
    assert item.proposed is not None
    assert item.proposed.by == ["bot", "ben"]
    assert item.proposed.authors == ["bot", "ana", "ben"]


def test_somebody_else_approves_it_and_it_is_the_change_that_was_proposed() -> None:
    item = changed(live(tags=["dam"]), headline="Dam has failed", correction="It does not.").item
    item = changed(item, by="ben", summary="At noon").item
    assert item.proposed is not None
    assert item.proposed.authors == ["ana", "ben"]
    for author in ("ana", "BEN"):
        with pytest.raises(Conflict, match="second person"):
            approve(item, author)
    item = changed(item, by="eva", tags=["water"]).item  # what needs nobody stays in force
    step = approve(item, "eva")
    assert step.event is not None
    assert (step.event.action, step.event.by) == ("correct", "eva")
    now = step.item
    assert (now.headline, now.summary, now.tags) == ("Dam has failed", "At noon", ["water"])
    assert (now.proposed, now.approved_by, now.authors) == (None, "eva", ["ana", "ben"])
    assert now.correction is not None
    assert now.published_at == item.published_at
    assert transitions.approve(now, by="eva", now_ms=NOW) is None, "the second click"
    alone = approve(changed(live(), headline="Dam fails").item, "ana", break_glass="Night")
    assert (alone.item.headline, alone.item.break_glass) == ("Dam fails", "Night")


def test_the_author_of_a_text_that_is_raised_to_an_alert_is_an_author_of_the_alert() -> None:
    raised = changed(live("urgent"), by="ben", level="flash").item
    for author in ("ana", "ben"):
        with pytest.raises(Conflict, match="second person"):
            approve(raised, author)
    assert approve(raised, "eva").item.level == "flash"
    lowered = changed(live("flash"), by="ben", level="urgent").item
    assert approve(lowered, "ana").item.level == "urgent", "its text has had two people"


def test_it_goes_with_the_item_and_can_be_dropped() -> None:
    item = changed(live(), headline="Dam has failed").item
    gone = transitions.retract(item, None, by="ana", now_ms=NOW)
    ended = transitions.end(item, by="ana", now_ms=NOW)
    at_once = changed(item, headline="No dam", break_glass="wrong", by="eva")
    dropped = changed(item, by="eva", proposed=None)
    for step in (gone, ended, at_once, dropped):
        assert step is not None
        assert step.item.proposed is None
    assert dropped.private is not None
    assert dropped.private.action == "dismiss"
    with pytest.raises(Conflict, match="no proposed change"):
        changed(dropped.item, proposed=None)
    with pytest.raises(Invalid, match="without other changes"):
        read_change({"proposed": None, "headline": "x"}, TAXONOMY)


def test_a_change_at_once_leaves_the_other_fields_waiting() -> None:
    """A chief who breaks the glass for one field does not discard a colleague's other ones."""
    item = changed(live(), headline="Dam has failed", summary="Two towns", note="Called").item
    now = changed(item, headline="No dam", break_glass="wrong", by="eva").item
    assert (now.headline, now.summary) == ("No dam", None)
    assert now.proposed is not None
    assert now.proposed.change == {"summary": "Two towns", "note": "Called"}
    assert now.proposed.authors == ["ana"]
    last = approve(now, "eva").item
    assert (last.headline, last.summary, last.proposed) == ("No dam", "Two towns", None)
    both = changed(item, headline="No dam", summary="None", break_glass="wrong", by="eva").item
    assert both.proposed is None


def test_a_picture_that_is_taken_down_leaves_the_proposal_too() -> None:
    item = changed(live(), media=[*PICTURES, {"href": "https://x.example/a.jpg"}]).item
    step = transitions.without_picture(item, PICTURES[0]["id"], by="ben", now_ms=NOW)
    assert step is not None
    assert step.event is None
    assert step.item.proposed is not None
    left = Change.model_validate(step.item.proposed.change).media
    assert [one.id for one in left or []] == [PICTURES[1]["id"], None]


def test_a_change_back_changes_the_proposal() -> None:
    item = changed(live(), headline="Dam has failed").item
    back = changed(item, headline="Dam holds").item
    assert back.proposed is not None
    assert approve(back, "eva").item.headline == "Dam holds"
    now = changed(item, headline="Dam holds", break_glass="It does").item
    assert (now.headline, now.proposed) == ("Dam holds", None)


def test_an_expiry_that_has_passed_meanwhile() -> None:
    soon = change(headline="Dam", expires_at="2025-11-24T16:00:01Z")
    step = transitions.change(live(), soon, by="ana", now_ms=NOW, two_person=RULE)
    assert step is not None
    with pytest.raises(Conflict, match="expiry"):
        transitions.approve(step.item, by="eva", now_ms=NOW + 2_000, two_person=RULE)


def test_whoever_is_no_second_person_for_a_draft_is_none_for_a_proposal() -> None:
    item = changed(live(), headline="Dam breaks").item
    seen: list[list[str]] = []

    def objects(authors: Collection[str]) -> Message:
        seen.append([*authors])
        return said("author-made-key", person="ana")

    with pytest.raises(Conflict, match="second person; ana, an author, made your key"):
        transitions.approve(item, by="eva", now_ms=NOW, two_person=RULE, objects=objects)
    assert seen == [["ana"]]


async def test_nothing_is_sent_until_it_is_approved(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    rule = settings.model_copy(update={"two_person_levels": ("flash",)})
    desk = ItemService(redis, keys, settings.taxonomy, rule)
    sent = await desk.publish(draft(level="flash", break_glass="alone"), by="ana")
    id = sent.item.id
    proposed = await desk.change(id, change(headline="Dam has failed"), by="ana")
    assert (proposed.wire_id, proposed.changed, await redis.xlen(keys.wire)) == (None, True, 1)
    seen = proposed.item.version
    await desk.change(id, change(headline="Dam has burst"), by="ben")
    with pytest.raises(Stale):
        await desk.approve(id, by="eva", if_match=seen)
    done = await desk.approve(id, by="eva", if_match=seen + 1)
    assert done.wire_id is not None
    assert (done.item.headline, done.item.published_at) == (
        "Dam has burst",
        sent.item.published_at,
    )
    history = [(one.action, one.by) for one in await desk.history(id)]
    assert history == [
        ("publish", "ana"),
        ("propose", "ana"),
        ("propose", "ben"),
        ("update", "eva"),
    ]
