"""Differences between two versions of an item."""

from __future__ import annotations

from tests.support.drafts import draft
from ticker.domain.draft import Change
from ticker.domain.item_differences import differences
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions

NOW = 1_700_000_000_000


def test_each_field_that_differs_has_both_values() -> None:
    item = transitions.publish(
        draft("Three berths"), Taxonomy(), id="0" * 26, by="ana", now_ms=NOW
    ).item
    change = Change(headline="Two berths", tags=["port"], correction="Not three")
    step = transitions.change(item, change, by="ben", now_ms=NOW + 1)
    assert step is not None
    after = step.item
    found = differences(item, after)
    assert list(found) == ["headline", "tags", "correction"]
    assert found["headline"] == ("Three berths", "Two berths")
    assert found["tags"] == ([], ["port"])
    assert found["correction"][0] is None
    assert found["correction"][1]["text"] == "Not three"
    gone = transitions.retract(after, None, by="ben", now_ms=NOW + 2)
    assert gone is not None
    assert differences(after, gone.item) == {"state": ("live", "retracted")}
    assert differences(item, item) == {}
