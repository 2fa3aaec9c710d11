"""Times that an editor probably did not mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.drafts import change, draft
from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.errors import ImplausibleTime
from ticker.domain.item import Item
from ticker.domain.plausible_time import TOLERANCE_MS, check_change, check_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions

NOW = parse_ms("2026-11-28T18:00:00.000Z")
PAST, FAR, BEFORE = "is in the past", "is more than a year away", "is not after the release"


def at(seconds: float) -> str:
    return rfc3339(NOW + int(seconds * 1000))


HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"at": at(HOUR), "expires_at": at(2 * HOUR)}, {}),
        ({"at": at(-TOLERANCE_MS / 1000)}, {}),
        ({"at": at(366 * DAY)}, {}),
        ({"expires_in": 60}, {}),
        ({"published_at": at(-3_000 * DAY)}, {}),
        ({"at": at(-TOLERANCE_MS / 1000 - 1)}, {"at": PAST}),
        ({"at": "2026-11-01T10:00Z"}, {"at": PAST}),
        ({"at": "2036-11-29T10:00Z"}, {"at": FAR}),
        ({"at": at(366 * DAY + 1)}, {"at": FAR}),
        ({"expires_at": at(-1)}, {"expires_at": PAST}),
        ({"expires_at": at(0)}, {"expires_at": PAST}),
        ({"expires_at": at(367 * DAY)}, {"expires_at": FAR}),
        ({"at": at(2 * HOUR), "expires_at": at(HOUR)}, {"expires_at": BEFORE}),
        ({"at": at(HOUR), "expires_at": at(HOUR)}, {"expires_at": BEFORE}),
        ({"at": at(-HOUR), "expires_at": at(-HOUR)}, {"at": PAST, "expires_at": PAST}),
    ],
)
def test_drafts(fields: dict[str, Any], wrong: dict[str, str]) -> None:
    check_draft(draft(**fields, force=True), NOW)
    if not wrong:
        return check_draft(draft(**fields), NOW)
    with pytest.raises(ImplausibleTime) as caught:
        check_draft(draft(**fields), NOW)
    extra = caught.value.extra()
    assert {one["field"]: one["message"] for one in extra["errors"]} == wrong
    assert [parse_ms(one["value"]) for one in extra["errors"]] == [
        parse_ms(fields[name]) for name in wrong
    ]
    assert extra["now"] == rfc3339(NOW)
    return None


def scheduled(**fields: Any) -> Item:
    made = draft(at=at(2 * HOUR), **fields)
    return transitions.publish(made, Taxonomy(), id="0" * 26, by="ana", now_ms=NOW).item


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"at": at(HOUR)}, {}),
        ({"expires_at": at(3 * HOUR)}, {}),
        ({"expires_at": None, "at": at(5 * HOUR)}, {}),
        ({"headline": "Other words"}, {}),
        ({"at": at(-HOUR)}, {"at": PAST}),
        ({"at": at(400 * DAY)}, {"at": FAR}),
        ({"expires_at": at(HOUR)}, {"expires_at": BEFORE}),
        ({"at": at(5 * HOUR)}, {"at": f"is not before the expiry at {at(4 * HOUR)}"}),
        ({"at": at(5 * HOUR), "expires_at": at(5 * HOUR)}, {"expires_at": BEFORE}),
    ],
)
def test_changes_of_a_scheduled_item(fields: dict[str, Any], wrong: dict[str, str]) -> None:
    item = scheduled(expires_at=at(4 * HOUR))
    check_change(item, change(**fields, force=True), NOW)
    if not wrong:
        return check_change(item, change(**fields), NOW)
    with pytest.raises(ImplausibleTime) as caught:
        check_change(item, change(**fields), NOW)
    assert {one.field: one.message for one in caught.value.wrong} == wrong
    return None
