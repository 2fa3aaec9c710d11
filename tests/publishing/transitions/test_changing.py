"""Changes of an item, and when they make a version."""

from __future__ import annotations

import pytest

from tests.publishing.transitions.acts import NOW, change, live, maybe_changed, publish
from ticker.domain.clock import rfc3339
from ticker.domain.filter import Facets
from ticker.publishing import transitions


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"headline": "Harbour bridge shut", "correction": "It is shut."}, "live"),
        ({"correction": "It is shut."}, "live"),
        ({"note": "Confirmed by phone.", "push": True, "tags": ["harbour"]}, "live"),
        ({"media": [{"href": "https://news.example/1.jpg", "alt": "The bridge"}]}, "live"),
        ({"expires_at": rfc3339(NOW + 90_000), "level": "urgent", "link": None}, "live"),
        ({"at": rfc3339(NOW + 80_000), "summary": "Lorries too."}, "scheduled"),
        ({"speaker": "", "source": "Port authority"}, "draft"),
        ({"headline": "Harbour bridge shut"}, "test"),
    ],
)
def test_a_change_to_the_values_that_the_item_has_makes_no_version(
    fields: dict[str, object], state: str
) -> None:
    drafts: dict[str, dict[str, object]] = {
        "live": {},
        "scheduled": {"at": rfc3339(NOW + 60_000)},
        "draft": {"draft": True},
        "test": {"test": True},
    }
    item = change(publish(**drafts[state]).item, **fields).item
    assert (item.state, item.version) == (state, 2)
    assert maybe_changed(item, **fields) is None
    assert maybe_changed(item) is None
    assert change(item, **fields | {"note": "Again."}).item.version == 3


def test_the_same_correction_of_another_text_is_a_version() -> None:
    first = change(live(), correction="It was the other bridge.").item
    second = change(first, headline="Canal bridge closed", correction="It was the other bridge.")
    assert second.item.version == 3
    assert second.event is not None
    assert second.event.action == "correct"


def test_a_correction_is_public_and_an_update_is_not_called_one() -> None:
    step = change(live(), headline="Harbour bridge open", correction="It was never closed")
    assert step.event is not None
    assert step.event.action == "correct"
    assert step.item.correction is not None
    assert (step.item.version, step.item.correction.text) == (2, "It was never closed")
    updated = change(step.item, summary="One lane only")
    assert updated.event is not None
    assert updated.event.action == "update"
    assert updated.item.correction == step.item.correction


def test_a_change_of_facets_says_where_the_item_was() -> None:
    item = live(sections=["politics"])
    moved = change(item, sections=["economy"])
    assert moved.event is not None
    assert moved.event.was == Facets.of(item)
    same = change(item, headline="Other words")
    assert same.event is not None
    assert same.event.was is None
    again = change(moved.item, sections=["health"])
    gone = transitions.retract(again.item, "wrong", by="chief@desk", now_ms=NOW)
    assert gone is not None
    assert gone.event is not None
    assert gone.event.was is not None
    assert gone.event.was.sections == {"politics", "economy", "health"}
